"""What becomes of a quote: staff send it with a day until which it holds, or withdraw it."""

from datetime import date, timedelta

import msgspec
from asyncpg import Record

from core import clock, db
from core.actor import Actor
from core.billing import offers, service_prices
from core.billing.service_prices import NewService
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _

MOST_DAYS = 366
LONGEST_NOTE = 2000
LONGEST_REASON = 500


class Sending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until which day it holds (included), and what the client reads above it."""

    valid_until: date
    note: str = ""


async def send(offer_id: int, sending: Sending, *, by: Actor) -> Record:
    """Show a draft to the client, its prices reckoned anew and held from now on; returns it.

    `Conflict` for one without lines, `Invalid` for a day that cannot be, or a price that is not offered any more.
    """
    account, _offer = await offers.locked(offer_id, ("draft",), by=by)
    today, checks = clock.today(by.tenant.timezone), Checks()
    if not today <= sending.valid_until <= today + timedelta(days=MOST_DAYS):
        checks.error("valid_until", _("From today on, at most %(count)s days, please.") % {"count": MOST_DAYS})
    note = checks.text("note", sending.note, longest=LONGEST_NOTE, required=False, lines=True)
    checks.done()
    found = await offers.lines(offer_id)
    if not found:
        raise Conflict(_("There is nothing in this quote yet."))
    for line in found:
        new = NewService(price_id=line.row["price_id"], addons=line.row["addons"])
        sheet = await service_prices.sheet_of(new)
        made, held = await service_prices.holding(account, sheet, new, by=by)
        await db.execute(
            "UPDATE offer_lines SET quoted = $2, held = $3 WHERE id = $1",
            line.row["id"],
            msgspec.to_builtins(made),
            msgspec.to_builtins(held),
        )
    await db.execute(
        "UPDATE offers SET state = 'sent', valid_until = $2, note = $3, sent_on = $4 WHERE id = $1",
        offer_id,
        sending.valid_until,
        note,
        today,
    )
    sent = await offers.get(offer_id, by=by)
    await offers.tell("offer:sent", sent, new={"until_day": sending.valid_until.isoformat()}, by=by)
    return sent


async def withdraw(offer_id: int, reason: str = "", *, by: Actor) -> Record:
    """Take a draft, or a quote that was not answered, back; returns it."""
    _account, offer = await offers.locked(offer_id, ("draft", "sent"), by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON, required=False)
    checks.done()
    await end(offer, "withdrawn", told, by=by)
    return await offers.get(offer_id, by=by)


async def end(offer: Record, state: str, reason: str, *, by: Actor) -> None:
    """Bring a locked quote into its last state, with who and why. Asks for no right."""
    await db.execute(
        "UPDATE offers SET state = $2, reason = $3, ended_at = $4, ended_by = $5 WHERE id = $1",
        offer["id"],
        state,
        reason,
        clock.now(),
        by.name,
    )
    await offers.tell(f"offer:{state}", offer, new={"reason": reason} if reason else None, by=by)
