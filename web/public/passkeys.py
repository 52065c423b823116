"""Signing in with a passkey: what the browser is asked for, and its answer."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.enums import MediaType

from core import policies
from core.accounts import passkey_signin
from core.errors import Invalid, TooManyAttempts
from web.kit import forms, session
from web.kit.guards import public
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import visit_of
from web.public import sign_in


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser answered, as JSON; `next` is the page that was asked for."""

    answer: str
    next: str = ""


@post("/sign-in/passkey/options", status_code=200, **public())
async def options(request: AnyRequest) -> Response[str]:
    """What the browser is asked for, as JSON."""
    visit = visit_of(request)
    asked = await passkey_signin.options(place=visit.place, seed=visit.seed, address=visit.address)
    return Response(asked, media_type=MediaType.JSON)


@post("/sign-in/passkey", status_code=200, **public())
async def enter(request: AnyRequest) -> Response[Any]:
    """Verify the answer; then on to the work."""
    visit, form = visit_of(request), await forms.read(request)
    policies.require_outside(visit.actor)
    try:
        given = form.into(Answer)
        outcome = await passkey_signin.sign_in(
            given.answer,
            place=visit.place,
            seed=visit.seed,
            tenant=visit.tenant,
            address=visit.address,
            agent=request.headers.get("user-agent", ""),
            request_id=visit.request_id,
            old=session.token_of(request),
        )
    except Invalid as refusal:
        return await sign_in.form_again(request, form.refused(refusal), status=422)
    except TooManyAttempts as refusal:
        return await sign_in.form_again(request, form, status=429, retry_after=refusal.retry_after)
    session.carry_on(request, outcome.token)
    return redirect(request, sign_in.onward(visit, given.next, outcome.kind))


ROUTES: list[Any] = [options, enter]
