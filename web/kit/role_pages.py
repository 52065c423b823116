"""The pages of the roles that a client makes for its users, for staff and for the users themselves."""

from typing import Any

from litestar import Response

from core.accounts import client_roles, rights
from core.accounts.client_roles import NewRole, RoleChanges
from core.accounts.rights import BUILT_IN, ROLE_NAMES, Right
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import N_, _
from web.kit import edits, forms
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page, redirect
from web.kit.user_pages import Place

ABOUT = {
    "owner": N_("May do everything, and hands the client over."),
    "billing": N_("Looks after invoices, payers and payments."),
    "technical": N_("Orders and looks after services."),
    "read-only": N_("Sees everything and changes nothing."),
}


async def index(request: AnyRequest, place: Place, *, by: Actor) -> Response[str]:
    """The roles of a client, the built-in ones first."""
    built_in = [
        {"name": _(ROLE_NAMES[key]), "about": _(ABOUT[key]), "rights": len(brought)}
        for key, brought in BUILT_IN.items()
    ]
    own = await client_roles.of_client(place.client_id, by=by)
    return page(request, "users/roles.html", place=place, built_in=built_in, own=own)


async def form_of(
    request: AnyRequest, place: Place, form: Form, *, by: Actor, role: Any = None, conflict: Any = None,
    status: int = 200,
) -> Response[str]:  # fmt: skip
    """The form of a role: every right, those that one lacks locked."""
    mine = rights.ALL if by.kind != "user" or by.client is None else by.client.rights
    return page(
        request,
        "users/role.html",
        status=status,
        place=place,
        role=role,
        form=form,
        conflict=conflict,
        offered=[(right.value, _(rights.DESCRIPTIONS[right]), right in mine) for right in Right],
    )


async def create(request: AnyRequest, place: Place, *, by: Actor) -> Response[Any]:
    """Make a role."""
    form = edits.listed(await forms.read(request), "rights")
    try:
        await client_roles.create(place.client_id, form.into(NewRole), by=by)
    except Invalid as refusal:
        return await form_of(request, place, form.refused(refusal), by=by, status=422)
    return redirect(request, place.roles, toast=_("The role was added."))


async def edit(request: AnyRequest, place: Place, role_id: int, *, by: Actor) -> Response[str]:
    """The form with what is kept."""
    role = await client_roles.get(place.client_id, role_id, by=by)
    return await form_of(request, place, Form(dict(role)), by=by, role=role)


async def update(request: AnyRequest, place: Place, role_id: int, *, by: Actor) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    role = await client_roles.get(place.client_id, role_id, by=by)
    form = edits.settled(edits.listed(await forms.read(request), "rights"), role)
    form.values.setdefault("rights", [])
    try:
        changes = form.into(RoleChanges, ignore=edits.VERSION)
        await client_roles.update(place.client_id, role_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await form_of(request, place, form.refused(refusal), by=by, role=role, status=422)
    except EditConflict as refused:
        both = edits.conflict(form, refused.current, {"name": _("Name"), "rights": _("Rights")}, _shown)
        return await form_of(request, place, form, by=by, role=role, conflict=both, status=409)
    return redirect(request, place.roles, toast=_("The role was saved."))


async def ask_delete(request: AnyRequest, place: Place, role_id: int, *, by: Actor) -> Response[str]:
    """Ask, or say who has it."""
    role = await client_roles.get(place.client_id, role_id, by=by)
    return _ask(request, place, role, refused=await client_roles.why_it_stays(place.client_id, role_id, by=by))


async def delete(request: AnyRequest, place: Place, role_id: int, *, by: Actor) -> Response[Any]:
    """Delete it, if nobody has it."""
    role = await client_roles.get(place.client_id, role_id, by=by)
    try:
        await client_roles.delete(place.client_id, role_id, by=by)
    except Conflict as refusal:
        return _ask(request, place, role, refused=refusal.message, status=409)
    return redirect(request, place.roles, toast=_("The role was deleted."))


def _ask(request: AnyRequest, place: Place, role: Any, *, refused: str, status: int = 200) -> Response[str]:
    here, name = f"{place.roles}/{role['id']}", {"name": role["name"]}
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Delete the role “%(name)s”?") % name,
        text=_("Nobody has it. This cannot be undone."),
        refused=refused,
        action=f"{here}/delete",
        ok=_("Delete the role"),
        back=here,
        crumbs=[*place.crumbs, (_("Roles"), place.roles), (role["name"], here)],
    )


def _shown(field: str, value: Any) -> str:
    return _(rights.DESCRIPTIONS[Right(value)]) if field == "rights" and value in rights.ALL else str(value)
