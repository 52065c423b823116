"""Signing in and out."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post

from core import policies
from core.accounts import sign_up_settings, signin
from core.actor import Kind
from core.errors import Invalid, NotSignedIn, TooManyAttempts
from core.i18n import _
from web.kit import forms, session
from web.kit.forms import Form
from web.kit.guards import public
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.visit import By, Visit, visit_of
from web.public import inside

CODE_PAGE, ENROLMENT_PAGE = "/sign-in/code", "/account/two-factor"


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What the first form sends; `next` is the page that was asked for."""

    email: str
    password: str
    next: str = ""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What the second form sends."""

    code: str
    next: str = ""


@get("/sign-in", **public())
async def show(request: AnyRequest) -> Response[Any]:
    """The form; whoever is signed in goes on to the work."""
    if visit_of(request).actor.is_signed_in:
        return redirect(request, onward(visit_of(request), "", visit_of(request).actor.kind))
    return await form_again(request, Form({"next": request.query_params.get("next", "")}))


@post("/sign-in", status_code=200, **public())
async def sign_in(request: AnyRequest) -> Response[Any]:
    """Check the password; then on to the work, to the code, or to setting up the second factor."""
    visit, form = visit_of(request), await forms.read(request)
    policies.require_outside(visit.actor)
    try:
        given = form.into(Credentials)
        outcome = await signin.sign_in(
            given.email,
            given.password,
            tenant=visit.tenant,
            address=visit.address,
            agent=request.headers.get("user-agent", ""),
            request_id=visit.request_id,
            old=session.token_of(request),
        )
    except Invalid as refusal:
        return await form_again(request, form.refused(refusal), status=422)
    except TooManyAttempts as refusal:
        return await form_again(request, form, status=429, retry_after=refusal.retry_after)
    session.carry_on(request, outcome.token)
    if outcome.needs_second_factor:
        return redirect(request, _with_next(CODE_PAGE, given.next))
    return redirect(request, ENROLMENT_PAGE if outcome.must_enroll else onward(visit, given.next, outcome.kind))


@get(CODE_PAGE, **public())
async def show_code(request: AnyRequest) -> Response[Any]:
    """The form for the code, for whoever has passed the password."""
    if not _waits_for_code(visit_of(request)):
        return redirect(request, "/sign-in")
    return _code_form(request, Form({"next": request.query_params.get("next", "")}))


@post(CODE_PAGE, status_code=200, **public())
async def enter_code(request: AnyRequest, by: By) -> Response[Any]:
    """Check the code; the fifth wrong one leads back to the beginning."""
    visit, form = visit_of(request), await forms.read(request)
    if not _waits_for_code(visit):
        return redirect(request, "/sign-in")
    try:
        given = form.into(Code)
        token = await signin.enter_code(given.code, by=by, token=session.token_of(request))
    except Invalid as refusal:
        return _code_form(request, form.refused(refusal), status=422)
    except TooManyAttempts as refusal:
        return _code_form(request, form, status=429, retry_after=refusal.retry_after)
    except NotSignedIn as refusal:
        session.leave(request)
        return redirect(request, "/sign-in", toast=refusal.message, kind="bad")
    session.carry_on(request, token)
    kind = visit.signed_in.kind if visit.signed_in else "staff"
    return redirect(request, onward(visit, given.next, kind))


@post("/sign-out", status_code=200, **public())
async def sign_out(request: AnyRequest, by: By) -> Response[None]:
    """End the session, whether it was complete or not. Inside a client's account it is only left."""
    visit = visit_of(request)
    if visit.inside is not None:
        return await inside.end(request, visit.inside)
    await signin.sign_out(by=by)
    session.leave(request)
    return redirect(request, "/sign-in", toast=_("You are signed out."))


async def form_again(
    request: AnyRequest, form: Form, *, status: int = 200, retry_after: int | None = None
) -> Response[str]:
    """The page with this form and its errors."""
    is_open = (await sign_up_settings.in_force())["is_open"]
    return _answer(request, "public/sign_in.html", form, status, retry_after, can_sign_up=is_open)


def _code_form(
    request: AnyRequest, form: Form, *, status: int = 200, retry_after: int | None = None
) -> Response[str]:
    is_recovery = bool(request.query_params.get("recovery"))
    return _answer(request, "public/sign_in_code.html", form, status, retry_after, uses_recovery=is_recovery)


def _answer(
    request: AnyRequest, template: str, form: Form, status: int, retry_after: int | None, **more: Any
) -> Response[str]:
    response = page(request, template, status=status, form=form, retry_after=retry_after, **more)
    if retry_after is not None:
        response.set_header("Retry-After", str(retry_after))
    return response


def _waits_for_code(visit: Visit) -> bool:
    return visit.signed_in is not None and visit.signed_in.lacking == "code"


def onward(visit: Visit, wanted: str, kind: Kind) -> str:
    """The page that was asked for if it is one of ours, else where the work begins."""
    start = "/platform" if visit.tenant.is_platform else "/" if kind == "user" else "/staff"
    return local(wanted, start)


def _with_next(path: str, wanted: str) -> str:
    return f"{path}?{urlencode({'next': wanted})}" if wanted else path


ROUTES: list[Any] = [show, sign_in, show_code, enter_code, sign_out]
