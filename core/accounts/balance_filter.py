"""Clients and accounts by their balance, found by what is open and what is free, not by adding anything up.

What was paid covers what is open. So an account owes exactly when it has an open expense, and is ahead exactly
when a payment of it has something free; both have partial indexes that hold nothing else.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from core import db
from core.accounts import access
from core.actor import Actor

Balance = Literal["owes", "ahead"]
BALANCES: tuple[Balance, ...] = ("owes", "ahead")
OPEN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "owes": ("expenses", "m.covered_units < m.gross_units AND m.reversed_at IS NULL"),
        "ahead": ("payments", "m.state = 'paid' AND m.allocated_units + m.refunded_units < m.units"),
    }
)


async def are_few(balance: str, most: int) -> bool:
    """Whether at most so many expenses are open, or payments free."""
    table, condition = OPEN[balance]
    found = f"SELECT FROM {table} m WHERE {condition} LIMIT {most + 1:d}"
    return bool(await db.value(f"SELECT count(*) FROM ({found}) found") <= most)


def of_account(balance: str, *, is_few: bool, column: str = "a.id") -> str:
    """The condition that an account, by its id, owes or is ahead; where few do, from those."""
    table, condition = OPEN[balance]
    if is_few:
        return f"{column} IN (SELECT m.account_id FROM {table} m WHERE {condition})"
    return f"(SELECT true FROM {table} m WHERE m.account_id = {column} AND {condition} LIMIT 1)"


def of_client(balance: str, *, by: Actor) -> str:
    """The condition that an account of a client `c`, one that `by` sees, owes or is ahead."""
    table, condition = OPEN[balance]
    return (
        f"(SELECT true FROM client_projects of_it JOIN {table} m ON m.account_id = of_it.id"
        f" WHERE of_it.client_id = c.id AND {condition} AND {_seen('of_it', by)} LIMIT 1)"
    )


def clients(balance: str, *, direction: str | None, by: Actor) -> str:
    """Those clients as they stand in a FROM clause, with `registered_at` and `client_id`; where they are few."""
    table, condition = OPEN[balance]
    order = f"ORDER BY registered_at {direction}, client_id {direction}" if direction else ""
    return f"""(
        SELECT DISTINCT k.registered_at, k.client_id FROM {table} m JOIN client_projects k ON k.id = m.account_id
         WHERE {condition} AND {_seen("k", by)} {order})"""


def column(*, by: Actor) -> str:
    """What the accounts of a client `c` hold that `by` sees, in SQL: texts such as `-1250 EUR`, by currency."""
    return f"""ARRAY(SELECT sum(t.credits - t.debits)::bigint || ' ' || l.currency FROM client_projects k
        JOIN ledger_accounts l ON l.holder_id = k.id AND l.kind = 'client'
        JOIN ledger_totals t ON t.account_id = l.id
        WHERE k.client_id = c.id AND {_seen("k", by)} GROUP BY l.currency ORDER BY l.currency)"""


def _seen(alias: str, by: Actor) -> str:
    return "true" if by.projects is None else f"{alias}.project_id IN ({access.listed(by.projects)})"
