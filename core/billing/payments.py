"""Payments: money that came into an account, recorded by staff or by a module above.

A payment that is *pending* was announced and counts for nothing yet. When it is paid its ledger entry is made, and
it covers the oldest open expenses of its account; the rest is an advance. Giving money back is in `refunds`.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, cleared, rows
from core.actor import Actor
from core.billing import (
    accounts,
    allocations,
    billing_notices,
    ledger,
    method_terms,
    money_checks,
    offered_methods,
    payment_fees,
)
from core.billing.ledger import Transfer
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import N_, _
from core.periods import first_moment
from core.permissions import Permission

STATES = ("pending", "paid", "cancelled", "refunded")
TRANSFER = "transfer"
"""The method of money that was moved over from another account of the client."""
CREDIT, PAYABLE = "credit", "payable_credit"
"""The methods of what was given back: it covers expenses, and the second kind can be paid out too."""
BY_HAND = tuple(method_terms.BY_HAND)
"""The methods of payments that people record."""
ONLINE = "online"
"""The method of money that came through a payment plugin."""
PLACES = MappingProxyType({"bank_transfer": "bank", "cash": "cash", "other": "other_money", ONLINE: "gateway"})
"""The kind of ledger account where the money of a method lies."""
METHODS = MappingProxyType(
    {
        **method_terms.BY_HAND,
        ONLINE: N_("Online"),
        TRANSFER: N_("From another account"),
        CREDIT: N_("Credit"),
        PAYABLE: N_("Credit that can be paid out"),
    }
)
LONGEST = 200
LONGEST_NOTE = 500
WITH_NAMES = """SELECT p.*, p.units - p.allocated_units - p.refunded_units AS free_units, c.code AS client_code,
           c.name AS client_name, a.project_id, j.name AS project
    FROM payments p JOIN clients c ON c.id = p.client_id JOIN client_projects a ON a.id = p.account_id
    JOIN projects j ON j.id = a.project_id"""


class Payment(db.Owned, tablename="payments"):
    """Money that came in: `units` of the smallest unit of `currency`, on a day.

    Of it `allocated_units` cover expenses and `refunded_units` went back. `reference` is what the payer wrote,
    `note` what staff did.
    """

    client_id = BigInt()
    account_id = BigInt()
    key = Text()
    method = Text()
    method_id = BigInt(null=True)
    state = Text()
    currency = Text()
    units = BigInt()
    refunded_units = BigInt()
    allocated_units = BigInt()
    day = Date()
    reference = Text()
    note = Text()
    entry_id = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()


class PaymentState(db.Owned, tablename="payment_states", append_only=True):
    """That a payment came into a state: when, by whom, why."""

    payment_id = BigInt()
    state = Text()
    at = Timestamptz()
    actor_name = Text()
    reason = Text()


class NewPayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment to be recorded. `units` in minor units of the account's currency; without a day it is today.

    `method_id` is one of the provider's methods, else `method` is the kind of the first that applies. What the
    payer bears as a fee is part of `units`. One that `is_pending` was announced only.
    """

    units: int
    method: str = "bank_transfer"
    method_id: int | None = None
    day: date | None = None
    reference: str = ""
    note: str = ""
    is_pending: bool = False


async def get(payment_id: int, *, by: Actor) -> Record:
    """One payment with `free_units`, `client_code`, `client_name`, `project` and `project_id`.

    `NotFound` when there is none that `by` may see.
    """
    policies.require(by, Permission.PAYMENT_READ)
    found = await db.row(f"{WITH_NAMES} WHERE p.id = $1", payment_id) if rows.is_id(payment_id) else None
    if found is None or not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def history(payment_id: int, *, by: Actor) -> list[Record]:
    """The states it went through, the first one first: state, at, actor_name, reason."""
    await get(payment_id, by=by)
    return await db.fetch(
        "SELECT state, at, actor_name, reason FROM payment_states WHERE payment_id = $1 ORDER BY at, id",
        payment_id,
    )


async def create(
    account_id: int, new: NewPayment, *, key: str = "", methods: tuple[str, ...] = BY_HAND, by: Actor
) -> Record:
    """Record a payment into an account; returns it. `Invalid` beside what is wrong.

    `key` makes it one, however often it is sent; without one it is its own. A closed client can still pay.
    """
    policies.require(by, Permission.PAYMENT_CREATE)
    account = await accounts.locked(account_id, by=by)
    cleared.require_kept(account)
    if (before := await _made(key)) is not None:
        return await get(before, by=by)
    checks = Checks()
    if methods is BY_HAND:
        new = await _chosen(checks, new, account, by=by)
    values = _checked(checks, new, clock.today(by.tenant.timezone), methods)
    values |= {"key": key or f"manual-{uuid4().hex}"}
    payment_id = await insert(account, values, "pending" if new.is_pending else "paid", by=by)
    if not new.is_pending:
        await _take(account, payment_id, by=by)
        await billing_notices.payments([payment_id], by=by)
    await tell("payment:created", await _row(payment_id), by=by)
    return await get(payment_id, by=by)


