"""The sending of webhooks: one endpoint a job, a few deliveries at a time, outside of any transaction.

Deliveries are taken with a lease: whoever dies with one in his hand leaves it to the next. After five failures in
a row, or one call that does not end in time, an endpoint rests, longer each time, and then one delivery tries
whether it works again. So an endpoint that is dead takes nobody's time, and each delivery is still tried for days.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, jobs, outside, signed_webhooks, task_runs, worker
from core.actor import system
from core.outside import Answer, Late, NotReached, Refused
from core.support import webhook_endpoints, webhook_outbox
from core.support.webhook_outbox import DELIVER

DELAYS = (5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000)
ATTEMPTS = len(DELAYS) + 1
RESTS = (60, 300, 900, 3600)
OPENS_AT = 5
AT_ONCE = 4
LEASE = timedelta(seconds=60)
TURN_SECONDS = 20.0
LONGEST_ANSWER = 1000
LONGEST_WAIT = timedelta(days=1)
GONE = 410


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent now, to whom, signed by which secrets."""

    url: str
    secrets: tuple[str, ...]
    deliveries: list[Record]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt went."""

    delivery: Record
    at: datetime
    milliseconds: int
    answer: Answer | None = None
    error: str = ""
    is_refused: bool = False
    is_late: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the other side took it."""
        return self.answer is not None and self.answer.is_success

    @property
    def state(self) -> str:
        """What becomes of the delivery."""
        if self.is_success:
            return "sent"
        if self.is_refused:
            return "refused"
        is_last = self.delivery["attempts"] + 1 >= ATTEMPTS
        return "dead" if is_last or (self.answer is not None and self.answer.status == GONE) else "retrying"

    def next_at(self, now: datetime) -> datetime | None:
        """When to try again: later each time, and not before the other side wants it."""
        if self.state != "retrying":
            return None
        return now + max(worker.delay_after(self.delivery["attempts"] + 1, DELAYS), _asked_to_wait(self.answer))


@jobs.task(DELIVER, timeout=timedelta(minutes=2))
async def deliver(payload: dict[str, Any], job: jobs.Job) -> None:
    """Send what is due for an endpoint; when its turn is over another job goes on, so that all get theirs."""
    until = time.monotonic() + TURN_SECONDS
    async with outside.client() as http:
        while time.monotonic() < until:
            async with job.scope():
                turn = await begin(payload["endpoint"], clock.now())
            if turn is None:
                return
            results = await asyncio.gather(*(_send(http, turn, one) for one in turn.deliveries))
            async with job.scope():
                await note(payload["endpoint"], results, clock.now())
    async with job.scope():
        await _look_again(payload["endpoint"], clock.now())


async def begin(endpoint_id: int, now: datetime) -> Turn | None:
    """Take what is due. None when there is nothing to do now; then a job is asked for when there is."""
    endpoint = await db.row("SELECT * FROM webhook_endpoints WHERE id = $1 FOR UPDATE", endpoint_id)
    if endpoint is None or not endpoint["is_on"]:
        return None
    await _give_up(endpoint_id, now)
    if endpoint["rests_until"] is not None and endpoint["rests_until"] > now:
        await _look_again(endpoint_id, now)
        return None
    taken = await db.fetch(
        """UPDATE webhook_deliveries d SET next_at = $2 FROM webhook_events w
            WHERE w.id = d.event_id AND d.id IN (
                  SELECT id FROM webhook_deliveries WHERE endpoint_id = $1 AND next_at <= $3
                   ORDER BY next_at, id LIMIT $4)
        RETURNING d.*, w.payload""",
        endpoint_id,
        now + LEASE,
        now,
        1 if endpoint["failures"] >= OPENS_AT else AT_ONCE,
    )
    if not taken:
        await _look_again(endpoint_id, now)
        return None
    secrets = webhook_endpoints.secrets_of(endpoint, db.scope().tenant_id, now)
    return Turn(url=endpoint["url"], secrets=secrets, deliveries=taken)


async def note(endpoint_id: int, results: Sequence[Result], now: datetime) -> None:
    """Keep how the attempts went, and what that says of the endpoint."""
    await db.execute(
        """INSERT INTO webhook_attempts (delivery_id, number, at, milliseconds, status, error, answer)
           SELECT u.* FROM unnest($1::bigint[], $2::int[], $3::timestamptz[], $4::int[], $5::int[], $6::text[],
               $7::text[]) AS u (delivery_id, number, at, milliseconds, status, error, answer)
            WHERE EXISTS (SELECT FROM webhook_deliveries d WHERE d.id = u.delivery_id)""",
        [one.delivery["id"] for one in results],
        [one.delivery["attempts"] + 1 for one in results],
        [one.at for one in results],
        [one.milliseconds for one in results],
        [one.answer.status if one.answer else None for one in results],
        [one.error for one in results],
        [one.answer.text[:LONGEST_ANSWER] if one.answer else "" for one in results],
    )
    for one in results:
        await _keep(one, now)
    await _judge(endpoint_id, results, now)


