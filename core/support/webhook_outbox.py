"""The outbox of webhooks: what happened is written in its own transaction, and spread by a job after the commit.

Which kinds a provider's endpoints want is remembered between requests, so that a provider without any pays
nothing. The job makes the payload of each event, once for everybody, and a delivery for each endpoint.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Boolean, Text, Timestamptz

from core import clock, db, freshness, jobs, listening
from core.listening import Happened
from core.support import webhook_data, webhook_events
from core.support.webhook_events import EVENTS, TEST, Event, Message

SPREAD = "webhook.spread"
DELIVER = "webhook.deliver"
AT_ONCE = 500
KEPT = timedelta(days=30)
GIVEN_UP_AFTER = timedelta(days=4)
DELIVERIES = """
    INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, next_at, give_up_at, created_at)
    SELECT n.id, w.id, w.kind, $2, $3, $2 FROM webhook_events w JOIN webhook_endpoints n ON n.is_on
       AND (w.endpoint_id = n.id OR (w.endpoint_id IS NULL AND (n.is_for_all OR w.kind = ANY (n.events))))
     WHERE w.id = ANY($1::bigint[]) AND w.payload <> ''
    ON CONFLICT DO NOTHING RETURNING endpoint_id
"""


class WebhookEvent(db.Owned, tablename="webhook_events"):
    """That something happened. `payload` is what is sent, "" until it is made, or when nothing is left to tell."""

    kind = Text()
    subject_id = BigInt()
    client_id = BigInt(null=True)
    name = Text()
    changed = JSONB()
    endpoint_id = BigInt(null=True)
    payload = Text()
    is_spread = Boolean()
    created_at = Timestamptz()


class Outbox:
    """Listens, and writes down what an endpoint of the provider wants to be told."""

    async def wants(self, action: str) -> bool:
        """Whether any endpoint wants one of the events that this can be."""
        wanted = await _wanted()
        return bool(wanted) and any(event.kind in wanted for event in webhook_events.of_action(action))

    async def hear(self, action: str, happened: Sequence[Happened]) -> None:
        """Write the events, by one statement each, and ask for the job that spreads them."""
        wanted = await _wanted()
        for event in webhook_events.of_action(action):
            if event.kind in wanted:
                await _write(event, await _chosen(event, action, happened))


listening.listen(webhook_events.ACTIONS, Outbox())


async def write_test(endpoint_id: int) -> int:
    """An event for one endpoint only; returns its id. Asks for no right."""
    event_id = await db.value(
        """INSERT INTO webhook_events (kind, subject_id, endpoint_id, created_at) VALUES ($1, $2, $2, $3)
           RETURNING id""",
        TEST,
        endpoint_id,
        clock.now(),
    )
    await jobs.later(SPREAD, {}, key="spread")
    return int(event_id)


@jobs.task(SPREAD)
async def spread(_payload: dict[str, Any], job: jobs.Job) -> None:
    """Make deliveries of what waits, so many at a time; another job goes on when there is more."""
    async with job.scope():
        if await _spread_some(clock.now()) == AT_ONCE:
            await jobs.later(SPREAD, {}, key="spread")


async def deliver_later(endpoint_id: int, *, at: datetime | None = None) -> None:
    """Ask for a look at what is due for an endpoint, now or then. Wishes for the same seconds are one job."""
    key, delay = f"{endpoint_id}", None
    if at is not None:
        slot = 5 if at - clock.now() < timedelta(minutes=2) else 60
        due = (int(at.timestamp()) // slot + 1) * slot
        key, delay = f"{endpoint_id}@{due}", timedelta(seconds=max(0.0, due - clock.now().timestamp()))
    await jobs.later(DELIVER, {"endpoint": endpoint_id}, delay=delay, key=key)


async def purge(now: datetime) -> None:
    """Forget what happened long ago, with its deliveries. Called once an hour in each provider."""
    await db.execute("DELETE FROM webhook_events WHERE created_at < $1", now - KEPT)


async def _wanted() -> frozenset[str]:
    tenant_id = db.scope().tenant_id
    found: frozenset[str] = await freshness.MEMORY.get(tenant_id, "webhooks", _load)
    return found


async def _load() -> frozenset[str]:
    rows = await db.fetch("SELECT is_for_all, events FROM webhook_endpoints WHERE is_on")
    if any(row["is_for_all"] for row in rows):
        return frozenset(EVENTS)
    return frozenset(kind for row in rows for kind in row["events"])


async def _chosen(event: Event, action: str, happened: Sequence[Happened]) -> Sequence[Happened]:
    sql = webhook_events.chosen_by(event, action)
    if not sql:
        return happened
    return [Happened(**row) for row in await db.fetch(sql, [one.id for one in happened])]


async def _write(event: Event, happened: Sequence[Happened]) -> None:
    if not happened:
        return
    await db.execute(
        """INSERT INTO webhook_events (kind, subject_id, client_id, name, changed, created_at)
           SELECT $1, s.id, s.client_id, s.name, s.changed, $2
             FROM jsonb_to_recordset($3) AS s (id bigint, client_id bigint, name text, changed jsonb)""",
        event.kind,
        clock.now(),
        [msgspec.to_builtins(one) for one in happened],
    )
    await jobs.later(SPREAD, {}, key="spread")


async def _spread_some(now: datetime) -> int:
    found = await db.fetch(
        f"SELECT * FROM webhook_events WHERE NOT is_spread ORDER BY created_at, id LIMIT {AT_ONCE} FOR UPDATE"
    )
    said = await _said(found)
    ids = [row["id"] for row in found]
    await db.execute(
        """UPDATE webhook_events w SET payload = u.payload, is_spread = true
             FROM unnest($1::bigint[], $2::text[]) AS u (id, payload) WHERE w.id = u.id""",
        ids,
        [said.get(one, "") for one in ids],
    )
    made = await db.fetch(DELIVERIES, ids, now, now + GIVEN_UP_AFTER)
    for endpoint_id in {row["endpoint_id"] for row in made}:
        await deliver_later(endpoint_id)
    return len(found)


async def _said(found: Sequence[Record]) -> dict[int, str]:
    """The payloads of events, by their ids; of what is not there any more there is none."""
    said: dict[int, str] = {}
    for kind in {row["kind"] for row in found}:
        if kind not in EVENTS:
            continue
        rows = [row for row in found if row["kind"] == kind]
        names = {row["subject_id"]: row["name"] for row in rows}
        data = await webhook_data.read(EVENTS[kind].data, list(names), names)
        for row in rows:
            if row["subject_id"] in data:
                message = Message(
                    type=kind, timestamp=row["created_at"], data=data[row["subject_id"]], changed=row["changed"]
                )
                said[row["id"]] = msgspec.json.encode(message).decode()
    return said
