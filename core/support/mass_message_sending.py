"""Sending a message to clients: now or at a time, stopping it for a while or for good, and a test to oneself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core import audit, clock, db, notifications, policies, tasks
from core.accounts import client_choice
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.notifications import Recipient
from core.permissions import Permission
from core.support import mass_message_categories, mass_message_delivery, mass_message_recipients, mass_messages

FURTHEST = timedelta(days=366)


async def send(message_id: int, *, version: int, at: datetime | None = None, by: Actor) -> int:
    """Send a draft, now or at a moment to come; returns the id of the task. It then changes no more.

    `Invalid` when it lacks a category or a text, or would reach nobody; `EditConflict` when it was changed since
    it was looked at.
    """
    policies.require(by, Permission.MESSAGE_SEND)
    message = await mass_messages.locked_draft(message_id, by=by)
    if message["version"] != version:
        raise EditConflict(mass_messages.shown(message))
    now = clock.now()
    await _check_ready(message, at, now, by=by)
    total = await client_choice.count(mass_messages.choice_of(message), by=by)
    title = _("Message: %(subject)s") % {"subject": message["subject"]}
    task_id = await tasks.start(
        mass_message_delivery.KIND, title, total=total, payload={"message": message_id}, at=at, by=by
    )
    await db.execute(
        "UPDATE mass_messages SET state = 'started', started_at = $2, send_at = $3, task_id = $4 WHERE id = $1",
        message_id,
        now,
        at,
        task_id,
    )
    told = {"total": total, "send_at": at.isoformat() if at else None}
    await audit.record("message:sent", "message", message_id, by=by, name=message["subject"], new=told)
    return task_id


async def pause(message_id: int, *, by: Actor) -> None:
    """Stop it after what it is at; it can go on."""
    message = await _started(message_id, by=by)
    await tasks.cancel(message["task_id"], by=by)


async def resume(message_id: int, *, by: Actor) -> None:
    """Let it go on where it stopped."""
    message = await _started(message_id, by=by)
    await tasks.resume(message["task_id"], by=by)


async def withdraw(message_id: int, *, by: Actor) -> None:
    """Stop it for good; whoever has it keeps it. `Conflict` when everybody has it."""
    message = await _started(message_id, by=by)
    if message["task_state"] in ("done", None):
        raise Conflict(_("This message was sent to everybody already."))
    await db.execute("UPDATE mass_messages SET state = 'withdrawn' WHERE id = $1", message_id)
    await audit.record("message:withdrawn", "message", message_id, by=by, name=message["subject"])
    if message["task_state"] in ("waiting", "running") and not message["is_cancel_asked"]:
        await tasks.cancel(message["task_id"], by=by)


async def test(message_id: int, code: int, *, by: Actor) -> str:
    """Send a draft to oneself as the client with this code would get it; returns the address."""
    policies.require(by, Permission.MESSAGE_SEND)
    message = await mass_messages.get(message_id, by=by)
    person = await db.row("SELECT email, name FROM people WHERE id = $1", by.person_id)
    if person is None:
        raise Conflict(_("A program has no address of its own: preview it instead."))
    seen = await mass_message_recipients.seen_by(message, code, by=by)
    if seen.trouble or not seen.subject:
        raise Invalid({"client": seen.trouble or _("There is no text yet.")})
    data = {
        "subject": seen.subject,
        "text_markdown": seen.text,
        "number": "0",
        "link": mass_message_delivery.portal_of(by) + "/tickets",
    }
    to = Recipient(
        address=person["email"], name=person["name"], locale=seen.language or by.locale, person_id=by.person_id
    )
    await notifications.notify(
        mass_message_delivery.MESSAGE, to=to, data=data, about=("message", message_id), by=by
    )
    await audit.record("message:tested", "message", message_id, by=by, name=message["subject"] or "")
    return str(person["email"])


async def _check_ready(message: Mapping[str, Any], at: datetime | None, now: datetime, *, by: Actor) -> None:
    errors = {}
    if message["category_id"] is None:
        errors["category"] = _("Please choose one.")
    elif message["category_id"] not in dict(await mass_message_categories.offered(by=by)):
        errors["category"] = _("This is not one of the choices.")
    if not message["texts"]:
        errors[""] = _("There is no text yet.")
    if at is not None and not now < at < now + FURTHEST:
        errors["at"] = _("Choose a moment to come, within a year.")
    if errors:
        raise Invalid(errors)
    if not (await mass_message_recipients.count(message, by=by)).reached:
        raise Invalid({"": _("Nobody would get this message.")})


async def _started(message_id: int, *, by: Actor) -> dict[str, Any]:
    policies.require(by, Permission.MESSAGE_SEND)
    await db.execute("SELECT FROM mass_messages WHERE id = $1 FOR NO KEY UPDATE", message_id)
    message = await mass_messages.get(message_id, by=by)
    if message["state"] != "started":
        raise Conflict(_("This message is not being sent."))
    return message
