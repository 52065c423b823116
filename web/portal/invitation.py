"""Behind the link of an invitation: joining with the account one has, or as somebody new."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import joining, memberships
from core.accounts.joining import NotValid
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from web.kit import forms, session
from web.kit.forms import Form
from web.kit.guards import public, signed_in
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/invitation/{token:str}"


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody new sends; whoever has an account here sends no name."""

    password: str
    password_again: str
    name: str = ""


@get(HERE, **public())
async def show(request: AnyRequest, by: By, token: FromPath[str]) -> Response[str]:
    """What one is invited to, and how to go on."""
    policies.require_outside(by)
    return await _show(request, token, Form(), by=by)


@post(HERE, status_code=200, **public())
async def join_anew(request: AnyRequest, by: By, token: FromPath[str]) -> Response[Any]:
    """Join with a password that is chosen here; then sign in with it."""
    form = await forms.read(request)
    try:
        chosen = form.into(Chosen)
        if chosen.password != chosen.password_again:
            raise Invalid({"password_again": _("The two passwords are not the same.")})
        await joining.accept_anew(token, chosen.name, chosen.password, by=by)
    except (NotValid, Conflict):
        return await _show(request, token, form, by=by)
    except Invalid as refusal:
        return await _show(request, token, form.refused(refusal), by=by, status=422)
    session.leave(request)
    return redirect(request, "/sign-in", toast=_("You are in. Sign in with your address and password."))


@post(f"{HERE}/join", status_code=200, **signed_in())
async def join(request: AnyRequest, by: By, token: FromPath[str]) -> Response[Any]:
    """Join as the person who is signed in, and go on there."""
    try:
        invitation = await joining.accept(token, by=by)
    except NotValid:
        return _gone(request)
    moved = await memberships.choose(invitation["client_code"], session.token_of(request), by=by)
    session.carry_on(request, moved)
    return redirect(request, "/", toast=_("Welcome to %(client)s.") % {"client": invitation["client_name"]})


async def _show(request: AnyRequest, token: str, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    try:
        invitation = await joining.get(token, by=by)
    except NotValid:
        return _gone(request)
    return page(
        request,
        "portal/invitation.html",
        status=status,
        is_gone=False,
        invitation=invitation,
        form=form,
        here=request.url.path,
    )


def _gone(request: AnyRequest) -> Response[str]:
    return page(request, "portal/invitation.html", status=404, form=Form(), is_gone=True)


ROUTES: list[Any] = [show, join_anew, join]
