"""The log of webhooks: what was sent where, each attempt with its answer, and sending it again."""

from datetime import datetime
from typing import Literal

from asyncpg import Record
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, keyset
from core.accounts import rows
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.filters import Conditions
from core.i18n import N_, _
from core.permissions import Permission
from core.support import webhook_endpoints, webhook_outbox
from core.support.webhook_outbox import GIVEN_UP_AFTER, KEPT

State = Literal["waiting", "retrying", "sent", "refused", "dead"]
STATES = {
    "waiting": N_("Waiting"),
    "retrying": N_("Tried again"),
    "sent": N_("Sent"),
    "refused": N_("Refused"),
    "dead": N_("Given up"),
}
AGAIN = """UPDATE webhook_deliveries d
      SET state = 'waiting', attempts = 0, next_at = $2, give_up_at = $3, ended_at = NULL WHERE """


class WebhookDelivery(db.Owned, tablename="webhook_deliveries"):
    """An event for an endpoint. `attempts` since it was last begun; `status` and `error` are of the latest."""

    endpoint_id = BigInt()
    event_id = BigInt()
    kind = Text()
    state = Text()
    attempts = Integer()
    status = Integer(null=True)
    error = Text()
    next_at = Timestamptz(null=True)
    give_up_at = Timestamptz()
    created_at = Timestamptz()
    ended_at = Timestamptz(null=True)


class WebhookAttempt(db.Owned, tablename="webhook_attempts"):
    """That it was tried. `status` is None when no answer came; `answer` is how it began."""

    delivery_id = BigInt()
    number = Integer()
    at = Timestamptz()
    milliseconds = Integer()
    status = Integer(null=True)
    error = Text()
    answer = Text()


async def page(
    endpoint_id: int,
    *,
    state: State | None = None,
    after: str = "",
    before: str = "",
    size: int = keyset.PAGE,
    by: Actor,
) -> keyset.Page:
    """What was sent to an endpoint, or is to be, the newest first; of one state, if asked for."""
    await webhook_endpoints.get(endpoint_id, by=by)
    bound = Conditions()
    bound.add(f"d.endpoint_id = {endpoint_id:d}")
    bound.equals("d.state", state, among=frozenset(STATES))
    return await keyset.page(
        "SELECT d.* FROM webhook_deliveries d", "d", bound, after=after, before=before, size=size
    )


async def get(delivery_id: int, *, by: Actor) -> Record:
    """One of them with `url` and `payload`; `NotFound` when there is none."""
    webhook_endpoints.require(by)
    sql = """SELECT d.*, n.url, w.payload FROM webhook_deliveries d
             JOIN webhook_endpoints n ON n.id = d.endpoint_id JOIN webhook_events w ON w.id = d.event_id
             WHERE d.id = $1"""
    found = await db.row(sql, delivery_id) if rows.is_id(delivery_id) else None
    if found is None:
        raise NotFound()
    return found


async def attempts(delivery_id: int, *, by: Actor) -> list[Record]:
    """The attempts of a delivery, the first one first."""
    await get(delivery_id, by=by)
    sql = "SELECT * FROM webhook_attempts WHERE delivery_id = $1 ORDER BY at, id"
    return await db.fetch(sql, delivery_id)


async def replay(delivery_id: int, *, by: Actor) -> None:
    """Send it again, under the same `webhook-id`; `Conflict` while it is on its way."""
    webhook_endpoints.require(by, Permission.WEBHOOK_MANAGE)
    found = await get(delivery_id, by=by)
    now = clock.now()
    again = await db.value(
        f"{AGAIN} d.id = $1 AND d.next_at IS NULL RETURNING d.endpoint_id", delivery_id, now, now + GIVEN_UP_AFTER
    )
    if again is None:
        raise Conflict(_("It is on its way already."))
    await audit.record(
        "webhook:replayed", "webhook", found["endpoint_id"], by=by, name=found["url"], new={"count": 1}
    )
    await webhook_outbox.deliver_later(found["endpoint_id"])


async def replay_since(endpoint_id: int, since: datetime, *, is_failed_only: bool = True, by: Actor) -> int:
    """Send again what happened since a moment, or only what did not arrive; returns how many there are.

    What the endpoint was not told, because it was off or did not exist, is sent too. `Invalid` for a moment before
    what is kept.
    """
    webhook_endpoints.require(by, Permission.WEBHOOK_MANAGE)
    endpoint = await webhook_endpoints.get(endpoint_id, by=by)
    now = clock.now()
    if not now - KEPT <= since <= now:
        days = {"count": KEPT.days}
        raise Invalid({"since": _("Please give a moment of the last %(count)s days.") % days})
    if not endpoint["is_on"]:
        raise Conflict(_("It is off: nothing is sent there."))
    missed = await _add_missed(endpoint_id, since, now)
    again = await db.fetch(
        f"""{AGAIN} d.endpoint_id = $1 AND d.created_at >= $4 AND d.next_at IS NULL
             AND (NOT $5 OR d.state <> 'sent') RETURNING d.id""",
        endpoint_id,
        now,
        now + GIVEN_UP_AFTER,
        since,
        is_failed_only,
    )
    count = missed + len(again)
    told = {"count": count, "since": since}
    await audit.record("webhook:replayed", "webhook", endpoint_id, by=by, name=endpoint["url"], new=told)
    await webhook_endpoints.wake(endpoint_id)
    return count


async def _add_missed(endpoint_id: int, since: datetime, now: datetime) -> int:
    made = await db.fetch(
        """INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, next_at, give_up_at, created_at)
           SELECT n.id, w.id, w.kind, $3, $4, $3 FROM webhook_endpoints n JOIN webhook_events w
               ON w.is_spread AND w.endpoint_id IS NULL AND w.payload <> '' AND w.created_at >= $2
              AND (n.is_for_all OR w.kind = ANY (n.events))
            WHERE n.id = $1 ON CONFLICT DO NOTHING RETURNING id""",
        endpoint_id,
        since,
        now,
        now + GIVEN_UP_AFTER,
    )
    return len(made)
