"""Moving money from one account of a client to another: an expense here, a payment there, one entry in the ledger.

Also how what an account holds is carried over when clients or projects are merged.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import clock, db, policies
from core.accounts import account_parts, clients, rows
from core.accounts.account_parts import Pair
from core.actor import Actor
from core.billing import accounts, allocations, expenses, ledger, money_checks, payments
from core.billing.expenses import Charge
from core.billing.ledger import Transfer
from core.checks import Checks
from core.i18n import _
from core.periods import first_moment
from core.permissions import Permission


class NewTransfer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much goes to which other account of the same client, in minor units of their currency; and a note."""

    to_id: int
    units: int
    note: str = ""


async def targets(account: Mapping[str, Any], *, by: Actor) -> list[Record]:
    """The accounts that money of this one can go to: the client's others in the same currency."""
    return among(await accounts.of(account["client_id"], by=by), account)


def among(held: Sequence[Record], account: Mapping[str, Any]) -> list[Record]:
    """Those of a client's accounts that money of this one can go to."""
    return [row for row in held if row["id"] != account["id"] and row["currency"] == account["currency"]]


async def create(account_id: int, new: NewTransfer, *, key: str = "", by: Actor) -> Record:
    """Move money over; returns the account it came from.

    `Invalid` for more than the account has: what it may owe is not money.
    """
    policies.require(by, Permission.ACCOUNT_UPDATE)
    await accounts.locked(account_id, by=by)
    if rows.is_id(new.to_id):
        await accounts.lock([account_id, new.to_id])
    source = await accounts.get(account_id, by=by)
    clients.require_open(source, ["transfer"])
    once = key or uuid4().hex
    if await db.value("SELECT EXISTS (SELECT FROM payments WHERE key = $1)", f"transfer-{once}"):
        return source
    target, note = await _checked(new, source, by=by)
    await _move(source, target, new.units, note, once, by=by)
    await allocations.cover([source["id"], target["id"]])
    told = {
        "amount": accounts.told(new.units, source["currency"]),
        "moved_from": source["project"],
        "moved_to": target["project"],
    }
    await accounts.tell("client:money_moved", source, new=told, by=by)
    return await accounts.get(account_id, by=by)


async def _move(source: Record, target: Record, units: int, note: str, key: str, *, by: Actor) -> None:
    today = clock.today(by.tenant.timezone)
    move = Transfer(
        debit=await expenses.client_account(source), credit=await expenses.client_account(target), units=units
    )
    at = first_moment(today, ZoneInfo(by.tenant.timezone))
    entry_id = await ledger.post(f"transfer-{key}", "transfer", [move], at=at)
    text = _("To the account in %(project)s") % {"project": target["project"]}
    charge = Charge(key=f"transfer-{key}", kind=expenses.TRANSFER, text=text, day=today, net_units=units)
    await expenses.insert(source, charge, 0, entry_id, by=by)
    values = {
        "key": f"transfer-{key}",
        "method": payments.TRANSFER,
        "units": units,
        "day": today,
        "reference": _("From the account in %(project)s") % {"project": source["project"]},
        "note": note,
        "entry_id": entry_id,
    }
    await payments.insert(target, values, "paid", by=by)


async def _checked(new: NewTransfer, source: Record, *, by: Actor) -> tuple[Record, str]:
    checks = Checks()
    target = next((row for row in await targets(source, by=by) if row["id"] == new.to_id), None)
    if target is None:
        checks.error("to_id", _("This is not one of the choices."))
    if money_checks.units(checks, new.units) > max(source["balance"], 0):
        has = accounts.told(max(source["balance"], 0), source["currency"])
        checks.error("units", _("The account has %(balance)s.") % {"balance": has})
    note = checks.text("note", new.note, longest=payments.LONGEST_NOTE, required=False)
    checks.done()
    assert target is not None
    return target, note


async def carry(pairs: Sequence[Pair]) -> None:
    """Let what stands in the first account of each pair stand in the second one, the balance by an entry."""
    await accounts.lock([account_id for pair in pairs for account_id in pair])
    for gone_id, stays_id in pairs:
        for table in ("expenses", "payments", "services"):
            await db.execute(f"UPDATE {table} SET account_id = $2 WHERE account_id = $1", gone_id, stays_id)
        await _carry_balance(gone_id, stays_id)
    await allocations.cover([stays_id for _gone_id, stays_id in pairs])


async def _carry_balance(gone_id: int, stays_id: int) -> None:
    held = await db.fetch(
        "SELECT id, currency FROM ledger_accounts WHERE holder_id = $1 AND kind = 'client'", gone_id
    )
    for row in held:
        balance = await ledger.balance(row["id"])
        if not balance:
            continue
        other = await ledger.account("client", row["currency"], holder_id=stays_id)
        debit, credit = (other, row["id"]) if balance.units > 0 else (row["id"], other)
        move = Transfer(debit=debit, credit=credit, units=abs(balance.units))
        await ledger.post(f"joined-{row['id']}", "joined", [move], at=clock.now())


async def number_in(account_ids: Sequence[int]) -> int:
    """How many expenses, payments and services stand in these accounts."""
    return int(
        await db.value(
            """SELECT (SELECT count(*) FROM expenses WHERE account_id = ANY($1::bigint[]))
                    + (SELECT count(*) FROM payments WHERE account_id = ANY($1::bigint[]))
                    + (SELECT count(*) FROM services WHERE account_id = ANY($1::bigint[]))""",
            list(account_ids),
        )
    )


async def is_used(project_id: int) -> bool:
    """Whether money was ever moved in an account of this project."""
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM ledger_accounts l JOIN client_projects a ON a.id = l.holder_id
                               WHERE a.project_id = $1)""",
            project_id,
        )
    )


account_parts.register("money", count=number_in, carry=carry, is_used=is_used)
