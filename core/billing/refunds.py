"""Money of a payment that goes back: given back by staff, or taken back by the payer's bank (a chargeback).

What of the payment covered expenses is released as far as it is needed, the newest first; they are open then.
"""

from datetime import date
from typing import Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Text, Timestamptz

from core import clock, db, policies
from core.actor import Actor
from core.billing import accounts, allocations, ledger, money_checks, payments
from core.billing.ledger import Transfer
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.periods import first_moment
from core.permissions import Permission

Kind = Literal["refund", "chargeback"]


class Refund(db.Owned, tablename="refunds", append_only=True):
    """`units` of a payment that went back on a day."""

    payment_id = BigInt()
    key = Text()
    kind = Text()
    units = BigInt()
    day = Date()
    reason = Text()
    entry_id = BigInt()
    created_at = Timestamptz()
    created_by = Text()


class NewRefund(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much goes back (minor units), why, and when; today without a day."""

    units: int
    reason: str
    day: date | None = None
    kind: Kind = "refund"


async def of(payment_id: int, *, by: Actor) -> list[Record]:
    """What went back of a payment, the first first."""
    await payments.get(payment_id, by=by)
    return await db.fetch("SELECT * FROM refunds WHERE payment_id = $1 ORDER BY created_at, id", payment_id)


async def create(
    payment_id: int, new: NewRefund, *, key: str = "", has_happened: bool = False, by: Actor
) -> Record:
    """Give money of a payment back, or note that the bank took it back; returns the payment.

    `Invalid` under "units" for more than is left of it. `Conflict` for a payment that is not paid, one from
    another account, and a refund that lets the account owe more than it may; a chargeback happens anyway, and so
    does one of which a gateway says that it `has_happened`.
    """
    policies.require(by, Permission.PAYMENT_REFUND)
    account = await accounts.locked((await payments.get(payment_id, by=by))["account_id"], by=by)
    payment = await payments.get(payment_id, by=by)
    once = key or f"manual-{uuid4().hex}"
    if await db.value("SELECT EXISTS (SELECT FROM refunds WHERE key = $1)", once):
        return payment
    if stays := why_not(payment):
        raise Conflict(stays)
    day, reason = _checked(new, payment, clock.today(by.tenant.timezone))
    if new.kind == "refund" and not has_happened:
        accounts.require_within(account, new.units)
    if (short := new.units - payment["free_units"]) > 0:
        await allocations.release_payment(payment_id, short)
    await _give_back(account, payment, new, day, reason, once, by=by)
    await allocations.cover([account["id"]])
    action = "payment:refunded" if new.kind == "refund" else "payment:charged_back"
    told = {"amount": accounts.told(new.units, payment["currency"]), "reason": reason}
    await payments.tell(action, payment, new=told, by=by)
    return await payments.get(payment_id, by=by)


def why_not(payment: Record) -> str:
    """Why nothing of a payment can go back, "" when something can."""
    if payment["method"] == payments.TRANSFER:
        return _("This money came from another account of the client. Move it back there.")
    if payment["method"] == payments.CREDIT:
        return _("This credit is not paid out; it covers what comes next.")
    if payment["state"] != "paid":
        return _("Only money that came can go back.")
    return ""


async def _give_back(
    account: Record, payment: Record, new: NewRefund, day: date, reason: str, key: str, *, by: Actor
) -> None:
    currency = account["currency"]
    move = Transfer(
        debit=await ledger.account("client", currency, holder_id=account["id"]),
        credit=await ledger.account(payments.PLACES.get(payment["method"], "bank"), currency),
        units=new.units,
    )
    at = first_moment(day, ZoneInfo(by.tenant.timezone))
    entry_id = await ledger.post(f"refund-{key}", new.kind, [move], at=at)
    await db.execute(
        """INSERT INTO refunds (payment_id, key, kind, units, day, reason, entry_id, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        payment["id"],
        key,
        new.kind,
        new.units,
        day,
        reason,
        entry_id,
        clock.now(),
        by.name,
    )
    if payment["refunded_units"] + new.units == payment["units"]:
        await db.execute("UPDATE payments SET state = 'refunded' WHERE id = $1", payment["id"])
        await payments.note(payment["id"], "refunded", reason=reason, by=by)


def _checked(new: NewRefund, payment: Record, today: date) -> tuple[date, str]:
    checks = Checks()
    left = payment["units"] - payment["refunded_units"]
    if money_checks.units(checks, new.units) > left:
        checks.error(
            "units",
            _("At most %(amount)s are left of this payment.")
            % {"amount": accounts.told(left, payment["currency"])},
        )
    day = money_checks.day(checks, new.day, today)
    if day < payment["day"]:
        checks.error("day", _("This is before the payment came."))
    reason = checks.text("reason", new.reason, longest=payments.LONGEST_NOTE)
    checks.choice("kind", new.kind, ("refund", "chargeback"))
    checks.done()
    return day, reason
