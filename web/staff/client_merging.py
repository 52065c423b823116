"""Merging two clients: the choice of the one that stays, the preview of what moves, and the act."""

from typing import Any

from litestar import Response, get, post

from core.accounts import access, activity_fields, client_merging, rights
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_words
from web.staff.client_removal import codes_in, number_in

PLACE = "/staff/clients/merge"


@get("/clients/merge", **requires(Permission.CLIENT_MERGE))
async def ask(request: AnyRequest, by: By) -> Response[Any]:
    """Ask for the client that stays: one of two, or one that is searched for. Then show the preview."""
    query = request.query_params
    codes = list(dict.fromkeys(codes_in(query.getall("code", []))))
    if not 1 <= len(codes) <= 2:
        toast = _("Select one client, or the two that you want to merge.")
        return redirect(request, "/staff/clients", toast=toast, kind="warn")
    into = number_in(query.get("into", "")) or 0
    gone = next((code for code in codes if code != into), codes[0])
    form = Form({"into": query.get("into", ""), "q": query.get("q", "")})
    if not into:
        return await _choose(request, codes, form, by=by)
    return await _show(request, gone, into, form, by=by)


@post("/clients/merge", status_code=200, **requires(Permission.CLIENT_MERGE))
async def merge(request: AnyRequest, by: By) -> Response[Any]:
    """Merge them."""
    form = await forms.read(request)
    gone, into = number_in(form.get("code")) or 0, number_in(form.get("into")) or 0
    try:
        stays = await client_merging.merge(gone, into, owner_role=form.get("owner_role"), by=by)
    except Invalid as refusal:
        return await _show(request, gone, into, form.refused(refusal), by=by, status=422)
    return redirect(request, f"/staff/clients/{stays['code']}", toast=_("The clients were merged."))


async def _choose(
    request: AnyRequest, codes: list[int], form: Form, *, by: Actor, status: int = 200
) -> Response[Any]:
    """The two that were selected, or the one with a search beside it."""
    chosen = [await access.client_by_code(code, by=by) for code in codes]
    if any(client["cleared_at"] is not None for client in chosen):
        return redirect(request, "/staff/clients", toast=_(client_merging.CLEARED), kind="warn")
    text, found = form.get("q"), []
    if len(chosen) == 1:
        try:
            found = await client_merging.candidates(codes[0], text, by=by)
        except Invalid as refusal:
            form, status = form.refused(Invalid({"q": next(iter(refusal.errors.values()))})), 422
    return page(
        request,
        "staff/clients/merge_choose.html",
        status=status,
        clients=chosen,
        form=form,
        found=found,
        asked=text,
    )


async def _show(
    request: AnyRequest, gone: int, into: int, form: Form, *, by: Actor, status: int = 200
) -> Response[Any]:
    try:
        found = await client_merging.preview(gone, into, owner_role=form.get("owner_role"), by=by)
    except Invalid as refusal:
        return await _choose(request, [gone], form.refused(refusal), by=by, status=422)
    offered = await client_words.choices(by=by)
    return page(
        request,
        "staff/clients/merge.html",
        status=status,
        preview=found,
        form=form,
        roles=[(role, _(rights.ROLE_NAMES[role])) for role in rights.GIVEABLE],
        role_names={role: _(name) for role, name in rights.ROLE_NAMES.items()},
        rows=[_row(it, offered) for it in found.differing],
        filled=[_(activity_fields.FIELDS[field]) for field in found.filled],
        swapped=f"{PLACE}?code={into}&into={gone}",
    )


def _row(it: client_merging.Difference, offered: client_words.Choices) -> dict[str, str]:
    if it.label:
        return {"label": it.label, "stays": it.stays, "gone": it.gone}
    return {
        "label": client_words.labelled([it.field])[0]["label"],
        "stays": client_words.shown(it.field, it.stays, offered),
        "gone": client_words.shown(it.field, it.gone, offered),
    }


ROUTES = [ask, merge]
