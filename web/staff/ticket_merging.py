"""Merging a ticket into another one of its client, and splitting one in two."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import ticket_merging, ticket_messages, tickets
from web.kit import forms, ticket_pages
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.tickets import HERE, show_page

CHANGES = requires(Permission.TICKET_UPDATE)


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """The id of the ticket in which this one goes on."""

    into: int


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """What the new ticket is about, and the messages that go on there."""

    subject: str = ""
    messages: tuple[int, ...] = ()


@get("/tickets/{ticket_id:int}/merge", **CHANGES)
async def ask_merge(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[str]:
    """Ask into which one, with the client's other tickets."""
    return await _merge_page(request, ticket_id, Form({}), by=by)


@post("/tickets/{ticket_id:int}/merge", status_code=200, **CHANGES)
async def merge(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Merge them, and show the one that stays."""
    form = await forms.read(request)
    try:
        stays = await ticket_merging.merge(ticket_id, form.into(Merge).into, by=by)
    except Invalid as refusal:
        return await _merge_page(request, ticket_id, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await show_page(request, ticket_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{stays['id']}", toast=_("The tickets were merged."))


@get("/tickets/{ticket_id:int}/split", **CHANGES)
async def ask_split(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[str]:
    """Ask which messages go on in a ticket of their own."""
    return await _split_page(request, ticket_id, Form({}), by=by)


@post("/tickets/{ticket_id:int}/split", status_code=200, **CHANGES)
async def split(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Split it, and show the new one."""
    form = edits.listed(await forms.read(request), "messages")
    try:
        wanted = form.into(Split)
        made = await ticket_merging.split(ticket_id, wanted.messages, wanted.subject, by=by)
    except Invalid as refusal:
        return await _split_page(request, ticket_id, form.refused(refusal), by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The ticket was split."))


async def _merge_page(
    request: AnyRequest, ticket_id: int, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    ticket = await tickets.get(ticket_id, by=by)
    others = [
        (row["id"], tickets.title(row))
        for row in await tickets.of_client(ticket["client_id"], by=by)
        if row["id"] != ticket_id and row["merged_into_id"] is None
    ]
    return page(request, "staff/tickets/merge.html", status=status, ticket=ticket, others=others, form=form)


async def _split_page(
    request: AnyRequest, ticket_id: int, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    ticket = await tickets.get(ticket_id, by=by)
    said = await ticket_pages.messages(await ticket_messages.of_ticket(ticket_id, by=by))
    chosen = set(form.all("messages"))
    return page(
        request, "staff/tickets/split.html", status=status, ticket=ticket, messages=said, chosen=chosen, form=form
    )


ROUTES = [ask_merge, merge, ask_split, split]
