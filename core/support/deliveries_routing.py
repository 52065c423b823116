"""From the outbox to the channels: which notification goes by which of them, to whom, with what text, and if not,
why.

A job sees to all that waits, in order, and one such job of a provider works at a time. It gives way to others
every few seconds, so that ten thousand notifications of one provider do not keep those of another waiting.
"""

import time
from datetime import timedelta
from typing import Any

import structlog
from asyncpg import PostgresError, Record

from core import clock, db, jobs, mail, notification_switches, notifications, task_runs
from core.accounts import memberships
from core.accounts.rights import Right
from core.actor import Actor, system
from core.notification_kinds import Kind, find
from core.support import (
    channels,
    deliveries,
    deliveries_optouts,
    deliveries_unsubscribing,
    deliveries_writing,
)
from core.support.channels import Way
from core.support.deliveries_writing import Content

AT_ONCE = 50
SECONDS = 5.0
"""How long one job works before it asks for the next one."""
SOON = timedelta(seconds=1)
NOBODY = ".invalid"
"""How addresses end that belong to nobody (RFC 2606), such as those of cleared clients."""
TURN = "SELECT pg_try_advisory_xact_lock(hashtextextended('notifications:' || $1::bigint, 0))"
WAITING = f"""SELECT * FROM notifications WHERE state = 'waiting' ORDER BY created_at, id LIMIT {AT_ONCE}
    FOR UPDATE SKIP LOCKED"""
PERSON = """
    SELECT p.id FROM people p WHERE NOT p.is_disabled
       AND (p.id = $1 OR ($1::bigint IS NULL AND p.email_folded = lower($2)))
       AND ($3::bigint IS NULL OR $1 = p.id
            OR EXISTS (SELECT FROM memberships m WHERE m.person_id = p.id AND m.client_id = $3))
"""

log = structlog.get_logger(__name__)


@jobs.task(notifications.JOB, timeout=timedelta(minutes=2))
async def hand_out(_payload: dict[str, Any], job: jobs.Job) -> None:
    """Hand out what waits, until nothing does or others have had to wait for some seconds."""
    async with job.scope():
        by = system(await task_runs.provider())
        off = await notification_switches.off()
    ways, until = await channels.every(by=by), time.monotonic() + SECONDS
    while True:
        async with job.scope():
            if not await db.value(TURN, job.tenant_id):
                raise jobs.NotNow(SOON)
            found = await db.fetch(WAITING)
            await _hand_out_all(found, ways, off, by=by)
            if len(found) == AT_ONCE and time.monotonic() > until:
                await jobs.later(notifications.JOB, {}, key="more")
                return
        if len(found) < AT_ONCE:
            return


async def _hand_out_all(found: list[Record], ways: list[Way], off: frozenset[str], *, by: Actor) -> None:
    """One after the other, and then their channels are asked. One that fails keeps no others back."""
    used: set[str] = set()
    for notification in found:
        try:
            async with db.savepoint():
                used |= await _hand_out(notification, ways, off, by=by)
        except (PostgresError, ValueError, LookupError, TypeError) as error:
            log.error("notification not handed out", tenant=by.tenant.id, error=type(error).__name__)
            await _add(notification, channels.MAIL_WAY, None, Content(trouble="x"), "", by=by)
            await _settle(notification, None)
    for channel in sorted(used):
        await deliveries.ask(channel)


