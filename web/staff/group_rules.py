"""The rule of an account group: built, looked at before it is saved, run, and the clients it leaves out."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import access, group_rules, groups, rule_changes, rule_tests
from core.accounts.group_rules import Rule
from core.accounts.rule_members import Changed, Preview
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _, ngettext
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.visit import By
from web.staff import rule_forms
from web.staff.client_removal import codes_in


@get("/groups/{group_id:int}/rule", **requires(Permission.GROUP_UPDATE))
async def show(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[str]:
    """The rule as it is kept, to be changed."""
    group_rules.require_change(by)
    kept = await group_rules.find(group_id, by=by)
    rule = kept.rule if kept and kept.rule else Rule()
    form = Form({"version": kept.row["version"] if kept else 0})
    return await _builder(request, group_id, rule, form, by=by)


@post("/groups/{group_id:int}/rule", status_code=200, **requires(Permission.GROUP_UPDATE))
async def build(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[str]:
    """Add or remove a condition, or say who would join and leave. Nothing is saved."""
    group_rules.require_change(by)
    form, tests = await forms.read(request), await rule_tests.offered(by=by)
    act, wanted = form.get("act"), rule_forms.read(form)
    verb, _dot, cursor = act.partition(".")
    if verb not in ("preview", "joining", "leaving"):
        return await _builder(request, group_id, rule_forms.acted(wanted, act, tests), form, by=by)
    place = {f"{verb}_after": cursor} if verb != "preview" else {}
    return await _previewed(request, group_id, rule_forms.filled(wanted), form, by=by, place=place)


@post("/groups/{group_id:int}/rule/save", status_code=200, **requires(Permission.GROUP_UPDATE))
async def save(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[Any]:
    """Save the rule that was looked at."""
    form = await forms.read(request)
    rule = rule_forms.unpacked(form.get("rule"))
    try:
        changed = await rule_changes.save(group_id, rule, version=rule_forms.version_in(form), by=by)
    except Invalid as refusal:
        return await _builder(request, group_id, rule, form.refused(refusal), by=by, status=422)
    except EditConflict as conflict:
        form = Form({"version": conflict.current["version"]})
        return await _builder(request, group_id, rule, form, by=by, status=409, is_conflict=True)
    return redirect(request, f"/staff/groups/{group_id}", toast=_told(changed))


@post("/groups/{group_id:int}/rule/run", **requires(Permission.GROUP_UPDATE))
async def run(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[None]:
    """Bring the members in line with the rule now."""
    try:
        toast, kind = _told(await rule_changes.run_again(group_id, by=by)), "good"
    except Conflict as conflict:
        toast, kind = conflict.message, "warn"
    return redirect(request, f"/staff/groups/{group_id}", toast=toast, kind=kind)


@post("/groups/{group_id:int}/exclusions", **requires(Permission.GROUP_UPDATE))
async def exclude(request: AnyRequest, by: By, group_id: FromPath[int]) -> Response[None]:
    """Let the rule leave the selected clients out."""
    sent = await request.form()
    back = local(str(sent.get("back", "")), f"/staff/groups/{group_id}")
    chosen = await access.clients_by_code(codes_in(sent.getall("code", [])), by=by)
    done = [await rule_changes.exclude(group_id, client["id"], by=by) for client in chosen]
    if not sum(done):
        return redirect(request, back, toast=_("Select one or several clients first."), kind="warn")
    told = ngettext("The rule leaves one client out now.", "The rule leaves %(count)s clients out now.", sum(done))
    return redirect(request, back, toast=told % {"count": sum(done)})


@post("/groups/{group_id:int}/exclusions/{code:int}/lift", **requires(Permission.GROUP_UPDATE))
async def include(request: AnyRequest, by: By, group_id: FromPath[int], code: FromPath[int]) -> Response[None]:
    """Let the rule decide about a client again."""
    client = await access.client_by_code(code, by=by)
    await rule_changes.include(group_id, client["id"], by=by)
    toast = _("The rule decides about %(name)s again.") % {"name": client["name"]}
    return redirect(request, f"/staff/groups/{group_id}", toast=toast)


async def _previewed(
    request: AnyRequest, group_id: int, rule: Rule, form: Form, *, by: Actor, place: dict[str, str]
) -> Response[str]:
    try:
        found = await rule_changes.preview(group_id, rule, **place, by=by)
    except Invalid as refusal:
        return await _builder(request, group_id, rule, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        refused = form.refused(Invalid({"": conflict.message}))
        return await _builder(request, group_id, rule, refused, by=by, status=409)
    return await _builder(request, group_id, rule, form, by=by, preview=found)


async def _builder(
    request: AnyRequest,
    group_id: int,
    rule: Rule,
    form: Form,
    *,
    by: Actor,
    preview: Preview | None = None,
    status: int = 200,
    is_conflict: bool = False,
) -> Response[str]:
    tests, kept = await rule_tests.offered(by=by), await group_rules.find(group_id, by=by)
    return page(
        request,
        "staff/groups/rule.html",
        status=status,
        group=await groups.get(group_id, by=by),
        form=form,
        match=rule.match,
        blocks=rule_forms.shown(rule, tests, form.errors),
        tests=[(test.name, test.label) for test in tests.values()],
        preview=preview,
        packed=rule_forms.packed(rule) if preview else "",
        saved=group_rules.sentence(kept.rule, tests) if kept else None,
        trouble=kept.trouble if kept else "",
        is_conflict=is_conflict,
    )


def _told(changed: Changed | None) -> str:
    if changed is None:
        return _("The rule was saved. Who joins and leaves is worked out now; look again in a moment.")
    return _("Joined by the rule: %(joined)s. Left: %(gone)s.") % {"joined": changed.joined, "gone": changed.gone}


ROUTES = [show, build, save, run, exclude, include]
