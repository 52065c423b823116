"""The sending of deliveries, channel by channel: in order, with growing delays, each with one name whenever it is
tried.

One job of a provider works on a channel at a time, on a few lanes at once, and gives way after some seconds. So a
channel that hangs costs its own provider one place among the workers, and then it rests.
"""

import asyncio
import random
import time
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
import structlog
from asyncpg import Record

from core import breaker, clock, db, hooks, jobs, mail, notification_ends, sealing, task_runs
from core.actor import Actor, system
from core.channel_contract import AttachedFile, Delivery, Later, Receipt, Refused
from core.notification_kinds import find
from core.plugin_calls import Busy, PluginFailed
from core.support import channels, deliveries, deliveries_files, deliveries_unsubscribing, deliveries_writing
from core.support.channels import Way
from core.support.deliveries import OPEN
from core.support.deliveries_files import Files

AT_ONCE = 4
SECONDS = 8.0
LEASE = timedelta(minutes=10)
REST = timedelta(seconds=30)
WITHOUT_A_SERVER = timedelta(minutes=5)
MINUTES = (0.5, 2, 5, 10, 15, 30, 60, 60, 120, 180, 360, 720, 1440, 1440)
"""How long to wait after each attempt, give or take a fifth; then it is given up."""
PATIENCE = timedelta(hours=6)
"""How long later ones wait for an earlier one of their lane."""
LONGEST = 500
HEAD = ("sender_name", "sender", "reply_to")

DUE = f"""
    WITH due AS MATERIALIZED (
        SELECT d.id FROM deliveries d WHERE d.channel = $1 AND d.state IN {OPEN} AND d.next_at <= $4
           AND (d.is_secret OR NOT EXISTS (
               SELECT FROM deliveries e WHERE e.channel = d.channel AND e.lane = d.lane AND e.state IN {OPEN}
                  AND (e.created_at, e.id) < (d.created_at, d.id) AND e.created_at > $5 AND NOT e.is_secret))
         ORDER BY d.next_at, d.created_at, d.id LIMIT {AT_ONCE} FOR UPDATE SKIP LOCKED)
    UPDATE deliveries t SET next_at = $3, claimed_by = $2 FROM due WHERE t.id = due.id
    RETURNING t.*
"""
Result = Literal["taken", "later", "refused", "rests", "waits"]

log = structlog.get_logger(__name__)
_server = breaker.Breaker()


@jobs.task(deliveries.JOB, timeout=timedelta(minutes=3))
async def send(payload: dict[str, Any], job: jobs.Job) -> None:
    """Send what is due by a channel, until nothing is, it rests, or others have had to wait for a while."""
    channel, until = str(payload["channel"]), time.monotonic() + SECONDS
    async with job.scope():
        by = system(await task_runs.provider())
        await _give_back(channel, job)
    ways = await channels.every(by=by)
    while True:
        async with job.scope():
            due = await _claim(channel, job)
            if not due:
                return
        results = await asyncio.gather(*(_send(one, channels.of(one, ways), job, by=by) for one in due))
        async with job.scope():
            if pause := _pause(results):
                await deliveries.ask(channel, at=clock.now() + pause)
                return
            if time.monotonic() > until:
                await deliveries.ask(channel)
                return


async def _claim(channel: str, job: jobs.Job) -> list[Record]:
    """Some that are due, at most one of a lane; nobody else tries them for a while."""
    now = clock.now()
    found = await db.fetch(DUE, channel, UUID(job.key), now + LEASE, now, now - PATIENCE)
    return sorted(found, key=lambda one: (one["created_at"], one["id"]))


async def _give_back(channel: str, job: jobs.Job) -> None:
    """What this job had claimed before its worker went down, or was stopped, is due again."""
    await db.execute(
        f"""UPDATE deliveries SET next_at = $3, claimed_by = NULL
             WHERE channel = $1 AND claimed_by = $2 AND state IN {OPEN}""",
        channel,
        UUID(job.key),
        clock.now(),
    )


def _pause(results: list[Result]) -> timedelta | None:
    if "waits" in results:
        return WITHOUT_A_SERVER
    return REST if "rests" in results else None


class Outcome(NamedTuple):
    """What came of an attempt: what the other side said, why it failed, and the names of the files that went, and
    that found no room."""

    result: Result
    said: str
    reason: str
    attached: str = ""
    left_out: str = ""


async def _send(row: Record, way: Way | None, job: jobs.Job, *, by: Actor) -> Result:
    """One attempt, and what became of it."""
    told = Outcome("refused", "", "channel_gone") if way is None else await _try(row, way, job, by=by)
    async with job.scope():
        await _note(row, told)
    return told.result


def _is_too_late(row: Record) -> bool:
    """Whether what it says is over, such as a code."""
    kind = find(row["kind"])
    return (
        kind is not None
        and kind.minutes > 0
        and clock.now() >= row["created_at"] + timedelta(minutes=kind.minutes)
    )


