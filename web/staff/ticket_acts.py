"""What staff do with a ticket: answering, writing a note, deciding where it belongs and stands, watching it."""

from collections.abc import Awaitable
from typing import Any, Literal

import msgspec
from litestar import Response, post
from litestar.params import FromPath

from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import attachments, ticket_changes, ticket_messages, ticket_statuses, ticket_writing, tickets
from core.support.ticket_changes import TicketChanges
from core.support.ticket_messages import Reply
from core.support.ticket_writing import Writing
from core.support.tickets import Priority
from web.kit import attaching, forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.money_forms import ONCE
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.autofill import FIELDS as AUTOFILL
from web.staff.tickets import HERE, show_page

ANYWAY = "anyway"
"""The field that sends an answer although somebody else is writing."""
NOT_SAID = edits.VERSION | AUTOFILL | {ONCE, ANYWAY, attaching.FIELD}
ANSWERS, CHANGES = requires(Permission.TICKET_ANSWER), requires(Permission.TICKET_UPDATE)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """An answer or, with the other button, a note; and where the ticket stands with it."""

    text: str
    state: Literal["waiting_client", "open", "closed"] = "waiting_client"
    act: Literal["reply", "note"] = "reply"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """All that the form of decisions asks; `standing` is a state, or a state and a status."""

    standing: str
    priority: Priority
    category_id: int | None = None
    department_id: int | None = None
    assignee_id: int | None = None
    service_id: int | None = None
    invoice_id: int | None = None


@post("/tickets/{ticket_id:int}/messages", status_code=200, request_max_body_size=attaching.MOST_BYTES, **ANSWERS)
async def say(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Answer the client, or write a note."""
    form = await forms.read(request)
    key = money_forms.key_of(form)
    try:
        said, files = form.into(Said, ignore=NOT_SAID), await attaching.taken(request, by=by)
        if said.act == "note":
            made = await ticket_messages.note(ticket_id, said.text, key=key, by=by)
            await attachments.keep(made["id"], files)
            return redirect(
                request, f"{HERE}/{ticket_id}", toast=_("The note was kept. The client does not see it.")
            )
        if not form.get(ANYWAY):
            await ticket_writing.require_alone(ticket_id, by=by)
        answer, version = Reply(text=said.text, state=said.state), edits.version_of(form)
        made = await ticket_messages.reply(ticket_id, answer, key=key, version=version, by=by)
        await attachments.keep(made["id"], files)
    except Invalid as refusal:
        return await show_page(request, ticket_id, by=by, form=form.refused(refusal), status=422)
    except Writing as conflict:
        refused = Form(form.values, {"": conflict.message})
        return await show_page(request, ticket_id, by=by, form=refused, anyway=True, status=409)
    except EditConflict as conflict:
        told = _("Somebody else wrote or decided something meanwhile. Read it, then send your answer again.")
        again = Form(form.values | {"version": conflict.current["version"]}, {"text": told})
        return await show_page(request, ticket_id, by=by, form=again, status=409)
    return redirect(request, f"{HERE}/{ticket_id}", toast=_("The answer was sent."))


@post("/tickets/{ticket_id:int}", status_code=200, **CHANGES)
async def update(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Decide about it."""
    ticket = await tickets.get(ticket_id, by=by)
    form = await forms.read(request)
    try:
        await ticket_changes.update(ticket_id, _changes(form, ticket), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await show_page(request, ticket_id, by=by, change=form.refused(refusal), status=422)
    except EditConflict:
        told = _("Somebody else wrote or decided something meanwhile. Here is how it stands now.")
        return await show_page(request, ticket_id, by=by, refused=told, status=409)
    return redirect(request, f"{HERE}/{ticket_id}", toast=_("The ticket was saved."))


@post("/tickets/{ticket_id:int}/take", status_code=200, **ANSWERS)
async def take(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Make it one's own."""
    return await _do(request, ticket_id, ticket_changes.assign(ticket_id, by.staff_id, by=by), by=by,
                     toast=_("The ticket is yours."))  # fmt: skip


@post("/tickets/{ticket_id:int}/close", status_code=200, **ANSWERS)
async def close(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Say that it is done."""
    done = ticket_changes.close(ticket_id, by=by)
    return await _do(request, ticket_id, done, by=by, toast=_("The ticket was closed."))


@post("/tickets/{ticket_id:int}/reopen", status_code=200, **ANSWERS)
async def reopen(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Go on with it."""
    done = ticket_changes.reopen(ticket_id, by=by)
    return await _do(request, ticket_id, done, by=by, toast=_("The ticket is open again."))


@post("/tickets/{ticket_id:int}/watch", status_code=200, **requires(Permission.TICKET_READ))
async def watch(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Hear of it from now on."""
    done = ticket_changes.watch(ticket_id, by=by)
    return await _do(request, ticket_id, done, by=by, toast=_("You watch this ticket now."))


@post("/tickets/{ticket_id:int}/unwatch", status_code=200, **requires(Permission.TICKET_READ))
async def unwatch(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Hear of it no more."""
    done = ticket_changes.unwatch(ticket_id, by=by)
    return await _do(request, ticket_id, done, by=by, toast=_("You do not watch this ticket any more."))


async def _do(
    request: AnyRequest, ticket_id: int, done: Awaitable[Any], *, toast: str, by: Actor
) -> Response[Any]:
    try:
        await done
    except Conflict as conflict:
        return await show_page(request, ticket_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{ticket_id}", toast=toast)


def _changes(form: Form, ticket: Any) -> TicketChanges:
    """What the form decides. A category that changes brings its department, unless that was changed too."""
    decided = form.into(Decided, ignore=edits.VERSION)
    values = {name: getattr(decided, name) for name in Decided.__struct_fields__ if name != "standing"}
    if (
        decided.category_id not in (None, ticket["category_id"])
        and decided.department_id == ticket["department_id"]
    ):
        del values["department_id"]
    state, _colon, status = decided.standing.partition(":")
    if state not in ticket_statuses.STATES or (status and not (status.isascii() and status.isdecimal())):
        raise Invalid({"standing": _("This is not one of the choices.")})
    standing = {"status_id": int(status)} if status else {"state": state}
    return msgspec.convert(values | standing, TicketChanges)


ROUTES = [say, update, take, close, reopen, watch, unwatch]
