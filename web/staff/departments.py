"""Departments: the list, adding one, its members with their levels, its hours, and removing one."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from core.support import departments, tickets
from core.support.departments import FEATURE, LEVELS, DepartmentValues
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits
from web.staff.moves import Move

HERE = "/staff/departments"
MANAGE = requires(Permission.TICKET_MANAGE)
MEMBER, DAY, DAYS = "member_", "day_", 7


@get("/departments", **MANAGE)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The departments in the provider's order."""
    found = await departments.every(by=by)
    members = await departments.members([row["id"] for row in found])
    return page(request, "staff/departments/index.html", departments=found, members=members)


@get("/departments/new", **MANAGE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    return await _form(request, Form({}), by=by)


@post("/departments", status_code=200, **MANAGE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Add one at the end."""
    form = await forms.read(request)
    try:
        await departments.create(_read(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await _form(request, Form(form.values, {"": conflict.message}), by=by, status=409)
    return redirect(request, HERE, toast=_("The department was added."))


@get("/departments/{department_id:int}/edit", **MANAGE)
async def edit(request: AnyRequest, by: By, department_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    kept = await departments.get(department_id, by=by)
    return await _form(request, Form(await _written(kept)), kept=kept, by=by)


@post("/departments/{department_id:int}", status_code=200, **MANAGE)
async def update(request: AnyRequest, by: By, department_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    kept = await departments.get(department_id, by=by)
    written = await _written(kept)
    form = edits.settled(await forms.read(request), written)
    try:
        await departments.update(department_id, _read(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), kept=kept, by=by, status=422)
    except EditConflict:
        both = edits.conflict(form, written, {"name": _("Name")})
        return await _form(request, form, kept=kept, conflict=both, by=by, status=409)
    return redirect(request, HERE, toast=_("The department was saved."))


@post("/departments/{department_id:int}/move", **MANAGE)
async def move(request: AnyRequest, by: By, department_id: FromPath[int]) -> Response[None]:
    """One place up or down."""
    wanted = (await forms.read(request)).into(Move)
    await departments.move(department_id, steps=wanted.one, by=by)
    return redirect(request, f"{HERE}#department-{department_id}")


@get("/departments/{department_id:int}/delete", **MANAGE)
async def confirm(request: AnyRequest, by: By, department_id: FromPath[int]) -> Response[str]:
    """Ask, or say why it stays."""
    return await _confirm(request, department_id, by=by)


@post("/departments/{department_id:int}/delete", status_code=200, **MANAGE)
async def delete(request: AnyRequest, by: By, department_id: FromPath[int]) -> Response[Any]:
    """Remove it."""
    try:
        await departments.delete(department_id, by=by)
    except Conflict:
        return await _confirm(request, department_id, by=by, status=409)
    return redirect(request, HERE, toast=_("The department was removed."))


async def _confirm(request: AnyRequest, department_id: int, *, by: Actor, status: int = 200) -> Response[str]:
    kept = await departments.get(department_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Remove the department “%(name)s”?") % {"name": kept["name"]},
        text=_("Its members stay what they are otherwise."),
        refused=await departments.why_it_stays(kept),
        action=f"{HERE}/{department_id}/delete",
        ok=_("Remove the department"),
        back=HERE,
        crumbs=[(_("Departments"), HERE)],
    )


async def _form(
    request: AnyRequest, form: Form, *, kept: Any = None, conflict: Any = None, by: Actor, status: int = 200
) -> Response[str]:
    return page(
        request,
        "staff/departments/form.html",
        status=status,
        form=form,
        kept=kept,
        conflict=conflict,
        action=f"{HERE}/{kept['id']}" if kept else HERE,
        people=[(row["id"], row["name"]) for row in await tickets.people(by=by)],
        levels=[(key, _(label)) for key, label in LEVELS.items()],
        has_hours=policies.has_feature(by.tenant, FEATURE),
        edition=policies.edition_with(FEATURE),
    )


def _read(form: Form) -> DepartmentValues:
    """What the form says; a day and a member are fields of their own."""
    named = {
        name.removeprefix(MEMBER): level
        for name, level in form.values.items()
        if name.startswith(MEMBER) and level
    }
    days = tuple(form.get(f"{DAY}{number}") for number in range(DAYS))
    values = {
        "name": form.get("name"),
        "is_closed": bool(form.get("is_closed")),
        "hours": days if any(day.strip() for day in days) else (),
        "members": named,
    }
    try:
        return msgspec.convert(values, DepartmentValues, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid({"members": _("This is not one of the choices.")}) from error


async def _written(kept: Any) -> dict[str, Any]:
    members = (await departments.members([kept["id"]]))[kept["id"]]
    return (
        {"name": kept["name"], "is_closed": kept["is_closed"], "version": kept["version"]}
        | {f"{MEMBER}{row['staff_id']}": row["level"] for row in members}
        | {f"{DAY}{number}": text for number, text in enumerate(kept["hours"])}
    )


ROUTES = [index, new, create, edit, update, move, confirm, delete]