async def _hand_out(notification: Record, ways: list[Way], off: frozenset[str], *, by: Actor) -> set[str]:
    """A delivery for each channel that takes it, or one that says why there is none; the channels to be asked."""
    kind = find(notification["kind"])
    person_id = await _person(notification)
    taking = [] if kind is None else [way for way in ways if way.takes(kind)]
    if kind is None:
        await _add(notification, channels.MAIL_WAY, person_id, Content(), "unknown_kind", by=by)
    elif kind.key in off and notification_switches.can_be_off(kind):
        await _add(notification, channels.MAIL_WAY, person_id, Content(), "switched_off", by=by)
    elif not taking:
        await _add(notification, channels.MAIL_WAY, person_id, Content(), "no_channel", by=by)
    else:
        content = await deliveries_writing.content(kind, notification, by=by)
        for way in taking:
            for reader in await _readers(kind, notification, person_id) if way.medium == "panel" else [person_id]:
                reason = await _why_not(kind, way, notification, reader)
                if reason or way.medium != "panel" or reader is not None:
                    await _add(notification, way, reader, content, reason, by=by)
    await _settle(notification, person_id)
    return {way.name for way in taking if way.medium != "panel"}


async def _settle(notification: Record, person_id: int | None) -> None:
    await db.execute(
        "UPDATE notifications SET state = 'handed_out', sealed = '', person_id = $2 WHERE id = $1",
        notification["id"],
        person_id,
    )


async def _add(
    notification: Record, way: Way, person_id: int | None, content: Content, reason: str, *, by: Actor
) -> None:
    kind, now = find(notification["kind"]), clock.now()
    if kind is not None and way.medium == "mail":
        place = notification["address"]
        content = deliveries_unsubscribing.with_link(content, kind, place, person_id, by=by)
    is_open = not reason and way.medium != "panel" and not content.trouble
    state = "skipped" if reason else "dead" if content.trouble else "waiting" if is_open else "sent"
    address = notification["phone"] if way.medium == "sms" else notification["address"]
    await deliveries.add(
        {
            "notification_id": notification["id"],
            "kind": notification["kind"],
            "channel": way.name,
            "medium": way.medium,
            "client_id": notification["client_id"],
            "person_id": person_id,
            "audience": kind.audience if kind else "client",
            "lane": _lane(notification, way),
            "address": "" if way.medium in ("webhook", "panel") else address,
            "name": notification["name"],
            "state": state,
            "reason": reason or ("no_text" if content.trouble else ""),
            "next_at": now if is_open else None,
            "created_at": now,
            "created_by": notification["created_by"],
            "ended_at": None if is_open else now,
            **content.columns(by.tenant.id, is_open=is_open),
        }
    )


async def _why_not(kind: Kind, way: Way, notification: Record, person_id: int | None) -> str:
    """Why this is not to be sent by this channel ("" when it is)."""
    if way.medium == "mail":
        if not notification["address"]:
            return "no_address"
        if not is_address(notification["address"]):
            return "bad_address"
    if way.medium == "sms" and not notification["phone"]:
        return "no_phone"
    if kind.is_service or way.medium == "webhook":
        return ""
    person = person_id, notification["address"]
    return "opted_out" if await deliveries_optouts.has(kind.key, way.medium, *person) else ""


def is_address(text: str) -> bool:
    """Whether mail can be sent there."""
    try:
        return not mail.address(text).domain.endswith(NOBODY)
    except mail.BadAddress:
        return False


async def _person(notification: Record) -> int | None:
    """The person it is for: the one that was named, or who signs in with this address for this client."""
    if notification["person_id"] is None and not notification["address"]:
        return None
    found = await db.value(PERSON, notification["person_id"], notification["address"], notification["client_id"])
    return None if found is None else int(found)


async def _readers(kind: Kind, notification: Record, person_id: int | None) -> list[int | None]:
    """In whose panel it stands: what a client is told of a ticket, and none of its users by name, in that of each
    who reads its tickets."""
    is_of_client = notification["client_id"] is not None and notification["person_id"] is None
    if kind.audience != "client" or notification["about_kind"] != "ticket" or not is_of_client:
        return [person_id]
    return [*await memberships.who_may(notification["client_id"], Right.TICKETS_READ)] or [person_id]


def _lane(notification: Record, way: Way) -> str:
    """Those of one lane keep their order: to one address, about one client."""
    if way.medium in ("mail", "sms"):
        return str(notification["address" if way.medium == "mail" else "phone"]).lower()
    return f"client {notification['client_id'] or ''}"
