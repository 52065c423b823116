"""The accounts of a client, with what they hold: balance, what is open, what they may owe, and moving money over.

An account is a client's place in a project (`core/accounts/client_projects.py`); every client has one at least.
Its **balance** is what the client has with the provider, below zero what it owes; it comes from the ledger.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType

from core import audit, db, money, policies
from core.accounts import access, clients, rows
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.money import MOST
from core.permissions import Permission

BALANCE = """coalesce((SELECT t.credits - t.debits FROM ledger_accounts l
    JOIN ledger_totals t ON t.account_id = l.id
    WHERE l.holder_id = a.id AND l.kind = 'client' AND l.currency = p.currency), 0)::bigint"""
"""What an account `a` in a project `p` holds."""
READ = f"""
    SELECT a.id, a.client_id, a.project_id, p.name AS project, p.currency, a.credit_limit AS own_limit,
           p.credit_limit AS usual_limit, a.is_postpaid,
           coalesce(a.credit_limit, p.credit_limit) + coalesce((SELECT r.left_units FROM promised_payments r
               WHERE r.account_id = a.id AND r.state = 'open'), 0) AS credit_limit,
           a.opened_at, c.code, c.name AS client, c.status, c.cleared_at, c.project_id = a.project_id AS is_home,
           {BALANCE} AS balance,
           (SELECT coalesce(sum(e.gross_units - e.covered_units), 0) FROM expenses e
             WHERE e.account_id = a.id AND e.reversed_at IS NULL AND e.covered_units < e.gross_units)::bigint
               AS open_units
      FROM client_projects a JOIN projects p ON p.id = a.project_id JOIN clients c ON c.id = a.client_id
"""


class TooLittle(Conflict):
    """The account may not owe that much: so many units are `missing` in it."""

    def __init__(self, message: str, missing: int) -> None:
        super().__init__(message)
        self.missing = missing


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an account may owe. `credit_limit` in minor units, None for the project's; a post-paid account has no
    limit: it is charged first and pays afterwards."""

    credit_limit: int | UnsetType | None = UNSET
    is_postpaid: bool | UnsetType = UNSET


async def of(client_id: int, *, by: Actor) -> list[Record]:
    """The accounts of a client that `by` may see, the home first.

    With `balance`, `open_units` (what is not covered yet), `credit_limit` in force (with what is promised),
    `own_limit` and `usual_limit`; all in minor units of `currency`.
    """
    policies.require(by, Permission.ACCOUNT_READ)
    await access.client(client_id, by=by)
    found = await held_by(client_id)
    return [row for row in found if access.may_use_project(row["project_id"], by=by)]


async def held_by(client_id: int) -> list[Record]:
    """The same, all of them, for who has asked whether it may be seen."""
    sql = f"{READ} WHERE a.client_id = $1 ORDER BY c.project_id <> a.project_id, p.name_folded, p.id"
    return await db.fetch(sql, client_id)


async def get(account_id: int, *, by: Actor) -> Record:
    """One account as in `of`; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.ACCOUNT_READ)
    found = await find(account_id)
    if not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def find(account_id: int) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = await db.row(f"{READ} WHERE a.id = $1", account_id) if rows.is_id(account_id) else None
    if found is None:
        raise NotFound()
    return found


async def locked(account_id: int, *, by: Actor) -> Record:
    """The account, which nobody else charges or pays into until the transaction ends; its client is locked too."""
    client_id = (await get(account_id, by=by))["client_id"]
    await access.client(client_id, by=by, lock=True)
    await lock([account_id])
    return await get(account_id, by=by)


async def lock(account_ids: list[int]) -> None:
    """Lock accounts in the order of their ids, so that no two wait for each other."""
    await db.fetch(
        "SELECT id FROM client_projects WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        sorted(set(account_ids)),
    )


async def lock_with_clients(found: Iterable[Mapping[str, Any]], *, is_for_verbs: bool = False) -> None:
    """Lock the accounts of rows with `client_id` and `account_id` as verbs of people do: their clients first.

    `is_for_verbs`: the caller goes on with such verbs, which lock the clients for themselves.
    """
    listed = list(found)
    ids = sorted({row["client_id"] for row in listed})
    how = "UPDATE" if is_for_verbs else "KEY SHARE"
    await db.fetch(f"SELECT id FROM clients WHERE id = ANY($1::bigint[]) ORDER BY id FOR {how}", ids)
    await lock([row["account_id"] for row in listed])


async def set_terms(account_id: int, terms: Terms, *, by: Actor) -> Record:
    """Change what an account may owe; `Invalid` under "credit_limit"."""
    policies.require(by, Permission.ACCOUNT_UPDATE)
    account = await locked(account_id, by=by)
    clients.require_open(account, ["credit_limit"])
    before = {"credit_limit": account["own_limit"], "is_postpaid": account["is_postpaid"]}
    values = before | rows.given(terms)
    limit = values["credit_limit"]
    if limit is not None and not 0 <= limit < MOST:
        raise Invalid({"credit_limit": _("This is more than can be kept.")})
    if values != before:
        await db.execute(
            "UPDATE client_projects SET credit_limit = $2, is_postpaid = $3 WHERE id = $1",
            account_id,
            limit,
            values["is_postpaid"],
        )
        await tell("client:account_changed", account, old=before, new=values, by=by)
    return await get(account_id, by=by)


def may_owe(account: Record) -> int | None:
    """How far below zero the balance may go, in minor units; None for as far as it will."""
    return None if account["is_postpaid"] else int(account["credit_limit"])


def require_within(account: Record, units: int) -> None:
    """Nothing when `units` can be taken from the account; `TooLittle` with what there is when they cannot."""
    limit = may_owe(account)
    if limit is None or account["balance"] - units >= -limit:
        return
    currency = account["currency"]
    raise TooLittle(
        _("The account has %(balance)s and may owe %(limit)s. Raise its credit limit, or make it post-paid.")
        % {"balance": told(account["balance"], currency), "limit": told(limit, currency)},
        units - limit - account["balance"],
    )


def told(units: int, currency: str) -> str:
    """An amount as messages and the audit have it: `12.50 EUR`."""
    return f"{money.written(units, currency)} {currency}"


async def tell(action: str, account: Record, *, by: Actor, old: Any = None, new: Any = None) -> None:
    """Note in the audit what was done to the account of a client."""
    await audit.record(action, "client", account["client_id"], by=by, name=account["client"],
                       client_id=account["client_id"], old=old, new=new)  # fmt: skip
