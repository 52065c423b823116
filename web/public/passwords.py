"""A forgotten password, and choosing one by a link from a mail."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import links
from core.errors import Invalid, TooManyAttempts
from core.i18n import _
from tenants import addresses
from web.kit import forms, session
from web.kit.forms import Form
from web.kit.guards import public
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By, visit_of


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """Whose password it is."""

    email: str


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The new password, twice."""

    password: str
    password_again: str


@get("/password", **public())
async def show_forgotten(request: AnyRequest) -> Response[str]:
    """The form that asks for a link."""
    return _forgotten(request, Form())


@post("/password", status_code=200, **public())
async def ask_for_link(request: AnyRequest) -> Response[str]:
    """Send a link if the address is known; the answer does not tell."""
    visit, form = visit_of(request), await forms.read(request)
    try:
        given = form.into(Forgotten)
        base_url = visit.tenant.base_url or addresses.link()
        await links.request_reset(given.email, tenant=visit.tenant, base_url=base_url, address=visit.address)
    except Invalid as refusal:
        return _forgotten(request, form.refused(refusal), status=422)
    except TooManyAttempts as refusal:
        return _forgotten(request, form, status=429, retry_after=refusal.retry_after)
    minutes = int(links.LASTS["password"].total_seconds()) // 60
    return page(request, "public/password_sent.html", minutes=minutes)


@get("/password/{token:str}", **public())
async def show_choice(request: AnyRequest, token: FromPath[str]) -> Response[str]:
    """The form behind a link."""
    try:
        return _choice(request, await links.get(token), Form())
    except links.NotValid:
        return _gone(request)


@post("/password/{token:str}", status_code=200, **public())
async def choose(request: AnyRequest, by: By, token: FromPath[str]) -> Response[Any]:
    """Put the new password in force; then sign in with it."""
    form = await forms.read(request)
    try:
        given = form.into(Chosen)
        if given.password != given.password_again:
            raise Invalid({"password_again": _("The two passwords are not the same.")})
        await links.use(token, given.password, by=by)
    except links.NotValid:
        return _gone(request)
    except Invalid as refusal:
        return await _refused(request, token, form.refused(refusal))
    session.leave(request)
    return redirect(request, "/sign-in", toast=_("Your password is set. You can sign in with it now."))


def _forgotten(
    request: AnyRequest, form: Form, *, status: int = 200, retry_after: int | None = None
) -> Response[str]:
    response = page(request, "public/password_forgotten.html", status=status, form=form, retry_after=retry_after)
    if retry_after is not None:
        response.set_header("Retry-After", str(retry_after))
    return response


async def _refused(request: AnyRequest, token: str, form: Form) -> Response[str]:
    try:
        return _choice(request, await links.get(token), form, status=422)
    except links.NotValid:
        return _gone(request)


def _choice(request: AnyRequest, link: Any, form: Form, *, status: int = 200) -> Response[str]:
    return page(
        request,
        "public/password_choose.html",
        status=status,
        form=form,
        action=request.url.path,
        purpose=link["purpose"],
        email=link["email"],
        is_gone=False,
    )


def _gone(request: AnyRequest) -> Response[str]:
    return page(request, "public/password_choose.html", status=404, form=Form(), is_gone=True)


ROUTES: list[Any] = [show_forgotten, ask_for_link, show_choice, choose]
