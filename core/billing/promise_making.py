"""Making a promise to pay: staff note it within a few bounds, a client itself within what the provider allows."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from asyncpg import Record

from core import clock, db, policies
from core.accounts import clients, memberships, phone_needs
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import accounts, dunning_settings, promised_payments, waking
from core.billing.promised_payments import NewPromise
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission


async def own(*, by: Actor) -> list[Record]:
    """The promises of the client that the user acts for, the newest first."""
    return await promised_payments.made_by(memberships.require(by, Right.INVOICES_READ).id)


async def create(account_id: int, new: NewPromise, *, by: Actor) -> Record:
    """Note what a client promised to staff; `Conflict` while a promise of the account is open."""
    policies.require(by, Permission.DUNNING_PAUSE)
    account = await accounts.locked(account_id, by=by)
    clients.require_open(account, ["units"])
    made = await promised_payments.insert(account, new, is_own=False, by=by)
    await waking.wake_for(made)
    return made


async def create_own(account_id: int, new: NewPromise, *, by: Actor) -> Record:
    """Promise a payment into an account of the client that the user acts for.

    `Conflict` when it may promise nothing now, `Invalid` for too much.
    """
    account = await _locked(account_id, by=by)
    clients.require_open(account, ["units"])
    await phone_needs.require(account["client_id"], "pay", project_id=account["project_id"], by=by)
    if reason := await why_not(account, by=by):
        raise Conflict(reason)
    decided = await dunning_settings.decided()
    most, errors = decided.promise_most[account["currency"]], {}
    if new.units > most:
        limit = accounts.told(most, account["currency"])
        errors["units"] = _("At most %(amount)s, please.") % {"amount": limit}
    if new.until_day > last_day(decided, clock.today(by.tenant.timezone)):
        errors["until_day"] = _("At most %(count)s days, please.") % {"count": decided.promise_days}
    if errors:
        raise Invalid(errors)
    made = await promised_payments.insert(account, new, is_own=True, by=by)
    await waking.wake_for(made)
    return made


async def currency_of(account_id: int, *, by: Actor) -> str:
    """The currency of an account of the client that the user acts for; `NotFound` for any other."""
    return str((await _mine(account_id, by=by))["currency"])


async def why_not(account: Mapping[str, Any], *, by: Actor) -> str:
    """Why nothing can be promised for an account now, "" when something can."""
    decided = await dunning_settings.decided()
    today = clock.today(by.tenant.timezone)
    if not decided.promise_most.get(account["currency"]):
        return _("Payments cannot be promised here.")
    if account["status"] != "active":
        return _("This client is closed.")
    registered = await db.value("SELECT registered_at FROM clients WHERE id = $1", account["client_id"])
    if registered > clock.now() - timedelta(days=decided.promise_age):
        return _("Payments can be promised by those who have been with us for %(count)s days.") % {
            "count": decided.promise_age
        }
    latest = await db.row(
        """SELECT state, from_day FROM promised_payments WHERE account_id = $1
            ORDER BY from_day DESC, id DESC LIMIT 1""",
        account["id"],
    )
    if latest is None:
        return ""
    if latest["state"] == "open":
        return _("A payment is promised for this account already.")
    again = latest["from_day"] + timedelta(days=decided.promise_every)
    return (
        _("The next payment can be promised from %(day)s on.") % {"day": again.isoformat()}
        if again > today
        else ""
    )


def last_day(decided: dunning_settings.Decided, today: date) -> date:
    """The last day until which a client may promise."""
    return today + timedelta(days=decided.promise_days)


async def _locked(account_id: int, *, by: Actor) -> Record:
    """The account of the client that the user acts for, which nobody else charges or pays into meanwhile."""
    account = await _mine(account_id, by=by)
    await db.execute("SELECT FROM clients WHERE id = $1 FOR UPDATE", account["client_id"])
    await accounts.lock([account_id])
    return await accounts.find(account_id)


async def _mine(account_id: int, *, by: Actor) -> Record:
    seat = memberships.require(by, Right.PAYMENTS_MAKE)
    account = await accounts.find(account_id)
    if account["client_id"] != seat.id:
        raise NotFound()
    return account
