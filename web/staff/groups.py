"""Account groups: the list, one group with its clients, making, editing and deleting."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import (
    access,
    group_effects,
    group_members,
    group_rules,
    groups,
    rule_changes,
    rule_tests,
)
from core.accounts.groups import GroupChanges, NewGroup
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotFound, ReadOnly
from core.i18n import _, ngettext
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of
from web.staff import edits
from web.staff.client_removal import codes_in, number_in


@get("/groups", **requires(Permission.GROUP_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The groups and how many clients are in each."""
    found, troubles = await groups.every(by=by), await group_rules.troubles(by=by)
    return page(request, "staff/groups/index.html", groups=found, troubles=troubles)


@get("/groups/new", **requires(Permission.GROUP_CREATE))
async def new(request: AnyRequest) -> Response[str]:
    """The empty form."""
    return _form(request, Form())


@post("/groups", status_code=200, **requires(Permission.GROUP_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Make a group."""
    form = await forms.read(request)
    try:
        made = await groups.create(form.into(NewGroup), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), status=422)
    return redirect(request, f"/staff/groups/{made['id']}", toast=_("The group was added."))


@get("/groups/{group_id:int}", **requires(Permission.GROUP_READ))
async def show(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[str]:
    """One group and its clients."""
    return await _show(request, group_id, Form(), by=by)


@get("/groups/{group_id:int}/edit", **requires(Permission.GROUP_UPDATE))
async def edit(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    group = await groups.get(group_id, by=by)
    return _form(request, Form(dict(group)), group=group)


@post("/groups/{group_id:int}", status_code=200, **requires(Permission.GROUP_UPDATE))
async def update(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    group = await groups.get(group_id, by=by)
    form = edits.settled(await forms.read(request), group)
    try:
        changes = form.into(GroupChanges, ignore=edits.VERSION)
        await groups.update(group_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return _form(request, form.refused(refusal), group=group, status=422)
    except EditConflict as conflict:
        labels = {"name": _("Name"), "description": _("Description")}
        both = edits.conflict(form, conflict.current, labels)
        return _form(request, form, group=group, conflict=both, status=409)
    return redirect(request, f"/staff/groups/{group_id}", toast=_("The group was saved."))


@get("/groups/{group_id:int}/delete", **requires(Permission.GROUP_DELETE))
async def confirm(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[str]:
    """Say what goes and what stays, and ask."""
    group = await groups.get(group_id, by=by)
    return page(
        request, "staff/groups/delete.html", group=group, refused=await groups.why_it_stays(group_id, by=by)
    )


@post("/groups/{group_id:int}/delete", status_code=200, **requires(Permission.GROUP_DELETE))
async def delete(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[Any]:
    """Delete it; its clients stay."""
    group = await groups.get(group_id, by=by)
    try:
        await groups.delete(group_id, by=by)
    except Conflict as conflict:
        return page(request, "staff/groups/delete.html", status=409, group=group, refused=conflict.message)
    return redirect(request, "/staff/groups", toast=_("The group was deleted."))


@post("/groups/{group_id:int}/members", status_code=200, **requires(Permission.GROUP_ASSIGN))
async def put_in(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[Any]:
    """Put the client with this code into the group."""
    form = await forms.read(request)
    try:
        client = await access.client_by_code(number_in(form.get("code").strip()) or 0, by=by)
        is_new = await groups.add_one(group_id, client, by=by)
    except NotFound:
        refusal = Invalid({"code": _("There is no client with this code.")})
        return await _show(request, group_id, form.refused(refusal), by=by, status=422)
    except ReadOnly as cleared:
        refusal = Invalid({"code": cleared.message})
        return await _show(request, group_id, form.refused(refusal), by=by, status=422)
    toast = _("%(name)s is in the group now.") if is_new else _("%(name)s was in the group already.")
    name = {"name": client["name"]}
    return redirect(request, f"/staff/groups/{group_id}", toast=toast % name, kind="good" if is_new else "info")


@post("/groups/{group_id:int}/members/remove", **requires(Permission.GROUP_ASSIGN))
async def take_out(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[None]:
    """Take the selected clients out of the group."""
    chosen = await access.clients_by_code(codes_in((await request.form()).getall("code", [])), by=by)
    ids = [client["id"] for client in chosen]
    count, left = await groups.remove(group_id, ids, by=by), await groups.left_to_rule(group_id, ids, by=by)
    if left:
        told = ngettext(
            "One client is in by the rule, which would bring it back. Except it instead.",
            "%(count)s clients are in by the rule, which would bring them back. Except them instead.",
            left,
        )
        return redirect(request, f"/staff/groups/{group_id}", toast=told % {"count": left}, kind="warn")
    if not count:
        toast = _("Select one or several clients first.")
        return redirect(request, f"/staff/groups/{group_id}", toast=toast, kind="warn")
    toast = ngettext("One client was taken out.", "%(count)s clients were taken out.", count) % {"count": count}
    return redirect(request, f"/staff/groups/{group_id}", toast=toast)


async def _show(request: AnyRequest, group_id: int, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    group, query, path = await groups.get(group_id, by=by), request.query_params, f"/staff/groups/{group_id}"
    listed = group_members.Page(members=[])
    if policies.allows(by, Permission.CLIENT_READ):
        listed = await group_members.page(
            group_id,
            after=query.get("after", ""),
            before=query.get("before", ""),
            by=by,
            within=visit_of(request).focus,
        )
    links = {
        "previous": listed.previous and f"{path}?before={listed.previous}",
        "next": listed.next and f"{path}?after={listed.next}",
    }
    return page(
        request,
        "staff/groups/show.html",
        status=status,
        group=group,
        members=listed.members,
        page=links,
        form=form,
        rule=await _rule(group, by=by),
        effects=await group_effects.of(group_id, by=by),
    )


async def _rule(group: Any, *, by: Actor) -> dict[str, Any]:
    """The rule as the page of its group shows it."""
    shown: dict[str, Any] = {"may_change": group_rules.may_change(by), "kept": None, "lines": [], "exclusions": []}
    if group["has_rule"] and group_rules.may_read(by):
        kept, tests = await group_rules.find(group["id"], by=by), await rule_tests.offered(by=by)
        shown |= {"kept": kept, "lines": group_rules.lines(kept.rule if kept else None, tests)}
    if group_rules.may_read(by):
        shown["exclusions"] = await rule_changes.exclusions(group["id"], by=by)
    return shown


def _form(
    request: AnyRequest, form: Form, *, group: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(request, "staff/groups/form.html", status=status, group=group, form=form, conflict=conflict)


ROUTES = [index, new, create, show, edit, update, confirm, delete, put_in, take_out]
