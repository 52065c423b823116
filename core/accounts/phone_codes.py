"""Codes that prove a telephone number: sending one, and trying it.

A code has six digits, and only a keyed hash of it is kept, bound to its row, its provider and its number. It ends
by being right, by too many wrong tries, by its time, or by the next one. Everything of a client goes one after the
other (its row is locked), so that a code is used once; tries and limits are kept though the request is refused.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from asyncpg import Record
from piccolo.columns import BigInt, Bytea, Integer, Text, Timestamptz

from core import audit, clock, db, notification_ends, notifications, sealing
from core.accounts import clients, phone_channel, phone_kinds, phone_numbers, phone_settings, throttle
from core.accounts.throttle import Limit
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound, TooManyAttempts
from core.i18n import _, ngettext
from core.notifications import Recipient

Sending = Literal["waiting", "retrying", "sent", "failed"]
DIGITS = 6
KEPT = timedelta(days=365)
"""So long it is known which codes were sent."""


class PhoneCode(db.Owned, tablename="phone_codes"):
    """A code that was sent. `state`: sent, verified, spent (wrong too often), replaced (by a later one)."""

    client_id = BigInt()
    phone = Text()
    hash = Bytea(null=True)
    state = Text()
    tries = Integer()
    created_at = Timestamptz()
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True)
    asked_by = Text()
    address = Text()


class TooSoon(TooManyAttempts):
    """The last code was sent a moment ago."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.message = ngettext(
            "Another code can be sent in one second.",
            "Another code can be sent in %(count)s seconds.",
            retry_after,
        ) % {"count": retry_after}


class EnoughToday(TooManyAttempts):
    """All codes that a day may have were sent: to the number, of the client, from the address, or in all."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.message = _("These were too many codes for one day. Try again tomorrow, or ask us.")


async def send(client_id: int, number: str, *, by: Actor) -> None:
    """Send a code to this number; codes that were sent before are not good any more.

    `Invalid` under "phone" for a number that takes none, `TooSoon` or `EnoughToday` when there were enough,
    `Conflict` where nothing sends SMS. Asks for no right: its callers have.
    """
    client = await _locked(client_id)
    settings = await phone_settings.in_force()
    checks = Checks()
    phone = phone_numbers.checked(
        checks, "phone", number, country=client["country"], allowed=settings["countries"]
    )
    checks.done()
    if not await phone_channel.is_there(by=by):
        raise Conflict(_("No SMS can be sent at the moment. Please ask us."))
    await _count(client_id, phone, settings, by=by)
    code = "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
    await _keep(client, phone, code, settings, by=by)
    await notifications.notify(
        phone_kinds.CODE,
        to=Recipient(phone=phone, name=client["name"], locale=client["language"], person_id=by.person_id),
        data={"code": code, "minutes": settings["minutes"]},
        client_id=client_id,
        project_id=client["project_id"],
        about=("client", client_id),
        by=by,
    )
    await _tell("phone:code_sent", client, phone, by=by)


async def confirm(client_id: int, code: str, *, by: Actor) -> str:
    """Try a code; returns the number that it proved, which stands on the client from now on.

    `Invalid` under "code" for a wrong one, which counts, and when there is none to be tried any more.
    """
    client = await _locked(client_id)
    settings = await phone_settings.in_force()
    now, row = clock.now(), await latest(client_id)
    typed = "".join(code.split())
    if row is None or (trouble := _trouble(row, settings, now)):
        raise Invalid({"code": trouble if row else _("Please ask for a code first.")})
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdecimal()):
        raise Invalid({"code": _("A code has six digits.")})
    if not hmac.compare_digest(_hash(row["id"], row["phone"], typed, by=by), row["hash"]):
        await _wrong(client, row, settings, now, by=by)
    await db.execute(
        "UPDATE phone_codes SET state = 'verified', hash = NULL, ended_at = $2 WHERE id = $1", row["id"], now
    )
    await db.execute(
        "UPDATE clients SET phone_verified = $2, phone_verified_at = $3 WHERE id = $1",
        client_id,
        row["phone"],
        now,
    )
    await db.execute(
        "UPDATE phone_decisions SET ended_at = $2 WHERE client_id = $1 AND kind = 'asked' AND ended_at IS NULL",
        client_id,
        now,
    )
    await _tell("phone:verified", client, row["phone"], by=by)
    return str(row["phone"])


async def latest(client_id: int) -> Record | None:
    """The code of a client that waits, else the last one that was sent, whatever became of it.

    They are not the same once another client was merged into this one, for its codes come along, ended.
    """
    return await db.row(
        """SELECT * FROM phone_codes WHERE client_id = $1
            ORDER BY state = 'sent' DESC, created_at DESC, id DESC LIMIT 1""",
        client_id,
    )


def is_open(row: Mapping[str, Any] | None, now: datetime) -> bool:
    """Whether this code can still be tried."""
    return row is not None and row["state"] == "sent" and now < row["expires_at"]


async def sending(row: Mapping[str, Any]) -> Sending:
    """How far the SMS with this code is. Asks for no right."""
    state = await db.value(
        """SELECT d.state FROM deliveries d JOIN notifications n ON n.id = d.notification_id
            WHERE n.client_id = $1 AND n.kind = $2 AND n.created_at >= $3 AND d.medium = 'sms'
            ORDER BY d.created_at DESC, d.id DESC LIMIT 1""",
        row["client_id"],
        phone_kinds.CODE.key,
        row["created_at"],
    )
    known: Mapping[str, Sending] = {"sent": "sent", "retrying": "retrying", "dead": "failed", "skipped": "failed"}
    return known.get(state, "waiting")


@notification_ends.good_while(phone_kinds.CODE)
async def is_worth_sending(notification_id: int) -> bool:
    """Whether the code in this notification can still be tried: no other one came after it, and it is not over."""
    return bool(
        await db.value(
            """SELECT EXISTS (SELECT FROM phone_codes c JOIN notifications n ON n.client_id = c.client_id
                 WHERE n.id = $1 AND c.state = 'sent' AND c.expires_at > $2 AND c.created_at <= n.created_at)""",
            notification_id,
            clock.now(),
        )
    )


async def purge(now: datetime) -> None:
    """Forget the codes of long ago. What was proved stands on the client."""
    await db.execute("DELETE FROM phone_codes WHERE created_at <= $1", now - KEPT)


async def _locked(client_id: int) -> Record:
    client = await db.row("SELECT * FROM clients WHERE id = $1 FOR NO KEY UPDATE", client_id)
    if client is None:
        raise NotFound()
    clients.require_open(client, ["phone_verified"])
    return client


async def _count(client_id: int, phone: str, settings: Mapping[str, Any], *, by: Actor) -> None:
    """Count this code everywhere it counts, in an order that is the same for all; nowhere when it is too much."""
    number, wait = throttle.account(phone), timedelta(seconds=settings["wait_seconds"])
    waits = [Limit(f"phone-wait-client:{client_id}", 1, wait), Limit(f"phone-wait-number:{number}", 1, wait)]
    days = [
        Limit(f"phone-day-client:{client_id}", settings["per_client"], phone_settings.DAY),
        Limit(f"phone-day-number:{number}", settings["per_number"], phone_settings.DAY),
        Limit("phone-day-provider", settings["per_day"], phone_settings.DAY),
    ]
    if by.address and by.kind == "user":
        network = throttle.network(by.address)
        days.append(Limit(f"phone-day-network:{network}", settings["per_network"], phone_settings.DAY))
    try:
        await throttle.count(*waits)
    except TooManyAttempts as full:
        raise TooSoon(full.retry_after) from full
    try:
        await throttle.count(*days)
    except TooManyAttempts as full:
        await throttle.take_back(*waits)
        raise EnoughToday(full.retry_after) from full


async def _keep(client: Record, phone: str, code: str, settings: Mapping[str, Any], *, by: Actor) -> None:
    now = clock.now()
    await db.execute(
        """UPDATE phone_codes SET state = 'replaced', hash = NULL, ended_at = $2
            WHERE client_id = $1 AND state = 'sent'""",
        client["id"],
        now,
    )
    code_id = await db.value("SELECT new_id()")
    await db.execute(
        """INSERT INTO phone_codes (id, client_id, phone, hash, created_at, expires_at, asked_by, address)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
        code_id,
        client["id"],
        phone,
        _hash(code_id, phone, code, by=by),
        now,
        now + timedelta(minutes=settings["minutes"]),
        by.name,
        by.address,
    )


