"""Deliveries: what became of each notification by each channel. What is tried, by whom, and what was said.

waiting     not tried yet          sent      the other side took it
retrying    tried, and again soon  dead      given up, or refused for good
skipped     not tried at all; `reason` says why
"""

from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record
from piccolo.columns import JSONB, UUID, BigInt, Boolean, Integer, Text, Timestamptz

from core import clock, db, jobs, notifications
from core.i18n import N_

JOB = "delivery.send"
KEPT = timedelta(days=90)
"""How long the log remembers what has ended."""
STATES = {
    "waiting": N_("Waiting"),
    "retrying": N_("Being retried"),
    "sent": N_("Sent"),
    "dead": N_("Given up"),
    "skipped": N_("Not sent"),
}
REASONS = {
    "opted_out": N_("This person has opted out of such messages."),
    "no_address": N_("There is no e-mail address."),
    "bad_address": N_("This is not the address of one mailbox."),
    "no_phone": N_("There is no telephone number."),
    "no_channel": N_("No channel that is switched on sends this."),
    "switched_off": N_("You have switched this kind of notification off."),
    "unknown_kind": N_("Nothing here sends such notifications any more."),
    "channel_gone": N_("The channel has been switched off."),
    "no_server": N_("No mail server is set; it waits."),
    "failed": N_("It was not taken yet; it is tried again."),
    "refused": N_("It was refused for good."),
    "gave_up": N_("It was tried for days without success."),
    "no_file": N_("Its file could not be printed yet; it is tried again, and goes without it in a few minutes."),
    "too_late": N_("What it says was over before it was taken."),
    "no_text": N_("Its text could not be written."),
    "unreadable": N_("It was sealed with another key and cannot be read any more."),
}
OPEN = "('waiting', 'retrying')"


class Sending(db.Owned, tablename="deliveries"):
    """One notification by one channel. `key` is its name to the world outside, the same at all attempts."""

    notification_id = BigInt()
    key = UUID()
    kind = Text()
    channel = Text()
    medium = Text()
    client_id = BigInt(null=True)
    person_id = BigInt(null=True)
    audience = Text()
    lane = Text()
    address = Text()
    name = Text()
    locale = Text()
    template = Text()
    subject = Text()
    text = Text()
    html = Text()
    short = Text()
    head = JSONB()
    sealed = Text()
    is_secret = Boolean()
    state = Text()
    reason = Text()
    said = Text()
    attempts = Integer()
    next_at = Timestamptz(null=True)
    claimed_by = UUID(null=True)
    again_of = BigInt(null=True)
    created_at = Timestamptz()
    created_by = Text()
    ended_at = Timestamptz(null=True)
    attached = Text()
    left_out = Text()
    read_at = Timestamptz(null=True)


class SendingAttempt(db.Owned, tablename="delivery_attempts"):
    """One time a delivery was tried, and what the other side said."""

    delivery_id = BigInt()
    number = Integer()
    at = Timestamptz()
    result = Text()
    said = Text()


COLUMNS = (
    "notification_id", "kind", "channel", "medium", "client_id", "person_id", "audience", "lane", "address",
    "name", "locale", "template", "subject", "text", "html", "short", "head", "sealed", "is_secret", "state",
    "reason", "next_at", "again_of", "created_at", "created_by", "ended_at",
)  # fmt: skip


async def add(values: dict[str, Any]) -> int:
    """Write one; columns that are not named are as the database has them."""
    named = [column for column in COLUMNS if column in values]
    places = ", ".join(f"${number}" for number in range(1, len(named) + 1))
    sql = f"INSERT INTO deliveries ({', '.join(named)}) VALUES ({places}) RETURNING id"
    return int(await db.value(sql, *(values[column] for column in named)))


async def ask(channel: str, *, at: datetime | None = None) -> None:
    """Let a channel's deliveries be sent, now or when some of them are due."""
    if at is None:
        await jobs.later(JOB, {"channel": channel}, key=channel)
        return
    delay = max(at - clock.now(), timedelta())
    await jobs.later(JOB, {"channel": channel}, key=f"{channel}@{at:%Y%m%d%H%M}", delay=delay)


async def row(delivery_id: int, *, lock: bool = False) -> Record | None:
    """One as it is now. Asks for no right."""
    return await db.row(f"SELECT * FROM deliveries WHERE id = $1{' FOR UPDATE' if lock else ''}", delivery_id)


async def tidy(now: datetime) -> None:
    """Ask again for what should have been sent by now, and forget what has ended long ago."""
    for found in await db.fetch(
        f"SELECT DISTINCT channel FROM deliveries WHERE state IN {OPEN} AND next_at <= $1", now
    ):
        await ask(found["channel"])
    if await db.value("SELECT EXISTS (SELECT FROM notifications WHERE state = 'waiting')"):
        await jobs.later(notifications.JOB, {}, key="more")
    await db.execute(
        f"""DELETE FROM notifications n WHERE n.created_at < $1 AND n.state = 'handed_out'
            AND NOT EXISTS (SELECT FROM deliveries d WHERE d.notification_id = n.id AND d.state IN {OPEN})""",
        now - KEPT,
    )
