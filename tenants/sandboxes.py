"""The time of a sandbox: its staff move it forward, and what the nights in between would have done is done.

Only days of business move: what is due, what is charged for which days, when an invoice is issued. Moments stay
those of the clock on the wall, so that sessions, jobs and the activity are what they were.
"""

from datetime import date, timedelta

from core import audit, clock, db, freshness, jobs, policies
from core.accounts import rows
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission

MOST_DAYS = 1830
"""So far it can be moved at once: five years."""
MOST_AHEAD = 3660


async def move(day: date, *, by: Actor) -> date:
    """Let it be this day at the provider, which is a sandbox; returns the day. Forward only.

    `Conflict` for a provider that is none, `Invalid` under "day" for a day that is over, or too far away. The
    work of the night follows at once: the billing run, and all that is done by days.
    """
    policies.require(by, Permission.SETTINGS_MANAGE)
    row = await rows.locked("providers", by.tenant.id)
    if not row["is_sandbox"]:
        raise Conflict(_("Only the time of a sandbox can be moved. A provider is opened as one."))
    now = clock.day(clock.now(), by.tenant.timezone)
    ahead = row["days_ahead"] + (day - now).days
    if day < now:
        raise Invalid({"day": _("Time goes forward only.")})
    if day > now + timedelta(days=MOST_DAYS) or ahead > MOST_AHEAD:
        raise Invalid({"day": _("This is too far away.")})
    if day > now:
        await db.execute("UPDATE providers SET days_ahead = $2 WHERE id = $1", row["id"], ahead)
        await audit.record("provider:time_moved", "provider", row["id"], by=by, name=row["name"],
                           old={"day": now.isoformat()}, new={"day": day.isoformat()})  # fmt: skip
        await freshness.forget_tenant(row["id"])
        await jobs.later("housekeeping", {}, key="housekeeping")
    return day
