"""Signing up: the form, the link in the mail, and the password that makes the client."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places
from core.accounts import client_fields, sign_up, terms
from core.accounts.fraud_checks import Stopped
from core.accounts.sign_up import NewSignUp, NotValid
from core.errors import Invalid, TooManyAttempts
from core.i18n import _
from web.kit import brands, forms
from web.kit.forms import Form
from web.kit.guards import public
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of

HERE = "/sign-up"
TRAP = "website"
"""A field that people do not see. Whoever fills it in is answered like everybody, and nothing comes of it."""


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The password, twice."""

    password: str
    password_again: str


@get(HERE, **public())
async def show(request: AnyRequest) -> Response[str]:
    """The form, as the provider wants it; there is none where it wants nobody, or the brand is closed."""
    settings = await sign_up.require_open()
    if closed := await brands.closed_page(request):
        return closed
    country = visit_of(request).tenant.country
    return await _form(request, settings, Form({"kind": "individual", "country": country}))


@post(HERE, status_code=200, **public())
async def ask(request: AnyRequest, by: By) -> Response[str]:
    """Send a link to the address; the answer is the same whoever has it."""
    settings = await sign_up.require_open()
    if closed := await brands.closed_page(request):
        return closed
    form = await forms.read(request)
    trapped = form.values.pop(TRAP, "")
    try:
        asked = form.into(NewSignUp)
        if not trapped:
            await sign_up.ask(asked, project_id=await brands.project_of(request), by=by)
    except Invalid as refusal:
        return await _form(request, settings, form.refused(refusal), status=422)
    except TooManyAttempts as refusal:
        return await _form(request, settings, form, status=429, retry_after=refusal.retry_after)
    return page(request, "portal/sign_up/sent.html", email=asked.email)


@get(f"{HERE}/{{token:str}}", **public())
async def show_link(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """The form behind the link: a password for the account."""
    await sign_up.require_open()
    try:
        return _choice(request, await sign_up.get(token), Form())
    except NotValid:
        return _gone(request)


@post(f"{HERE}/{{token:str}}", status_code=200, **public())
async def confirm(request: AnyRequest, by: By, token: FromPath[str]) -> Response[Any]:
    """Make the client; then sign in."""
    await sign_up.require_open()
    form = await forms.read(request)
    try:
        asked = await sign_up.get(token)
        chosen = form.into(Chosen)
        if chosen.password != chosen.password_again:
            raise Invalid({"password_again": _("The two passwords are not the same.")})
        await sign_up.confirm(token, chosen.password, by=by)
    except NotValid:
        return _gone(request)
    except Stopped as stopped:
        return page(request, "portal/sign_up/refused.html", status=409, refused=stopped.message)
    except Invalid as refusal:
        return _choice(request, asked, form.refused(refusal), status=422)
    return redirect(request, "/sign-in", toast=_("Your account is ready. Sign in with your address and password."))


async def _form(
    request: AnyRequest,
    settings: Mapping[str, Any],
    form: Form,
    *,
    status: int = 200,
    retry_after: int | None = None,
) -> Response[str]:
    response = page(
        request,
        "portal/sign_up/form.html",
        status=status,
        form=form,
        settings=settings,
        own_fields=await client_fields.shown(),
        terms=await terms.current(),
        countries=list(places.countries(i18n.current()).items()),
        retry_after=retry_after,
    )
    if retry_after is not None:
        response.set_header("Retry-After", str(retry_after))
    return response


def _choice(request: AnyRequest, asked: Any, form: Form, *, status: int = 200) -> Response[str]:
    return page(
        request,
        "portal/sign_up/confirm.html",
        status=status,
        form=form,
        email=asked["email"],
        action=request.url.path,
        is_gone=False,
    )


def _gone(request: AnyRequest) -> Response[str]:
    return page(request, "portal/sign_up/confirm.html", status=404, form=Form(), is_gone=True)


ROUTES: list[Any] = [show, ask, show_link, confirm]
