"""Mail that comes in: into the ticket it answers, into a new one, or into the list of what was refused.

An answer is known by the address it goes to (`incoming_addresses`), and is taken from who speaks for the ticket's
client only. What machines send is ignored, and the same mail twice is one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from asyncpg import Record
from piccolo.columns import BigInt, Text, Timestamptz

from core import clock, db, keyset, policies
from core.actor import Actor
from core.errors import Invalid, Refusal
from core.filters import Conditions
from core.i18n import N_, _
from core.keyset import Page
from core.permissions import Permission
from core.support import (
    attachment_settings,
    attachments,
    incoming_addresses,
    incoming_mail_settings,
    incoming_parsing,
    incoming_prices,
    incoming_senders,
    incoming_staff,
    incoming_text,
    ticket_messages,
    ticket_opening,
    tickets,
)
from core.support.attachments import Attached, Taken
from core.support.incoming_parsing import Parsed, Unreadable
from core.support.incoming_prices import Costs
from core.support.incoming_senders import Turned
from core.support.ticket_opening import Opening

KEPT = timedelta(days=90)
STATES = {
    "answered": N_("Added to a ticket"),
    "opened": N_("Opened a ticket"),
    "ignored": N_("Ignored"),
    "refused": N_("Refused"),
}
REASONS = {
    "auto": N_("It was sent by a machine."),
    "closed": N_("The client is closed."),
    "empty": N_("There is no text in it."),
    "large": N_("It is larger than is taken."),
    "limit": N_("Too many mails came from this client within an hour."),
    "no_sender": N_("It does not say who sent it."),
    "own": N_("It came from our own address."),
    "no_tickets": N_("Mail opens no tickets here."),
    "not_staff": N_("The sender is nobody of the staff who was written to at this address."),
    "not_sure": N_("It is not sure enough that this person sent it."),
    "priced": N_("It would cost something. The sender was told the price, and where to write instead."),
    "priced_often": N_("It would cost something. The client was told so often enough within the hour."),
    "staff_off": N_("Staff do not answer by mail here."),
    "stranger": N_("The sender does not speak for the client of this ticket."),
    "unknown": N_("Nobody here has this address."),
    "unreadable": N_("It could not be read."),
}
"""Why a mail was refused or ignored; other reasons are kept as they were said."""

log = structlog.get_logger(__name__)


class IncomingMail(db.Owned, tablename="incoming_mails"):
    """What became of a mail. Its text is in its ticket, and nowhere when it was refused."""

    key = Text()
    sender = Text()
    subject = Text()
    state = Text()
    reason = Text()
    ticket_id = BigInt(null=True)
    came_at = Timestamptz()


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mail went."""

    state: str
    ticket_id: int | None = None
    reason: str = ""


async def take(raw: bytes, *, is_cut: bool = False, by: Actor) -> Record | None:
    """Deal with one mail, in the scope's transaction; returns what became of it, None when it came before."""
    try:
        mail = incoming_parsing.parse(raw, is_cut=is_cut)
    except Unreadable as error:
        log.info("mail unreadable", tenant=by.tenant.id, reason=str(error))
        mail = incoming_parsing.unreadable(raw)
        return await _note(mail, Placed(state="refused", reason="unreadable"))
    if await db.value("SELECT EXISTS (SELECT FROM incoming_mails WHERE key = $1)", mail.key):
        return None
    try:
        placed = await _place(mail, is_cut=is_cut, by=by)
    except Costs as costs:
        is_told = await incoming_prices.tell(costs, mail, by=costs.speaker)
        placed = Placed(state=costs.state, reason=costs.reason if is_told else "priced_often")
    except Turned as turned:
        placed = Placed(state=turned.state, reason=turned.reason)
    except Invalid as refusal:
        placed = Placed(state="refused", reason=next(iter(refusal.errors.values()), refusal.message))
    except Refusal as refusal:
        placed = Placed(state="refused", reason=refusal.message)
    return await _note(mail, placed)


async def purge(now: datetime) -> None:
    """Forget what came long ago. For the schedule."""
    await db.execute("DELETE FROM incoming_mails WHERE came_at < $1", now - KEPT)


async def _place(mail: Parsed, *, is_cut: bool, by: Actor) -> Placed:
    """Where it goes. When it is refused all the same nothing is written, but it was counted."""
    settings = await incoming_mail_settings.in_force()
    _require_person(mail, settings, is_cut=is_cut)
    ticket_id = incoming_addresses.ticket_of(mail.recipients, settings["address"], tenant_id=by.tenant.id)
    text = incoming_text.said(mail.text)[: ticket_messages.LONGEST]
    if not text:
        raise Turned("empty")
    if ticket_id is not None:
        return await _answer(mail, text, ticket_id, by=by)
    of_staff = incoming_addresses.staff_ticket_of(mail.recipients, settings["address"])
    if of_staff is not None:
        return await _answer_of_staff(mail, text, of_staff, settings, by=by)
    return await _open(mail, text, settings, by=by)


