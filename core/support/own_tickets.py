"""A client's tickets in the hands of its own users: reading, opening, answering, closing, and going on.

Notes of the staff are not there, nor who of them wrote or has the ticket: the provider speaks under its own name.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import Record

from core import db, keyset
from core.accounts import clients, memberships, throttle
from core.accounts.rights import Right
from core.accounts.throttle import Limit
from core.actor import Actor, ClientSeat
from core.checks import Checks
from core.errors import NotFound
from core.filters import Conditions
from core.i18n import _
from core.keyset import Page
from core.support import (
    ticket_categories,
    ticket_changes,
    ticket_links,
    ticket_messages,
    ticket_opening,
    ticket_prices,
    tickets,
)
from core.support.ticket_links import Offered
from core.support.ticket_messages import LONGEST
from core.support.ticket_opening import Opening
from core.support.ticket_prices import Quoted
from core.support.tickets import LONGEST_SUBJECT

MOST_MESSAGES, WINDOW = 60, timedelta(hours=1)
"""Tickets and replies of one client."""


class OwnTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket to be opened. A category is asked for where the provider has some for this client."""

    subject: str
    text: str
    category_id: int | None = None
    service_id: int | None = None
    invoice_id: int | None = None


async def page(*, after: str = "", before: str = "", by: Actor) -> Page:
    """The tickets of the client that the user acts for, the latest first."""
    seat = memberships.require(by, Right.TICKETS_READ)
    bound = Conditions()
    bound.add(f"t.client_id = {seat.id:d}")
    return await keyset.page(tickets.WITH_NAMES, "t", bound, after=after, before=before, moment="changed_at")


async def get(ticket_id: int, *, by: Actor) -> Record:
    """One of them; `NotFound` for anybody else's."""
    return await _own(ticket_id, memberships.require(by, Right.TICKETS_READ))


async def messages(ticket_id: int, *, by: Actor) -> list[Record]:
    """What was said in it, without the notes of the staff, the first message first."""
    await get(ticket_id, by=by)
    return await ticket_messages.listed(ticket_id, with_notes=False)


async def categories(*, by: Actor) -> list[Record]:
    """What the user can choose from when he opens a ticket."""
    seat = memberships.require(by, Right.TICKETS_WRITE)
    return await ticket_categories.for_client(seat.id, by=by)


async def links(*, by: Actor) -> tuple[Offered, Offered]:
    """The services and the documents that a ticket can be about, as far as the user may see them."""
    seat = memberships.require(by, Right.TICKETS_WRITE)
    return await ticket_links.offered(seat.id, by=by)


async def prices(*, by: Actor) -> dict[int, Quoted]:
    """What a ticket costs the client now, by category; none for those that cost nothing."""
    seat = memberships.require(by, Right.TICKETS_WRITE)
    found: dict[int, Quoted] = {}
    for row in await ticket_categories.for_client(seat.id, by=by):
        if (price := await ticket_prices.quoted(row, seat.id, row["project_id"], by=by)) is not None:
            found[row["id"]] = price
    return found


async def price_of_reply(ticket: Mapping[str, Any], *, by: Actor) -> Quoted | None:
    """What one more message in a ticket costs; None when nothing."""
    if ticket["category_id"] is None:
        return None
    category = await ticket_categories.find(ticket["category_id"])
    price = await ticket_prices.quoted(category, ticket["client_id"], category["project_id"], by=by)
    return price if price is not None and price.per == "message" else None


