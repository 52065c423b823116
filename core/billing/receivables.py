"""Receivables: what clients were charged and have not paid, by how long it has been due.

An expense on an issued invoice is due on the invoice's last day to pay, every other one on its own day.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

import msgspec

from core import clock, db
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import recurring
from core.filters import Conditions

MOST_SUMMED = 20_000
"""So many open expenses are added up for a page; a provider with more is told of the last night."""
OPEN = "e.reversed_at IS NULL AND e.covered_units < e.gross_units"
DUE = """coalesce((SELECT k.due_on FROM invoice_lines l JOIN invoices k ON k.id = l.invoice_id
    WHERE l.expense_id = e.id AND l.is_live AND k.state = 'issued' AND k.kind = 'invoice'), e.day)"""
"""The day on which an expense `e` is due."""
AGES: Mapping[str, tuple[int | None, int | None]] = MappingProxyType(
    {
        "not_due": (None, 0),
        "late_30": (1, 30),
        "late_60": (31, 60),
        "late_90": (61, 90),
        "late_more": (91, None),
    }
)
"""Days past the day on which it was due, the first and the last; None where there is no end."""


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """So many open expenses of one age and currency, and what of them is open."""

    currency: str
    age: str
    number: int
    units: int


async def now(*, by: Actor, within: Focus | None = None) -> tuple[list[Age], bool]:
    """What is open, by currency and age, and whether there is more than MOST_SUMMED expenses."""
    bound = recurring.seen("e", by=by, within=within)
    found = await db.fetch(
        f"""SELECT currency, {aged(bound.bind(clock.today(by.tenant.timezone)))} AS age, count(*) AS number,
                   sum(units)::bigint AS units
              FROM (SELECT e.currency, e.gross_units - e.covered_units AS units, {DUE} AS due
                      FROM expenses e JOIN client_projects a ON a.id = e.account_id
                      JOIN clients c ON c.id = e.client_id
                     WHERE {OPEN} AND {bound.sql} LIMIT {MOST_SUMMED + 1:d}) listed
             GROUP BY 1, 2 ORDER BY 1, 2""",
        *bound.arguments,
    )
    return [msgspec.convert(dict(row), Age) for row in found], sum(row["number"] for row in found) > MOST_SUMMED


def aged(today: str) -> str:
    """The age of a column `due`, in SQL; `today` is the placeholder of the day."""
    cases = " ".join(
        f"WHEN {today}::date - due <= {last:d} THEN '{name}'"
        for name, (_first, last) in AGES.items()
        if last is not None
    )
    return f"CASE {cases} ELSE 'late_more' END"


def limit(bound: Conditions, age: str, today: date) -> None:
    """Add the condition that an expense `e` is open and of this age."""
    first, last = AGES[age]
    bound.add(OPEN)
    if first is not None:
        bound.add(f"{DUE} <= {bound.bind(today - timedelta(days=first))}")
    if last is not None:
        bound.add(f"{DUE} >= {bound.bind(today - timedelta(days=last))}")
