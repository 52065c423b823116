"""Attitudes: one page on which the list is seen, ordered, extended and changed."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import attitudes
from core.accounts.attitudes import AttitudeChanges, NewAttitude
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.moves import Move

HERE = "/staff/attitudes"
MANAGES = requires(Permission.ATTITUDE_MANAGE)


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What its clients get instead."""

    replacement_id: int | None = None


@get("/attitudes", **MANAGES)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list, and the form for one more."""
    return await _page(request, by=by)


@post("/attitudes", status_code=200, **MANAGES)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end."""
    form = await forms.read(request)
    try:
        await attitudes.create(form.into(NewAttitude), by=by)
    except Invalid as refusal:
        return await _page(request, by=by, form=form.refused(refusal), status=422)
    return redirect(request, HERE, toast=_("The attitude was added."))


@get("/attitudes/{attitude_id:int}/edit", **MANAGES)
async def edit(request: AnyRequest, by: By, attitude_id: FromPath[int]) -> Response[str]:
    """The list with the form of one open."""
    attitude = await attitudes.get(attitude_id, by=by)
    return await _page(request, by=by, editing=attitude_id, edit_form=Form(dict(attitude)))


@post("/attitudes/{attitude_id:int}", status_code=200, **MANAGES)
async def update(request: AnyRequest, by: By, attitude_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    form = edits.settled(await forms.read(request), await attitudes.get(attitude_id, by=by))
    try:
        changes = form.into(AttitudeChanges, ignore=edits.VERSION)
        await attitudes.update(attitude_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, by=by, editing=attitude_id, edit_form=form.refused(refusal), status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, conflict.current, {"name": _("Name"), "color": _("Colour")})
        return await _page(request, by=by, editing=attitude_id, edit_form=form, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The attitude was saved."))


@post("/attitudes/{attitude_id:int}/move", **MANAGES)
async def move(request: AnyRequest, by: By, attitude_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await attitudes.move(attitude_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#attitude-{attitude_id}")


@post("/attitudes/{attitude_id:int}/default", **MANAGES)
async def make_default(request: AnyRequest, by: By, attitude_id: FromPath[int]) -> Response[None]:
    """New clients get this one from now on."""
    await attitudes.make_default(attitude_id, by=by)
    return redirect(request, HERE, toast=_("New clients get this attitude now."))


@get("/attitudes/{attitude_id:int}/delete", **MANAGES)
async def confirm(request: AnyRequest, by: By, attitude_id: FromPath[int]) -> Response[str]:
    """Ask, and offer what its clients get instead."""
    return await _page(request, by=by, deleting=await _deleting(attitude_id, "", by=by))


@post("/attitudes/{attitude_id:int}/delete", status_code=200, **MANAGES)
async def delete(request: AnyRequest, by: By, attitude_id: FromPath[int]) -> Response[Any]:
    """Remove it; its clients get the replacement."""
    form = await forms.read(request)
    try:
        await attitudes.delete(attitude_id, replacement_id=form.into(Removal).replacement_id, by=by)
    except Invalid as refusal:
        asked = await _deleting(attitude_id, next(iter(refusal.errors.values())), by=by)
        return await _page(request, by=by, deleting=asked, status=422)
    except Conflict as conflict:
        return await _page(
            request, by=by, deleting=await _deleting(attitude_id, conflict.message, by=by), status=409
        )
    return redirect(request, HERE, toast=_("The attitude was removed."))


async def _deleting(attitude_id: int, error: str, *, by: Actor) -> dict[str, Any]:
    attitude = await attitudes.get(attitude_id, by=by)
    others = [(row["id"], row["name"]) for row in await attitudes.every(by=by) if row["id"] != attitude_id]
    return dict(attitude) | {"others": others, "error": error}


async def _page(
    request: AnyRequest,
    *,
    by: Actor,
    form: Form | None = None,
    editing: int | None = None,
    edit_form: Form | None = None,
    deleting: dict[str, Any] | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    return page(
        request,
        "staff/attitudes/index.html",
        status=status,
        attitudes=await attitudes.every(by=by),
        form=form or Form(),
        editing=editing,
        edit_form=edit_form,
        deleting=deleting,
        conflict=conflict,
    )


ROUTES = [index, create, edit, update, move, make_default, confirm, delete]
