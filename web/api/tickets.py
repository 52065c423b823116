"""Tickets over JSON: of all clients, opening, answering, notes, deciding, closing, and watching."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from core import keyset
from core.accounts import clients
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import (
    attachment_settings,
    attachments,
    ticket_changes,
    ticket_list,
    ticket_merging,
    ticket_messages,
    ticket_opening,
    tickets,
)
from core.support.attachments import Attached
from core.support.ticket_changes import TicketChanges
from core.support.ticket_list import TicketFilter
from core.support.ticket_messages import Origin, Reply, Side
from core.support.ticket_opening import NewTicket
from core.support.ticket_statuses import State
from core.support.tickets import Priority
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit import downloads
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
MOST_BYTES = attachment_settings.MOST_BYTES * 3 // 2
"""Of a message with its files in Base64."""


class Ticket(msgspec.Struct, kw_only=True):
    """A ticket of the client with the code `client`. `waiting_since`: from when on the client waits for an answer.
    One that was merged is closed, and goes on in `merged_into_id`."""

    id: int
    number: int
    client: int
    project_id: int
    category_id: int | None
    department_id: int | None
    subject: str
    state: State
    status_id: int | None
    priority: Priority
    language: str
    assignee_id: int | None
    assignee: str | None
    returns_to_staff_id: int | None
    service_id: int | None
    invoice_id: int | None
    opened_side: Side
    opened_by: str
    created_at: Moment
    changed_at: Moment
    waiting_since: Moment | None
    first_answered_at: Moment | None
    closed_at: Moment | None
    merged_into_id: int | None
    version: int


class TicketFile(msgspec.Struct, kw_only=True):
    """A file that came with a message; its content is at /ticket-files/{id}."""

    id: int
    name: str
    kind: str
    size: int


class Message(msgspec.Struct, kw_only=True):
    """Something that was said, in Markdown. A note is for the staff only."""

    id: int
    side: Side
    is_note: bool
    origin: Origin
    author_name: str
    text: str
    created_at: Moment
    files: list[TicketFile]


class Watcher(msgspec.Struct, kw_only=True):
    """Who of the staff hears of it."""

    staff_id: int
    name: str


class WholeTicket(Ticket, kw_only=True):
    """A ticket with what was said in it and who watches it."""

    messages: list[Message]
    watchers: list[Watcher]


class TicketPage(msgspec.Struct, kw_only=True):
    """A page of tickets, the latest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Ticket]
    next: str | None
    previous: str | None