async def confirm(payment_id: int, day: date | None = None, *, by: Actor) -> Record:
    """The money of a pending payment has come, today without a day; `Conflict` when it is not pending."""
    account, payment = await _pending(payment_id, by=by)
    checks = Checks()
    came = money_checks.day(checks, day, clock.today(by.tenant.timezone))
    checks.done()
    await db.execute("UPDATE payments SET state = 'paid', day = $2 WHERE id = $1", payment_id, came)
    await note(payment_id, "paid", by=by)
    await _take(account, payment_id, by=by)
    await billing_notices.payments([payment_id], by=by)
    await tell("payment:confirmed", payment, by=by)
    return await get(payment_id, by=by)


async def cancel(payment_id: int, reason: str, *, by: Actor) -> Record:
    """The money of a pending payment will not come; `Conflict` when it is not pending."""
    _account, payment = await _pending(payment_id, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_NOTE)
    checks.done()
    await db.execute("UPDATE payments SET state = 'cancelled' WHERE id = $1", payment_id)
    await note(payment_id, "cancelled", reason=told, by=by)
    await tell("payment:cancelled", payment, new={"reason": told}, by=by)
    return await get(payment_id, by=by)


async def insert(account: Mapping[str, Any], values: Mapping[str, Any], state: str, *, by: Actor) -> int:
    """Write a payment into an account that the caller has locked; returns its id. Asks for no right."""
    payment_id = await db.value(
        """INSERT INTO payments (client_id, account_id, currency, key, method, state, units, day, reference, note,
               entry_id, created_at, created_by, method_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id""",
        account["client_id"],
        account["id"],
        account["currency"],
        values["key"],
        values["method"],
        state,
        values["units"],
        values["day"],
        values["reference"],
        values["note"],
        values.get("entry_id"),
        clock.now(),
        by.name,
        values.get("method_id"),
    )
    await note(payment_id, state, by=by)
    return int(payment_id)


async def note(payment_id: int, state: str, *, reason: str = "", by: Actor) -> None:
    """Write who brought it into this state, and why."""
    await db.execute(
        "INSERT INTO payment_states (payment_id, state, at, actor_name, reason) VALUES ($1, $2, $3, $4, $5)",
        payment_id,
        state,
        clock.now(),
        by.impersonator.name if by.impersonator else by.name,
        reason,
    )


async def tell(
    action: str, payment: Mapping[str, Any], *, new: Mapping[str, Any] | None = None, by: Actor
) -> None:
    """Note in the audit what was done to a payment, with its amount."""
    name = accounts.told(payment["units"], payment["currency"])
    await audit.record(action, "payment", payment["id"], by=by, name=name, client_id=payment["client_id"],
                       new={"reference": payment["reference"]} | dict(new or {}))  # fmt: skip


async def _pending(payment_id: int, *, by: Actor) -> tuple[Record, Record]:
    policies.require(by, Permission.PAYMENT_CREATE)
    account = await accounts.locked((await get(payment_id, by=by))["account_id"], by=by)
    payment = await get(payment_id, by=by)
    if payment["state"] != "pending":
        raise Conflict(_("This payment is not waited for any more."))
    return account, payment


async def _take(account: Mapping[str, Any], payment_id: int, *, by: Actor) -> None:
    """Post what came in, and let it cover what is open."""
    payment = await _row(payment_id)
    currency = account["currency"]
    move = Transfer(
        debit=await ledger.account(PLACES[payment["method"]], currency),
        credit=await ledger.account("client", currency, holder_id=account["id"]),
        units=payment["units"],
    )
    at = first_moment(payment["day"], ZoneInfo(by.tenant.timezone))
    entry_id = await ledger.post(f"payment-{payment_id}", "payment", [move], at=at)
    await db.execute("UPDATE payments SET entry_id = $2 WHERE id = $1", payment_id, entry_id)
    await payment_fees.charge(account, payment, by=by)
    await allocations.cover([account["id"]])


async def _chosen(checks: Checks, new: NewPayment, account: Mapping[str, Any], *, by: Actor) -> NewPayment:
    """The payment with the method that is meant; bounds of amounts say nothing about money that came."""
    offered = await offered_methods.for_account(account, by=by)
    found = offered_methods.by_hand(offered, new.method_id, new.method)
    if found is None:
        checks.error("method" if new.method_id is None else "method_id", _("This is not one of the choices."))
        return new
    return msgspec.structs.replace(new, method=found.kind, method_id=found.id)


async def _made(key: str) -> int | None:
    found: int | None = await db.value("SELECT id FROM payments WHERE key = $1", key)
    return found


async def _row(payment_id: int) -> Record:
    found = await db.row("SELECT * FROM payments WHERE id = $1", payment_id)
    assert found is not None
    return found


def _checked(checks: Checks, new: NewPayment, today: date, methods: tuple[str, ...]) -> dict[str, Any]:
    values = {
        "units": money_checks.units(checks, new.units),
        "method": checks.choice("method", new.method, methods),
        "method_id": new.method_id,
        "day": money_checks.day(checks, new.day, today),
        "reference": checks.text("reference", new.reference, longest=LONGEST, required=False),
        "note": checks.text("note", new.note, longest=LONGEST_NOTE, required=False),
    }
    checks.done()
    return values
