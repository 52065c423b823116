"""Statuses of tickets: what the product has, and the provider's own names for them; what clients read."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import ticket_statuses
from core.support.ticket_statuses import SHOWN, STATES, StatusValues
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.moves import Move

HERE = "/staff/ticket-statuses"
MANAGE = requires(Permission.TICKET_MANAGE)


@get("/ticket-statuses", **MANAGE)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The usual ones, and those of the provider's own in its order."""
    own = [
        (row, ticket_statuses.in_words(row, "name"), ticket_statuses.in_words(row, "shown"))
        for row in await ticket_statuses.every(by=by)
    ]
    usual = [(_(label), _(SHOWN[key])) for key, label in STATES.items()]
    names = {key: _(label) for key, label in STATES.items()}
    return page(request, "staff/ticket_statuses/index.html", own=own, usual=usual, names=names)


@get("/ticket-statuses/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return _form(request, Form({"state": "open"}))


@post("/ticket-statuses", status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end."""
    form = await forms.read(request)
    try:
        await ticket_statuses.create(form.into(StatusValues), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    except Conflict as conflict:
        return _form(request, Form(form.values, {"": conflict.message}), status=409)
    return redirect(request, HERE, toast=_("The status was added."))


@get("/ticket-statuses/{status_id:int}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, status_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    kept = await ticket_statuses.get(status_id, by=by)
    return _form(request, Form(dict(kept)), kept=kept)


@post("/ticket-statuses/{status_id:int}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, status_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    kept = await ticket_statuses.get(status_id, by=by)
    form = edits.settled(await forms.read(request), kept)
    try:
        values = form.into(StatusValues, ignore=edits.VERSION)
        await ticket_statuses.update(status_id, values, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), kept=kept, status=422)
    except EditConflict as refusal:
        labels = {"name_en": _("Name in English"), "name_fr": _("Name in French")}
        return _form(request, form, kept=kept, conflict=edits.conflict(form, refusal.current, labels), status=409)
    except Conflict as conflict:
        return _form(request, Form(form.values, {"state": conflict.message}), kept=kept, status=409)
    return redirect(request, HERE, toast=_("The status was saved."))


@post("/ticket-statuses/{status_id:int}/move", **MANAGE)
async def move(request: AnyRequest, by: By, status_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await ticket_statuses.move(status_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#status-{status_id}")


@get("/ticket-statuses/{status_id:int}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, status_id: FromPath[int]) -> Response[str]:
    """Ask before it goes."""
    kept = await ticket_statuses.get(status_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Remove the status “%(name)s”?") % {"name": ticket_statuses.in_words(kept, "name")},
        text=_("Tickets that have it are called after their state again."),
        refused="",
        action=f"{HERE}/{status_id}/delete",
        ok=_("Remove the status"),
        back=HERE,
        crumbs=[(_("Statuses"), HERE)],
    )


@post("/ticket-statuses/{status_id:int}/delete", status_code=200, **MANAGE)
async def delete(request: AnyRequest, by: By, status_id: FromPath[int]) -> Response[Any]:
    """Remove it."""
    await ticket_statuses.delete(status_id, by=by)
    return redirect(request, HERE, toast=_("The status was removed."))


def _form(
    request: AnyRequest, form: Form, *, kept: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/ticket_statuses/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        action=f"{HERE}/{kept['id']}" if kept else HERE,
        states=[(key, _(label)) for key, label in STATES.items()],
    )


ROUTES = [index, new, create, edit, update, move, confirm, delete]