async def open_ticket(new: OwnTicket, *, agreed: int | None = None, key: str = "", by: Actor) -> Record:
    """Open a ticket; returns it. `key` makes it one, however often it is sent.

    What costs something wants the gross price that the user saw as `agreed`, in minor units.
    `Conflict` when the account may not owe that much.
    """
    seat = memberships.require(by, Right.TICKETS_WRITE)
    opening = await _checked(new, await _client(seat), key=key, by=by)
    if (before := await db.value("SELECT id FROM tickets WHERE key = $1", opening.key)) is not None:
        return await get(before, by=by)
    price = (await prices(by=by)).get(opening.category_id or 0)
    ticket_prices.require_agreed(price, agreed)
    await _count(seat)
    ticket = await ticket_opening.open_one(opening, by=by)
    if price is not None:
        (message, *_more) = await ticket_messages.listed(ticket["id"])
        await ticket_prices.charge(ticket, message["id"], price, by=by)
    return ticket


async def reply(ticket_id: int, text: str, *, agreed: int | None = None, key: str = "", by: Actor) -> Record:
    """Say something in it; returns the message. It waits for the provider then, and a closed one is open again.

    A message that costs something wants the price as `agreed`, like a ticket.
    """
    seat = memberships.require(by, Right.TICKETS_WRITE)
    kept = ticket_messages.checked(text)
    ticket = await _locked(ticket_id, seat)
    if (before := await ticket_messages.said(key)) is not None:
        return before
    price = await price_of_reply(ticket, by=by)
    ticket_prices.require_agreed(price, agreed)
    await _count(seat)
    made = await ticket_messages.say(ticket, kept, key=key, side="client", by=by)
    if price is not None:
        await ticket_prices.charge(ticket, made["id"], price, by=by)
    return made


async def close(ticket_id: int, *, by: Actor) -> Record:
    """Say that it is done."""
    return await ticket_changes.end(await _locked(ticket_id, memberships.require(by, Right.TICKETS_WRITE)), by=by)


async def reopen(ticket_id: int, *, by: Actor) -> Record:
    """Go on with it: it waits for the provider."""
    ticket = await _locked(ticket_id, memberships.require(by, Right.TICKETS_WRITE))
    return await ticket_changes.begin_anew(ticket, "waiting_staff", by=by)


async def _own(ticket_id: int, seat: ClientSeat) -> Record:
    found = await tickets.find(ticket_id)
    if found["client_id"] != seat.id:
        raise NotFound()
    return found


async def _locked(ticket_id: int, seat: ClientSeat) -> Record:
    await _own(ticket_id, seat)
    return await tickets.lock(ticket_id)


async def _client(seat: ClientSeat) -> Record:
    found = await db.row("SELECT * FROM clients WHERE id = $1 FOR KEY SHARE", seat.id)
    if found is None:
        raise NotFound()
    clients.require_open(found, ["ticket"])
    return found


async def _count(seat: ClientSeat) -> None:
    await throttle.count(Limit(f"ticket {seat.id}", MOST_MESSAGES, WINDOW))


async def _checked(new: OwnTicket, client: Mapping[str, Any], *, key: str, by: Actor) -> Opening:
    checks = Checks()
    subject = checks.text("subject", new.subject, longest=LONGEST_SUBJECT)
    text = checks.text("text", new.text, longest=LONGEST, lines=True)
    offered = {row["id"]: row for row in await ticket_categories.for_client(client["id"], by=by)}
    category = offered.get(new.category_id or 0)
    if category is None and (offered or new.category_id is not None):
        checks.error("category_id", _("Please choose one."))
    services, invoices = await links(by=by)
    for field, known in (("service_id", services), ("invoice_id", invoices)):
        if (wanted := getattr(new, field)) is not None and wanted not in dict(known):
            checks.error(field, _("This is not one of the choices."))
    project_id = await ticket_opening.project_of(checks, client, category, new.service_id, new.invoice_id, by=by)
    checks.done()
    return Opening(
        key=key or uuid4().hex,
        client_id=client["id"],
        project_id=project_id,
        subject=subject,
        text=text,
        language=by.locale,
        side="client",
        state="new",
        category_id=new.category_id,
        department_id=category["department_id"] if category else None,
        service_id=new.service_id,
        invoice_id=new.invoice_id,
    )
