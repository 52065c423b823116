"""Putting clients into account groups and taking them out: one from his page, several from the list."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import access, clients, group_rules, groups, rule_changes
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _, ngettext
from core.permissions import Permission
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs
from web.staff.client_removal import codes_in, number_in


@get("/clients/{code:int}/groups", **requires(Permission.GROUP_READ))
async def show_groups(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The groups of one client."""
    return await _tab(request, code, by=by)


@get("/clients/{code:int}/groups/{group_id:int}/why", **requires(Permission.GROUP_READ))
async def show_why(request: AnyRequest, by: By, code: FromPath[int], group_id: FromPath[int]) -> Response[str]:
    """The groups of one client, and how each condition of the rule of one of them stands with him."""
    client = await clients.get(code, by=by)
    try:
        kept = await group_rules.find(group_id, by=by)
        reasons = await rule_changes.why(client["id"], group_id, by=by) or []
        blocks = kept.rule.blocks if kept and kept.rule else []
        pairs = zip(blocks, reasons, strict=True)
        found = [{"match": block.match, "reasons": listed} for block, listed in pairs]
        why = {"group": group_id, "blocks": found, "trouble": ""}
    except Conflict as conflict:
        why = {"group": group_id, "blocks": [], "trouble": conflict.message}
    return await _tab(request, code, by=by, why=why)


@post("/clients/{code:int}/groups", **requires(Permission.GROUP_ASSIGN))
async def join(request: AnyRequest, by: By, code: FromPath[int]) -> Response[None]:
    """Put one client into a group."""
    client = await clients.get(code, by=by)
    await groups.add_one(_id((await request.form()).get("group")), client, by=by)
    return redirect(request, f"/staff/clients/{code}/groups", toast=_("The client was put into the group."))


@post("/clients/{code:int}/groups/{group_id:int}/remove", **requires(Permission.GROUP_ASSIGN))
async def leave(request: AnyRequest, by: By, code: FromPath[int], group_id: FromPath[int]) -> Response[None]:
    """Take one client out of a group."""
    client = await clients.get(code, by=by)
    await groups.remove(group_id, [client["id"]], by=by)
    toast, kind = _("The client was taken out of the group."), "good"
    if await groups.left_to_rule(group_id, [client["id"]], by=by):
        toast, kind = (
            _("The client stays in the group by its rule. Except the client if the rule should not."),
            "warn",
        )
    return redirect(request, f"/staff/clients/{code}/groups", toast=toast, kind=kind)


@get("/clients/groups", **requires(Permission.GROUP_ASSIGN))
async def choose(request: AnyRequest, by: By) -> Response[Any]:
    """Ask which group the selected clients are for."""
    chosen = await access.clients_by_code(codes_in(request.query_params.getall("code", [])), by=by)
    if not chosen:
        return redirect(request, "/staff/clients", toast=_("Select one or several clients first."), kind="warn")
    return await _ask(request, chosen, Form({"act": "add"}), by=by)


@post("/clients/groups", status_code=200, **requires(Permission.GROUP_ASSIGN))
async def assign(request: AnyRequest, by: By) -> Response[Any]:
    """Put the selected clients into a group, or take them out."""
    sent = await request.form()
    chosen = await access.clients_by_code(codes_in(sent.getall("code", [])), by=by)
    form = Form({"group": sent.get("group", ""), "act": sent.get("act", "")})
    if form.get("act") not in ("add", "remove") or not form.get("group").isdecimal():
        refusal = Invalid({"group": _("Please choose one.")})
        return await _ask(request, chosen, form.refused(refusal), by=by, status=422)
    verb = groups.add if form.get("act") == "add" else groups.remove
    count = await verb(_id(form.get("group")), [client["id"] for client in chosen], by=by)
    told = ngettext("Changed for one client.", "Changed for %(count)s clients.", count)
    return redirect(request, "/staff/clients", toast=told % {"count": count})


async def _tab(request: AnyRequest, code: int, *, by: Actor, why: dict[str, Any] | None = None) -> Response[str]:
    client = await clients.get(code, by=by)
    joined = {row["id"] for row in await groups.groups_of(client["id"], by=by) if row["is_manual"]}
    choices = {"group": [(key, name) for key, name in (await groups.names(by=by)).items() if key not in joined]}
    return await client_tabs.show(
        request, client, "groups", by=by, choices=choices, why=why,
        may_read_rules=group_rules.may_read(by), may_change_rules=group_rules.may_change(by),
    )  # fmt: skip


async def _ask(
    request: AnyRequest, chosen: list[Any], form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    offered = {"group": list((await groups.names(by=by)).items())}
    return page(request, "staff/clients/groups.html", status=status, clients=chosen, form=form, choices=offered)


def _id(text: Any) -> int:
    return number_in(text) or 0


ROUTES = [show_groups, show_why, join, leave, choose, assign]
