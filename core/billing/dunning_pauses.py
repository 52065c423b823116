"""Days on which dunning leaves a client alone: staff give them with a reason and an end, and take them back."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, clients, rows
from core.actor import Actor
from core.billing.dunning_timeline import Pause
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

LONGEST_REASON = 500
MOST_DAYS = 366


class DunningPause(db.Owned, tablename="dunning_pauses"):
    """Both days are included. One that was lifted ends on the day before."""

    client_id = BigInt()
    from_day = Date()
    until_day = Date()
    reason = Text()
    created_at = Timestamptz()
    created_by = Text()
    lifted_at = Timestamptz(null=True)
    lifted_by = Text()


class NewPause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From today until a day, which is included."""

    until_day: date
    reason: str


async def of(client_id: int, *, by: Actor) -> list[Record]:
    """The pauses of a client, the newest first."""
    policies.require(by, Permission.DUNNING_READ)
    await access.client(client_id, by=by)
    return await db.fetch(
        "SELECT * FROM dunning_pauses WHERE client_id = $1 ORDER BY from_day DESC, id DESC", client_id
    )


async def create(client_id: int, new: NewPause, *, by: Actor) -> Record:
    """Leave a client alone for some days; returns the pause. `Conflict` while another one lasts."""
    policies.require(by, Permission.DUNNING_PAUSE)
    client = await access.client(client_id, by=by, lock=True)
    clients.require_open(client, ["until_day"])
    today = clock.today(by.tenant.timezone)
    checks = Checks()
    if not today <= new.until_day <= today + timedelta(days=MOST_DAYS):
        checks.error("until_day", _("From today on, at most a year, please."))
    reason = checks.text("reason", new.reason, longest=LONGEST_REASON)
    checks.done()
    if await db.value(
        "SELECT EXISTS (SELECT FROM dunning_pauses WHERE client_id = $1 AND until_day >= $2)", client_id, today
    ):
        raise Conflict(_("Dunning is paused for this client already. Lift that pause first."))
    made = await db.row(
        """INSERT INTO dunning_pauses (client_id, from_day, until_day, reason, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING *""",
        client_id,
        today,
        new.until_day,
        reason,
        clock.now(),
        by.name,
    )
    assert made is not None
    told = {"until_day": new.until_day.isoformat(), "reason": reason}
    await audit.record("dunning:paused", "client", client_id, by=by, name=client["name"], client_id=client_id,
                       new=told)  # fmt: skip
    return made


async def lift(pause_id: int, *, by: Actor) -> Record:
    """End a pause: dunning goes on today. `Conflict` when it is over."""
    policies.require(by, Permission.DUNNING_PAUSE)
    found = await db.row("SELECT * FROM dunning_pauses WHERE id = $1", pause_id) if rows.is_id(pause_id) else None
    if found is None:
        raise NotFound()
    client = await access.client(found["client_id"], by=by, lock=True)
    today = clock.today(by.tenant.timezone)
    made = await db.row(
        """UPDATE dunning_pauses SET until_day = $2, lifted_at = $3, lifted_by = $4
            WHERE id = $1 AND until_day >= $5 RETURNING *""",
        pause_id,
        today - timedelta(days=1),
        clock.now(),
        by.name,
        today,
    )
    if made is None:
        raise Conflict(_("This pause is over."))
    await audit.record("dunning:pause_lifted", "client", client["id"], by=by, name=client["name"],
                       client_id=client["id"], new={"reason": found["reason"]})  # fmt: skip
    return made


async def in_force(client_ids: Sequence[int]) -> dict[int, list[Pause]]:
    """The pauses of these clients, for the timeline. Needs no permission."""
    found = await db.fetch(
        """SELECT client_id, from_day, until_day FROM dunning_pauses
            WHERE client_id = ANY($1::bigint[]) AND until_day >= from_day""",
        list(client_ids),
    )
    kept: dict[int, list[Pause]] = {}
    for row in found:
        kept.setdefault(row["client_id"], []).append(Pause(row["from_day"], row["until_day"]))
    return kept
