"""The fields of clients that the provider defines: their list in its order, and the form of one."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET

from core.accounts import client_fields, field_edits
from core.accounts.field_edits import FieldChanges, NewField
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _, ngettext
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.templates import number
from web.kit.visit import By
from web.staff import edits, field_words
from web.staff.moves import Move

HERE = "/staff/fields"
MANAGES = requires(Permission.FIELD_MANAGE)
NOT_CHANGED = frozenset({"key", "kind", "version"})


@get("/fields", **MANAGES)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All fields in their order, and those that are archived."""
    every = [field_words.listed(row) for row in await client_fields.every(by=by)]
    return page(
        request,
        "staff/fields/index.html",
        fields=[field for field in every if not field["is_archived"]],
        archived=[field for field in every if field["is_archived"]],
    )


@get("/fields/new", **MANAGES)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return _form(request, Form({"kind": "text"}), by=by)


@post("/fields", status_code=200, **MANAGES)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end, or show more rows for options."""
    form = await forms.read(request)
    if field_words.wants_rows(form):
        return _form(request, form, by=by)
    try:
        wanted = field_words.plain(form).into(NewField)
        if wanted.kind == "choice":
            wanted = msgspec.structs.replace(wanted, options=field_words.options(form))
        await field_edits.create(wanted, by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, HERE, toast=_("The field was added."))


@get("/fields/{field_id:int}/edit", **MANAGES)
async def edit(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    field = await client_fields.get(field_id, by=by)
    return _form(request, Form(field_words.filled(field)), by=by, field=field)


@post("/fields/{field_id:int}", status_code=200, **MANAGES)
async def update(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    field = await client_fields.get(field_id, by=by)
    form = field_words.settled(await forms.read(request), field)
    if field_words.wants_rows(form):
        return _form(request, form, by=by, field=field)
    try:
        changes = field_words.plain(form).into(FieldChanges, ignore=NOT_CHANGED)
        rows = field_words.options(form) if field["kind"] == "choice" else UNSET
        changes = msgspec.structs.replace(changes, is_archived=UNSET, options=rows)
        await field_edits.update(field_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), by=by, field=field, status=422)
    except EditConflict:
        both = field_words.conflict(form, field, by=by)
        return _form(request, form, by=by, field=field, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The field was saved."))


@post("/fields/{field_id:int}/move", **MANAGES)
async def move(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await field_edits.move(field_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#field-{field_id}")


@post("/fields/{field_id:int}/archive", **MANAGES)
async def archive(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[None]:
    """Ask for it nowhere any more; what was entered stays."""
    await field_edits.archive(field_id, by=by)
    return redirect(request, HERE, toast=_("The field was archived. What was entered is kept."))


@post("/fields/{field_id:int}/restore", **MANAGES)
async def restore(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[None]:
    """Ask for it again."""
    await field_edits.archive(field_id, is_archived=False, by=by)
    return redirect(request, HERE, toast=_("The field is asked for again."))


@get("/fields/{field_id:int}/delete", **MANAGES)
async def confirm(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[str]:
    """Ask, and say what goes with it."""
    return await _ask(request, field_id, by=by)


@post("/fields/{field_id:int}/delete", status_code=200, **MANAGES)
async def delete(request: AnyRequest, by: By, field_id: FromPath[int]) -> Response[Any]:
    """Remove it with all that was entered in it."""
    try:
        await field_edits.delete(field_id, by=by)
    except Conflict as conflict:
        return await _ask(request, field_id, by=by, refused=conflict.message, status=409)
    return redirect(request, HERE, toast=_("The field was deleted."))


async def _ask(
    request: AnyRequest, field_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    field = await client_fields.get(field_id, by=by)
    gone = ngettext(
        "What one client has in it is removed for good.",
        "What %(count)s clients have in it is removed for good.",
        field["clients"],
    ) % {"count": number(field["clients"])}
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the field “%(name)s”?") % {"name": field_words.spoken(field)},
        text=gone if field["clients"] else _("No client has anything in it."),
        refused=refused or field_edits.why_it_stays(field),
        action=f"{HERE}/{field_id}/delete",
        ok=_("Delete the field"),
        back=HERE,
        crumbs=[(_("Fields"), HERE)],
    )


def _form(
    request: AnyRequest, form: Form, *, by: Actor, field: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/fields/form.html",
        status=status,
        field=field,
        form=form,
        kinds=field_words.kinds(),
        languages=field_words.languages(field, by=by),
        others=field_words.others(field, by=by),
        rows=field_words.rows(form, field, by=by),
        conflict=conflict,
    )


ROUTES = [index, new, create, edit, update, move, archive, restore, confirm, delete]
