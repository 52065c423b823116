"""Payments that were recorded by mistake: the contrary is posted, and what they covered is open again.

The line of a bank's statement that such a payment came from is free, to be matched once more.
"""

from zoneinfo import ZoneInfo

from asyncpg import Record

from core import db, policies
from core.actor import Actor
from core.billing import accounts, allocations, expenses, ledger, payment_fees, payments
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.periods import first_moment
from core.permissions import Permission


async def reverse(payment_id: int, reason: str, *, by: Actor) -> Record:
    """Take a payment back that should never have been recorded; returns it. `Conflict` when it cannot be.

    It is as if the money had never come: the account owes what it did before, however far that is.
    """
    policies.require(by, Permission.PAYMENT_REFUND)
    account = await accounts.locked((await payments.get(payment_id, by=by))["account_id"], by=by)
    payment = await payments.get(payment_id, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=payments.LONGEST_NOTE)
    checks.done()
    if stays := why_not(payment):
        raise Conflict(stays)
    fee_id = await payment_fees.of(payment)
    if fee_id is not None:  # What it was covered with covers something else then, until it is released.
        await expenses.reverse(fee_id, told, by=by)
    await allocations.release_payment(payment_id, payment["units"])
    at = first_moment(payment["day"], ZoneInfo(by.tenant.timezone))
    await ledger.reverse(payment["entry_id"], key=f"payment-{payment_id}-reversed", at=at)
    await db.execute("UPDATE payments SET state = 'cancelled' WHERE id = $1", payment_id)
    await payments.note(payment_id, "cancelled", reason=told, by=by)
    await db.execute(
        """UPDATE bank_lines SET state = 'open', payment_id = NULL, sure = '', why = '', found = '',
               account_id = NULL, closed_at = NULL, closed_by = '' WHERE payment_id = $1""",
        payment_id,
    )
    await allocations.cover([account["id"]])
    await payments.tell("payment:reversed", payment, new={"reason": told}, by=by)
    return await payments.get(payment_id, by=by)


def why_not(payment: Record) -> str:
    """Why a payment cannot be taken back, "" when it can."""
    if payment["method"] not in payments.BY_HAND:
        return _("Only payments that were recorded here can be taken back.")
    if payment["state"] != "paid" or payment["entry_id"] is None:
        return _("Only money that came can be taken back.")
    if payment["refunded_units"]:
        return _("Some of it went back already.")
    return ""
