"""The staff: who works here, inviting, role and limits, letting go and taking back, and who gets in."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import groups, projects, roles, staff, staff_access
from core.accounts.staff import NewStaff, StaffChanges
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import addresses, hosts
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import edits

HERE = "/staff/people"
LISTS = ("project_ids", "group_ids")


@get("/people", **requires(Permission.STAFF_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """Everybody who works here, those who left last."""
    return page(request, "staff/people/index.html", people=await staff.every(by=by))


@get("/people/new", **requires(Permission.STAFF_MANAGE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The form of an invitation."""
    return await _invitation(request, Form(), by=by)


@post("/people", status_code=200, **requires(Permission.STAFF_MANAGE))
async def invite(request: AnyRequest, by: By) -> Response[Any]:
    """Take somebody onto the staff, and send the link."""
    form = edits.listed(await forms.read(request), *LISTS)
    try:
        made = await staff.invite(form.into(NewStaff), base_url=await _base_url(by), by=by)
    except Invalid as refusal:
        return await _invitation(request, form.refused(refusal), by=by, status=422)
    toast = _("An invitation is on its way to %(email)s.") % {"email": made["email"]}
    return redirect(request, f"{HERE}/{made['id']}", toast=toast)


@get("/people/{staff_id:int}", **requires(Permission.STAFF_READ))
async def show(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[str]:
    """One member of staff."""
    person = await staff.get(staff_id, by=by)
    return await _show(request, person, Form(_values(person)), by=by)


@post("/people/{staff_id:int}", status_code=200, **requires(Permission.STAFF_MANAGE))
async def update(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[Any]:
    """Change the role or the limits; when somebody else did meanwhile, show both."""
    person = await staff.get(staff_id, by=by)
    form = edits.settled(edits.listed(await forms.read(request), *LISTS), _values(person))
    try:
        changes = form.into(StaffChanges, ignore=edits.VERSION)
        await staff.update(staff_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _show(request, person, form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        both = await _conflict(form, _values(conflict.current), by=by)
        return await _show(request, person, form, by=by, conflict=both, status=409)
    return redirect(request, f"{HERE}/{staff_id}", toast=_("Role and limits were saved."))


@post("/people/{staff_id:int}/invite-again", **requires(Permission.STAFF_MANAGE))
async def invite_again(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[None]:
    """Send a new link in place of the one before."""
    await staff_access.invite_again(staff_id, base_url=await _base_url(by), by=by)
    return redirect(request, f"{HERE}/{staff_id}", toast=_("A new invitation is on its way."))


@get("/people/{staff_id:int}/remove", **requires(Permission.STAFF_MANAGE))
async def confirm(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[str]:
    """Say what ends with it, and ask."""
    return _ask(request, await staff.get(staff_id, by=by))


@post("/people/{staff_id:int}/remove", status_code=200, **requires(Permission.STAFF_MANAGE))
async def remove(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[Any]:
    """Let somebody go."""
    person = await staff.get(staff_id, by=by)
    try:
        await staff.remove(staff_id, by=by)
    except Conflict as conflict:
        return _ask(request, person, refused=conflict.message, status=409)
    toast = _("%(name)s is not on the staff any more.") % {"name": person["name"]}
    return redirect(request, HERE, toast=toast)


@post("/people/{staff_id:int}/restore", **requires(Permission.STAFF_MANAGE))
async def restore(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[None]:
    """Take somebody back."""
    await staff.restore(staff_id, by=by)
    return redirect(request, f"{HERE}/{staff_id}", toast=_("Back on the staff, with the role as before."))


@post("/people/{staff_id:int}/disable", **requires(Permission.STAFF_MANAGE))
async def keep_out(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[None]:
    """Shut somebody out for a while."""
    await staff_access.keep_out(staff_id, by=by)
    return redirect(request, f"{HERE}/{staff_id}", toast=_("This person cannot sign in any more."))


@post("/people/{staff_id:int}/enable", **requires(Permission.STAFF_MANAGE))
async def let_in(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[None]:
    """Let somebody in again."""
    await staff_access.let_in(staff_id, by=by)
    return redirect(request, f"{HERE}/{staff_id}", toast=_("This person can sign in again."))


@post("/people/{staff_id:int}/reset-factor", **requires(Permission.STAFF_MANAGE))
async def take_factor(request: AnyRequest, by: By, staff_id: FromPath[int]) -> Response[None]:
    """Switch off a second factor that was lost."""
    await staff_access.take_factor(staff_id, by=by)
    return redirect(request, f"{HERE}/{staff_id}", toast=_("The second step is off for this person."))


async def _invitation(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    return page(request, "staff/people/form.html", status=status, form=form, choices=await _choices(by=by))


async def _show(
    request: AnyRequest, person: Any, form: Form, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    is_me = person["id"] == by.staff_id
    return page(
        request,
        "staff/people/show.html",
        status=status,
        person=person,
        form=form,
        choices=await _choices(by=by),
        conflict=conflict,
        is_me=is_me,
        is_in_reach=not is_me and staff.is_in_reach(person, by=by),
    )


def _ask(request: AnyRequest, person: Any, *, refused: str = "", status: int = 200) -> Response[str]:
    here, name = f"{HERE}/{person['id']}", {"name": person["name"]}
    text = _("%(name)s leaves the staff. Sessions and API keys end at once; the name stays in Activity.")
    return page(
        request,
        "staff/confirm.html",
        status=status,
        title=_("Remove %(name)s from the staff?") % name,
        text=text % name,
        refused=refused,
        action=f"{here}/remove",
        ok=_("Remove from the staff"),
        back=here,
        crumbs=[(_("Staff"), HERE), (person["name"], here)],
    )


async def _choices(*, by: Actor) -> dict[str, list[tuple[Any, ...]]]:
    """What can be chosen; nothing at all for those who may only look."""
    offered: dict[str, list[tuple[Any, ...]]] = {"role": [], "project": [], "group": []}
    if not policies.allows(by, Permission.STAFF_MANAGE):
        return offered
    giveable = await roles.giveable(by=by)
    described = {role["key"]: role["description"] for role in await roles.every(by=by)}
    offered["role"] = [(key, name, described.get(key, "")) for key, name in giveable.items()]
    if policies.allows(by, Permission.PROJECT_READ):
        offered["project"] = list((await projects.names(by=by)).items())
    if policies.allows(by, Permission.GROUP_READ):
        offered["group"] = list((await groups.names(by=by)).items())
    return offered


async def _conflict(form: Form, saved: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    labels = {
        "role": _("Role"),
        "project_ids": _("Only these projects"),
        "group_ids": _("Only these account groups"),
    }
    offered = await _choices(by=by)
    named = {str(key): text for kind in ("role", "project", "group") for key, text, *_more in offered[kind]}
    sent = {field: label for field, label in labels.items() if field in form.values}
    return edits.conflict(form, saved, sent, lambda _field, value: named.get(str(value), str(value)))


def _values(person: Any) -> dict[str, Any]:
    return {
        "role": person["role_key"],
        "project_ids": person["project_ids"],
        "group_ids": person["group_ids"],
        "version": person["version"],
    }


async def _base_url(by: Actor) -> str:
    """Where the link of an invitation leads: a host of the provider's that we keep, never the request's."""
    return addresses.link(await hosts.primary(by.tenant.id))


ROUTES = [
    index, new, invite, show, update, invite_again, confirm, remove, restore, keep_out, let_in, take_factor,
]  # fmt: skip