async def _try(row: Record, way: Way, job: jobs.Job, *, by: Actor) -> Outcome:
    if _is_too_late(row):
        return Outcome("refused", "", "too_late")
    try:
        async with job.scope():
            if await notification_ends.is_over(row["kind"], row["notification_id"]):
                return Outcome("refused", "", "too_late")
            files = await deliveries_files.of(row) if way.medium == "mail" else Files([], [])
            asked = await delivery(row, way, files.taken, by=by)
    except (sealing.Unsealable, sealing.NoSecretKey):
        return Outcome("refused", "", "unreadable")
    except deliveries_files.NotMade:
        return Outcome("later", "", "no_file")
    try:
        receipt = await hand_over(asked, way, by=by)
    except Refused as error:
        return Outcome("refused", str(error), "refused")
    except (hooks.Resting, Busy, Resting):
        return Outcome("rests", "", "failed")
    except NoServer:
        return Outcome("waits", "", "no_server")
    except (PluginFailed, Later, mail.NotSent) as error:
        return Outcome("later", str(error), "failed")
    said = " ".join(part for part in (receipt.said, receipt.id) if part)
    names = [file.name for file in asked.files]
    return Outcome("taken", said, "", attached=", ".join(names), left_out=", ".join(files.left_out))


class Resting(Exception):
    """The installation's mail server failed too often and is left alone for a moment."""


class NoServer(Exception):
    """The installation has no mail server."""


async def hand_over(asked: Delivery, way: Way, *, by: Actor) -> Receipt:
    """Give one delivery to its channel, outside of any transaction."""
    if way.plugin is None:
        return await _by_own_server(asked)
    said = await hooks.ask("send_notification", way.plugin, by=by, seconds=way.seconds, delivery=asked)
    return said or Receipt()


async def _by_own_server(asked: Delivery) -> Receipt:
    if not mail.has_server():
        raise NoServer
    if not _server.lets_through(time.monotonic()):
        raise Resting
    begun = time.monotonic()
    try:
        said = await mail.post(mail.of_delivery(_as_mail(asked)), key=asked.id, written_at=asked.written_at)
    except jobs.Permanent as error:
        _server.succeeded(0)
        raise Refused(str(error)) from error
    except mail.NotSent as error:
        if error.is_answer:
            _server.succeeded(0)
        else:
            _server.failed(time.monotonic(), 0, str(error))
        raise
    except BaseException:
        _server.abandoned()
        raise
    _server.succeeded((time.monotonic() - begun) * 1000)
    return Receipt(said=said[:LONGEST])


def _as_mail(asked: Delivery) -> Delivery:
    """An SMS that is caught is a letter to its number."""
    if asked.medium != "sms":
        return asked
    place = f"{asked.phone.removeprefix('+')}@sms.example"
    return msgspec.structs.replace(asked, address=place, subject=asked.phone, text=asked.short, html="")


async def delivery(row: Record, way: Way, files: list[AttachedFile], *, by: Actor) -> Delivery:
    """What the channel is asked to send, the same at each attempt but for its number."""
    told = await db.row("SELECT phone, project_id, about_kind, about_id, data FROM notifications WHERE id = $1",
                        row["notification_id"])  # fmt: skip
    assert told is not None
    return Delivery(
        id=str(row["key"]),
        channel=way.key or way.name,
        medium=way.medium,
        kind=row["kind"],
        attempt=row["attempts"] + 1,
        written_at=row["created_at"],
        address=row["address"] if way.medium == "mail" else "",
        phone=row["address"] if way.medium == "sms" else told["phone"],
        name=row["name"],
        locale=row["locale"],
        headers=deliveries_unsubscribing.headers(row) if way.medium == "mail" else {},
        files=files,
        client=row["client_id"],
        project=told["project_id"],
        about=f"{told['about_kind']}:{told['about_id']}" if told["about_kind"] else "",
        data={} if row["is_secret"] else told["data"],
        is_secret=row["is_secret"],
        **deliveries_writing.texts_of(row, by.tenant.id),
        **{name: text for name, text in row["head"].items() if name in HEAD},
    )


async def _note(row: Record, told: Outcome) -> None:
    """Write down one attempt, and what comes next. What was never tried counts as no attempt."""
    result, reason = told.result, told.reason
    now, said = clock.now(), " ".join(told.said.replace("\x00", "").split())[:LONGEST]
    if result in ("rests", "waits"):
        await _put_back(row, reason, now)
        return
    number = row["attempts"] + 1
    is_over = result != "later" or number > len(MINUTES)
    next_at = None if is_over else now + delay_after(number)
    state = "sent" if result == "taken" else "dead" if is_over else "retrying"
    reason = "gave_up" if state == "dead" and result == "later" else reason
    await db.execute(
        """UPDATE deliveries SET state = $2, reason = $3, said = $4, attempts = $5, next_at = $6, ended_at = $7,
               attached = $8, left_out = $9, claimed_by = NULL,
               sealed = CASE WHEN $7::timestamptz IS NULL THEN sealed ELSE '' END
            WHERE id = $1""",
        row["id"],
        state,
        reason,
        said,
        number,
        next_at,
        now if is_over else None,
        told.attached,
        told.left_out,
    )
    await db.execute(
        "INSERT INTO delivery_attempts (delivery_id, number, at, result, said) VALUES ($1, $2, $3, $4, $5)",
        row["id"], number, now, result, said,
    )  # fmt: skip
    if next_at is not None:
        await deliveries.ask(row["channel"], at=next_at)
    log.info("delivery tried", kind=row["kind"], channel=row["channel"], state=state, attempt=number)


async def _put_back(row: Record, reason: str, now: datetime) -> None:
    await db.execute(
        "UPDATE deliveries SET next_at = $2, claimed_by = NULL, reason = $3 WHERE id = $1", row["id"], now, reason
    )


def delay_after(attempt: int) -> timedelta:
    """Growing, and never quite the same."""
    return timedelta(minutes=MINUTES[attempt - 1] * random.uniform(0.8, 1.2))  # noqa: S311