async def _send(http: outside.Client, turn: Turn, delivery: Record) -> Result:
    at, begun = clock.now(), time.monotonic()
    body = delivery["payload"].encode()
    first, *older = turn.secrets
    key = f"evt_{delivery['event_id']}"
    signed = signed_webhooks.headers(first, key, at, body, also=tuple(older))
    more: dict[str, Any] = {}
    try:
        more["answer"] = await http.post(
            turn.url, content=body, headers=signed | {"Content-Type": "application/json"}
        )
    except NotReached as error:
        more = {"error": str(error)[:200]}
        more |= {"is_refused": isinstance(error, Refused), "is_late": isinstance(error, Late)}
    return Result(delivery=delivery, at=at, milliseconds=int((time.monotonic() - begun) * 1000), **more)


async def _keep(one: Result, now: datetime) -> None:
    next_at = one.next_at(now)
    await db.execute(
        """UPDATE webhook_deliveries SET state = $2, attempts = attempts + 1, status = $3, error = $4,
               next_at = $5, ended_at = $6 WHERE id = $1""",
        one.delivery["id"],
        one.state,
        one.answer.status if one.answer else None,
        one.error,
        next_at,
        None if next_at else now,
    )


async def _judge(endpoint_id: int, results: Sequence[Result], now: datetime) -> None:
    """Whether the endpoint works: close its breaker, or open it; one that says it is gone is switched off."""
    if any(one.is_success for one in results):
        await _works_again(endpoint_id, now)
        return
    if any(one.answer is not None and one.answer.status == GONE for one in results):
        await webhook_endpoints.gone(endpoint_id, by=system(await task_runs.provider()))
    endpoint = await db.row(
        """UPDATE webhook_endpoints SET failures = failures + $2, failing_since = coalesce(failing_since, $3)
            WHERE id = $1 RETURNING failures""",
        endpoint_id,
        len(results),
        now,
    )
    if endpoint is None or not (endpoint["failures"] >= OPENS_AT or any(one.is_late for one in results)):
        return
    rest = worker.delay_after(max(1, endpoint["failures"] - OPENS_AT + 1), RESTS)
    await db.execute("UPDATE webhook_endpoints SET rests_until = $2 WHERE id = $1", endpoint_id, now + rest)


async def _works_again(endpoint_id: int, now: datetime) -> None:
    """It rests no longer; what waited for it because of that is tried at once."""
    before = await db.value("SELECT failures FROM webhook_endpoints WHERE id = $1 AND failures > 0", endpoint_id)
    if before is None:
        return
    await db.execute(
        "UPDATE webhook_endpoints SET failures = 0, failing_since = NULL, rests_until = NULL WHERE id = $1",
        endpoint_id,
    )
    if before >= OPENS_AT:
        await db.execute(
            """UPDATE webhook_deliveries SET next_at = $2
                WHERE endpoint_id = $1 AND next_at > $2 AND state = 'retrying'""",
            endpoint_id,
            now,
        )


async def _give_up(endpoint_id: int, now: datetime) -> None:
    await db.execute(
        """UPDATE webhook_deliveries SET state = 'dead', next_at = NULL, ended_at = $2
            WHERE endpoint_id = $1 AND next_at <= $2 AND give_up_at <= $2""",
        endpoint_id,
        now,
    )


async def _look_again(endpoint_id: int, now: datetime) -> None:
    """Ask for a job when the next delivery is due, and the endpoint has rested."""
    due = await db.value(
        """SELECT greatest(min(d.next_at), (SELECT n.rests_until FROM webhook_endpoints n WHERE n.id = $1))
             FROM webhook_deliveries d WHERE d.endpoint_id = $1 AND d.next_at IS NOT NULL""",
        endpoint_id,
    )
    if due is not None:
        await webhook_outbox.deliver_later(endpoint_id, at=due if due > now else None)


def _asked_to_wait(answer: Answer | None) -> timedelta:
    text = answer.headers.get("retry-after", "") if answer is not None else ""
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    return min(timedelta(seconds=int(text)), LONGEST_WAIT) if is_number else timedelta()
