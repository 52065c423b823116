"""Entering with a client's rights, from the list and from the client's page. Reading a page never enters."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import impersonation
from core.actor import Actor
from core.errors import Conflict, Invalid, NotSignedIn
from core.i18n import _
from core.permissions import Permission
from web.kit import cookies, forms, proving, session
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.visit import By, visit_of
from web.staff.client_removal import codes_in


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody enters, and the code or password when he has not shown it lately."""

    reason: str = ""
    code: str = ""


@get("/enter", **requires(Permission.CLIENT_IMPERSONATE))
async def choose(request: AnyRequest, by: By) -> Response[None]:
    """From the list: on to the question why, for the one client that was selected."""
    codes, back = set(codes_in(request.query_params.getall("code", []))), _back(request, "/staff/clients")
    if len(codes) != 1:
        return redirect(request, back, toast=_("Select one client to enter its account."), kind="warn")
    try:
        client = await impersonation.client_to_enter(codes.pop(), by=by)
    except Conflict as refusal:
        return redirect(request, back, toast=refusal.message, kind="warn")
    return redirect(request, f"/staff/clients/{client['code']}/enter?{urlencode({'back': back})}")


@get("/clients/{code:int}/enter", **requires(Permission.CLIENT_IMPERSONATE))
async def ask(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """Ask why, and for a proof when the last one is old."""
    return await _form(request, code, Form(), by=by)


@post("/clients/{code:int}/enter", status_code=200, **requires(Permission.CLIENT_IMPERSONATE))
async def enter(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Enter; from then on the portal's pages are the client's."""
    visit, form = visit_of(request), await forms.read(request)
    await impersonation.client_to_enter(code, by=by)
    await impersonation.require_startable(by)
    try:
        given = form.into(Reason)
        impersonation.checked_reason(given.reason)
        signed_in = await proving.proved(request, given.code)
        token = await impersonation.start(
            code, given.reason, back=_back(request, _page_of(code)), signed_in=signed_in
        )
    except Invalid as refusal:
        return await _form(request, code, form.refused(refusal), by=by, status=422)
    except NotSignedIn as refusal:
        session.leave(request)
        return redirect(request, "/sign-in", toast=refusal.message, kind="bad")
    visit.cookies.append(cookies.write(cookies.INSIDE, token, visit.settings))
    visit.focus = None
    return redirect(request, "/")


@post("/leave", **requires(Permission.CLIENT_IMPERSONATE))
async def leave(request: AnyRequest, by: By) -> Response[None]:
    """End the visit that goes on in another window."""
    await impersonation.leave(by=by)
    visit_of(request).cookies.append(cookies.forget(cookies.INSIDE, visit_of(request).settings))
    toast = _("You are out of the client’s account.")
    return redirect(request, _back(request, "/staff/clients"), toast=toast)


async def _form(request: AnyRequest, code: int, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    client = await impersonation.client_to_enter(code, by=by)
    return page(
        request,
        "staff/clients/enter.html",
        status=status,
        client=client,
        form=Form({"reason": form.get("reason")}, form.errors),
        back=_back(request, _page_of(code)),
        needs_proof=proving.is_needed(request),
        inside_already=await impersonation.going_on(by=by),
        minutes=int(impersonation.LONGEST.total_seconds() // 60),
    )


def _back(request: AnyRequest, otherwise: str) -> str:
    return local(request.query_params.get("back", ""), otherwise)


def _page_of(code: int) -> str:
    return f"/staff/clients/{code}"


ROUTES = [choose, ask, enter, leave]