def _hash(code_id: int, phone: str, code: str, *, by: Actor) -> bytes:
    return sealing.proof(f"{by.tenant.id}:{code_id}:{phone}:{code}", purpose="phone code")


def _trouble(row: Record, settings: Mapping[str, Any], now: datetime) -> str:
    """Why the last code cannot be tried."""
    if row["state"] == "verified":
        return _("This code was used already.")
    if row["state"] == "spent" or row["tries"] >= settings["tries"]:
        return _("This code was wrong too often. Please ask for another one.")
    if not is_open(row, now):
        return _("This code is too old. Please ask for another one.")
    return ""


async def _wrong(client: Record, row: Record, settings: Mapping[str, Any], now: datetime, *, by: Actor) -> None:
    """Count a wrong try, for good; raises `Invalid`."""
    left = settings["tries"] - row["tries"] - 1
    await db.execute("UPDATE phone_codes SET tries = tries + 1 WHERE id = $1", row["id"])
    if left <= 0:
        await db.execute(
            "UPDATE phone_codes SET state = 'spent', hash = NULL, ended_at = $2 WHERE id = $1", row["id"], now
        )
    await _tell("phone:code_wrong", client, row["phone"], by=by)
    await db.scope().keep()
    if left <= 0:
        raise Invalid({"code": _("This code was wrong too often. Please ask for another one.")})
    raise Invalid({"code": _("This is not the code. Tries left: %(left)s.") % {"left": left}})


async def _tell(action: str, client: Record, phone: str, *, by: Actor) -> None:
    told = {"phone": phone_numbers.masked(phone)}
    await audit.record(
        action, "client", client["id"], by=by, name=client["name"], client_id=client["id"], new=told
    )