class TicketQuery(TicketFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Tickets on a page")] = keyset.PAGE


class TicketEdit(TicketChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class Opened(NewTicket, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket for a client, who reads `text` and can reply. Files are in Base64."""

    files: tuple[Attached, ...] = ()


class NewMessage(Reply, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer to the client, or a note for the staff, with which `state` says nothing. Files are in Base64."""

    is_note: bool = False
    files: tuple[Attached, ...] = ()


class Merging(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The id of the ticket that stays, of the same client."""

    into: int


class Splitting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The subject of the new ticket, and the ids of the messages and notes that go there."""

    subject: str
    messages: list[int]


@get("/v1/tickets", **asks(Permission.TICKET_READ, query=TicketQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[TicketQuery]) -> Response[TicketPage]:
    """List tickets of all clients, the latest first; in the queue `waiting` first who waits longest."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await ticket_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = TicketPage(items=[_one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post(
    "/v1/clients/{code:int}/tickets",
    request_max_body_size=MOST_BYTES,
    **asks(Permission.TICKET_CREATE, body=Opened),
)
async def create(by: By, code: FromPath[int], sent: NamedDependency[Opened]) -> Response[WholeTicket]:
    """Open a ticket for a client, who can read it at once."""
    client = await clients.get(code, by=by)
    files = await attachments.checked(sent.files, by=by)
    made = await ticket_opening.open_ticket(client["id"], part(NewTicket, sent), origin="api", by=by)
    await attachments.keep_first(made["id"], files)
    return answers.created(await _whole(made["id"], by=by), f"/tickets/{made['id']}")


@get("/v1/tickets/{ticket_id:int}", **asks(Permission.TICKET_READ))
async def show(by: By, ticket_id: FromPath[int]) -> WholeTicket:
    """Get one ticket with its messages and notes."""
    return await _whole(ticket_id, by=by)


@patch("/v1/tickets/{ticket_id:int}", **asks(Permission.TICKET_UPDATE, body=TicketEdit))
async def update(by: By, ticket_id: FromPath[int], sent: NamedDependency[TicketEdit]) -> WholeTicket:
    """Decide about a ticket; 409 when somebody else did since `version` was read."""
    changes = part(TicketChanges, sent)
    await ticket_changes.update(ticket_id, changes, version=sent.version, by=by)
    return await _whole(ticket_id, by=by)


@post(
    "/v1/tickets/{ticket_id:int}/messages",
    request_max_body_size=MOST_BYTES,
    **asks(Permission.TICKET_ANSWER, body=NewMessage),
)
async def say(by: By, ticket_id: FromPath[int], sent: NamedDependency[NewMessage]) -> Response[Message]:
    """Answer the client, or write a note."""
    files = await attachments.checked(sent.files, by=by)
    if sent.is_note:
        made = await ticket_messages.note(ticket_id, sent.text, origin="api", by=by)
    else:
        answer = Reply(text=sent.text, state=sent.state)
        made = await ticket_messages.reply(ticket_id, answer, origin="api", by=by)
    await attachments.keep(made["id"], files)
    return answers.created((await _messages([made]))[0], f"/tickets/{ticket_id}")


@get("/v1/ticket-files/{attachment_id:int}", **asks(Permission.TICKET_READ))
async def download(by: By, attachment_id: FromPath[int]) -> Stream:
    """Get the content of a file that came with a message."""
    file = await attachments.content(attachment_id, by=by)
    return downloads.attachment(file["name"], file["content"])


@post("/v1/tickets/{ticket_id:int}/close", status_code=200, **asks(Permission.TICKET_ANSWER))
async def close(by: By, ticket_id: FromPath[int]) -> WholeTicket:
    """Say that it is done; 409 for one that is closed already."""
    await ticket_changes.close(ticket_id, by=by)
    return await _whole(ticket_id, by=by)


@post("/v1/tickets/{ticket_id:int}/reopen", status_code=200, **asks(Permission.TICKET_ANSWER))
async def reopen(by: By, ticket_id: FromPath[int]) -> WholeTicket:
    """Go on with a closed ticket; 409 for one that is open."""
    await ticket_changes.reopen(ticket_id, by=by)
    return await _whole(ticket_id, by=by)


@post("/v1/tickets/{ticket_id:int}/merge", status_code=200, **asks(Permission.TICKET_UPDATE, body=Merging))
async def merge(by: By, ticket_id: FromPath[int], sent: NamedDependency[Merging]) -> WholeTicket:
    """Let a ticket go on in another one of the same client; returns that one."""
    stays = await ticket_merging.merge(ticket_id, sent.into, by=by)
    return await _whole(stays["id"], by=by)


@post("/v1/tickets/{ticket_id:int}/split", **asks(Permission.TICKET_UPDATE, body=Splitting))
async def split(by: By, ticket_id: FromPath[int], sent: NamedDependency[Splitting]) -> Response[WholeTicket]:
    """Let some messages of a ticket go on as a ticket of their own."""
    made = await ticket_merging.split(ticket_id, sent.messages, sent.subject, by=by)
    return answers.created(await _whole(made["id"], by=by), f"/tickets/{made['id']}")


@put("/v1/tickets/{ticket_id:int}/watchers/{staff_id:int}", **asks(Permission.TICKET_UPDATE))
async def watch(by: By, ticket_id: FromPath[int], staff_id: FromPath[int]) -> WholeTicket:
    """Let somebody of the staff hear of a ticket."""
    await ticket_changes.watch(ticket_id, staff_id, by=by)
    return await _whole(ticket_id, by=by)


@delete("/v1/tickets/{ticket_id:int}/watchers/{staff_id:int}", **asks(Permission.TICKET_UPDATE))
async def unwatch(by: By, ticket_id: FromPath[int], staff_id: FromPath[int]) -> None:
    """Let him hear of it no more."""
    await ticket_changes.unwatch(ticket_id, staff_id, by=by)


def _one(row: Record, struct: Any = Ticket, **more: Any) -> Any:
    return answers.of(struct, row, client=row["client_code"], **more)


async def _messages(found: Sequence[Record]) -> list[Message]:
    """Messages with what came with them."""
    listed = await attachments.of_messages([row["id"] for row in found])
    return [
        answers.of(Message, row, files=[answers.of(TicketFile, one) for one in listed.get(row["id"], [])])
        for row in found
    ]


async def _whole(ticket_id: int, *, by: Actor) -> WholeTicket:
    row = await tickets.get(ticket_id, by=by)
    said = await _messages(await ticket_messages.of_ticket(ticket_id, by=by))
    watching = [answers.of(Watcher, one) for one in await tickets.watchers(ticket_id)]
    whole: WholeTicket = _one(row, WholeTicket, messages=said, watchers=watching)
    return whole


ROUTES = [index, create, show, update, say, download, close, reopen, merge, split, watch, unwatch]