def _require_person(mail: Parsed, settings: Mapping[str, Any], *, is_cut: bool) -> None:
    if mail.auto:
        raise Turned("auto", state="ignored")
    if not mail.sender:
        raise Turned("no_sender")
    if incoming_addresses.is_own(mail.sender, settings["address"]):
        raise Turned("own", state="ignored")
    if is_cut:
        raise Turned("large")


async def _answer(mail: Parsed, text: str, ticket_id: int, *, by: Actor) -> Placed:
    ticket = await tickets.find(ticket_id)
    ticket_id = ticket["merged_into_id"] or ticket_id
    speaker = await incoming_senders.of_client(mail.sender, ticket["client_id"], by=by)
    if speaker is None:
        raise Turned("stranger")
    if ticket["client_status"] == "closed":
        raise Turned("closed")
    await incoming_senders.count(ticket["client_id"])
    await incoming_prices.require_free_reply(mail, await tickets.find(ticket_id), by=speaker)
    taken, left_out = await _files(mail, by=by)
    async with db.savepoint():
        locked = await tickets.lock(ticket_id)
        said = await ticket_messages.say(
            locked, text, key=f"mail-{mail.key}", side="client", origin="mail", by=speaker
        )
        await attachments.keep(said["id"], taken)
    return Placed(state="answered", ticket_id=ticket_id, reason=left_out)


async def _answer_of_staff(
    mail: Parsed, text: str, ticket_id: int, settings: Mapping[str, Any], *, by: Actor
) -> Placed:
    speaker = await incoming_staff.require(mail, ticket_id, settings["address"], by=by)
    if not settings["staff_answers"]:
        raise Turned("staff_off")
    place = await incoming_staff.place_of(ticket_id, text, by=speaker)
    taken, left_out = await _files(mail, by=by)
    async with db.savepoint():
        message_id = await incoming_staff.answer(mail, text, place, by=speaker)
        await attachments.keep(message_id, taken)
    return Placed(state="answered", ticket_id=place, reason=left_out)


async def _open(mail: Parsed, text: str, settings: Mapping[str, Any], *, by: Actor) -> Placed:
    if not settings["opens_tickets"]:
        raise Turned("no_tickets")
    known = await incoming_senders.client_of(mail.sender, by=by)
    found = known or await incoming_senders.unknown(mail, settings["unknown_client_id"], by=by)
    if found is None:
        raise Turned("unknown")
    client, speaker = found
    if client["status"] == "closed":
        raise Turned("closed")
    await incoming_senders.count(client["id"])
    place = await _category(settings["category_id"], client)
    if known is not None:
        await incoming_prices.require_free(mail, place.get("category_id"), client, by=speaker)
    taken, left_out = await _files(mail, by=by)
    opening = Opening(
        key=f"mail-{mail.key}",
        client_id=client["id"],
        subject=mail.subject or mail.sender,
        text=text,
        language=client["language"],
        side="client",
        state="new",
        origin="mail",
        **place,
    )
    async with db.savepoint():
        (ticket_id,) = await ticket_opening.open_many([opening], by=speaker)
        await attachments.keep_first(ticket_id, taken)
        await ticket_opening.tell(ticket_id, by=speaker)
    return Placed(state="opened", ticket_id=ticket_id, reason=left_out)


async def _category(category_id: int | None, client: Mapping[str, Any]) -> dict[str, Any]:
    asked = "SELECT id, department_id, project_id FROM ticket_categories WHERE id = $1 AND is_on"
    category = await db.row(asked, category_id)
    if category is None:
        return {"project_id": client["project_id"]}
    project_id = category["project_id"] or client["project_id"]
    return {"category_id": category["id"], "department_id": category["department_id"], "project_id": project_id}


async def _files(mail: Parsed, *, by: Actor) -> tuple[list[Taken], str]:
    """The files that are taken, and why others are not: a logo below a signature does not stop a mail."""
    taken: list[Taken] = []
    left_out: list[str] = []
    most = (await attachment_settings.in_force())["most_files"]
    for name, content in mail.files:
        try:
            if len(taken) == most:
                raise Invalid({"files": _("At most %(count)s files, please.") % {"count": most}})
            taken += await attachments.checked([Attached(name=name, content=content)], by=by)
        except Invalid as refusal:
            left_out.append(refusal.errors["files"])
    return taken, " ".join(left_out)[:500]


async def _note(mail: Parsed, placed: Placed) -> Record | None:
    return await db.row(
        """INSERT INTO incoming_mails (key, sender, subject, state, reason, ticket_id, came_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant_id, key) DO NOTHING RETURNING *""",
        *(mail.key, mail.sender, mail.subject, placed.state, placed.reason, placed.ticket_id, clock.now()),
    )


async def page(*, state: str = "", after: str = "", before: str = "", size: int = keyset.PAGE, by: Actor) -> Page:
    """What came, the latest first; `state` is one of STATES, or "" for all. Each has the number of its ticket."""
    policies.require(by, Permission.TICKET_MANAGE)
    bound = Conditions()
    bound.equals("m.state", state, among=frozenset(STATES))
    read = "SELECT m.*, t.number FROM incoming_mails m LEFT JOIN tickets t ON t.id = m.ticket_id"
    bound.add("true")
    return await keyset.page(read, "m", bound, after=after, before=before, size=size, moment="came_at")
