"""Two-step sign-in: switching it on and off, and its recovery codes."""

from typing import Any

import msgspec
from litestar import Response, get, post

from core.accounts import second_factor
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from web.kit import forms, session
from web.kit.forms import Form
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/account/two-factor"


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A first code of the app."""

    code: str


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A code of the app, a recovery code, or the password."""

    secret: str


@get("/two-factor", **signed_in(enrolling=True))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """How it stands, and what to scan once that was begun."""
    return await _page(request, Form(), by=by)


@post("/two-factor/begin", status_code=200, **signed_in(enrolling=True))
async def begin(request: AnyRequest, by: By) -> Response[None]:
    """Make the secret that is then scanned."""
    await second_factor.begin(by=by)
    return redirect(request, HERE)


@post("/two-factor", status_code=200, **signed_in(enrolling=True))
async def confirm(request: AnyRequest, by: By) -> Response[Any]:
    """Switch it on by a first code, and show the recovery codes."""
    form = await forms.read(request)
    try:
        confirmed = await second_factor.confirm(form.into(Code).code, by=by, token=session.token_of(request))
    except Invalid as refusal:
        return await _page(request, form.refused(refusal), by=by, status=422)
    session.carry_on(request, confirmed.token)
    return page(request, "account/recovery_codes.html", codes=confirmed.recovery_codes, is_new=True)


@post("/two-factor/codes", status_code=200, **signed_in())
async def renew_codes(request: AnyRequest, by: By) -> Response[Any]:
    """New recovery codes instead of the old ones."""
    form = await forms.read(request)
    try:
        codes = await second_factor.new_recovery_codes(form.into(Secret).secret, by=by)
    except Invalid as refusal:
        return await _page(request, form.refused(refusal), by=by, status=422)
    return page(request, "account/recovery_codes.html", codes=codes, is_new=False)


@post("/two-factor/off", status_code=200, **signed_in())
async def switch_off(request: AnyRequest, by: By) -> Response[Any]:
    """Sign in with the password alone again."""
    form = await forms.read(request)
    try:
        token = await second_factor.disable(form.into(Secret).secret, by=by, token=session.token_of(request))
    except Invalid as refusal:
        return await _page(request, form.refused(refusal), by=by, status=422)
    session.carry_on(request, token)
    return redirect(request, HERE, toast=_("Two-step sign-in is off."))


async def _page(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    return page(
        request,
        "account/two_factor.html",
        status=status,
        form=Form(errors=form.errors),
        state=await second_factor.state(by=by),
        enrolment=await second_factor.enrolment(by=by),
    )


ROUTES: list[Any] = [show, begin, confirm, renew_codes, switch_off]
