"""Closing clients and opening them again: a confirmation that names them, and a report of those that stay."""

from typing import Any

from litestar import Response, get, post

from core.accounts import closing
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _, ngettext
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.client_removal import codes_in


@get("/clients/close", **requires(Permission.CLIENT_CLOSE))
async def confirm_close(request: AnyRequest, by: By) -> Response[Any]:
    """Name what would be closed, and ask for the reason."""
    return await _ask(request, "close", request.query_params.getall("code", []), Form(), by=by)


@post("/clients/close", status_code=200, **requires(Permission.CLIENT_CLOSE))
async def close(request: AnyRequest, by: By) -> Response[Any]:
    """Close them; those that stay open are shown with their reasons."""
    form = await forms.read(request)
    try:
        outcome = await closing.close(codes_in(form.all("code")), form.get("reason"), by=by)
    except Invalid as refusal:
        return await _ask(request, "close", form.all("code"), form.refused(refusal), by=by, status=422)
    count = len(outcome.changed)
    told = ngettext("One client was closed.", "%(count)s clients were closed.", count) % {"count": count}
    return _told(request, "close", outcome, told)


@get("/clients/reopen", **requires(Permission.CLIENT_CLOSE))
async def confirm_reopen(request: AnyRequest, by: By) -> Response[Any]:
    """Name what would be opened again, and ask."""
    return await _ask(request, "reopen", request.query_params.getall("code", []), Form(), by=by)


@post("/clients/reopen", status_code=200, **requires(Permission.CLIENT_CLOSE))
async def reopen(request: AnyRequest, by: By) -> Response[Any]:
    """Open them again; those that were not closed are shown with their reasons."""
    form = await forms.read(request)
    outcome = await closing.reopen(codes_in(form.all("code")), by=by)
    count = len(outcome.changed)
    told = ngettext("One client is open again.", "%(count)s clients are open again.", count) % {"count": count}
    return _told(request, "reopen", outcome, told)


async def _ask(
    request: AnyRequest, act: str, codes: list[Any], form: Form, *, by: Actor, status: int = 200
) -> Response[Any]:
    chosen = await closing.preview(codes_in(codes), by=by)
    if not chosen:
        return redirect(request, "/staff/clients", toast=_("Select one or several clients first."), kind="warn")
    return page(request, "staff/clients/close.html", status=status, act=act, clients=chosen, refused=[], form=form)


def _told(request: AnyRequest, act: str, outcome: closing.Outcome, told: str) -> Response[Any]:
    if not outcome.refused:
        only = outcome.changed[0]["code"] if len(outcome.changed) == 1 else None
        return redirect(request, f"/staff/clients/{only}" if only else "/staff/clients", toast=told)
    toast = {"kind": "good", "text": told} if outcome.changed else None
    return page(
        request,
        "staff/clients/close.html",
        act=act,
        clients=[],
        refused=outcome.refused,
        form=Form(),
        toast=toast,
    )


ROUTES = [confirm_close, close, confirm_reopen, reopen]
