"""Verifying the client's telephone number: the number, the code that an SMS brings, and the way back."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post

from core import i18n, places
from core.accounts import own_phone
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import Conflict, Invalid, TooManyAttempts
from core.i18n import _
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.visit import By

HERE = "/phone"
EDIT = in_client(Right.PROFILE_UPDATE)


@get(HERE, **in_client())
async def show(request: AnyRequest, by: By) -> Response[str]:
    """Where the client stands, and the form that comes next."""
    return await _show(request, Form(dict(request.query_params)), by=by)


@post(HERE, status_code=200, **EDIT)
async def send(request: AnyRequest, by: By) -> Response[Any]:
    """Send a code to a number."""
    form = await forms.read(request)
    try:
        await own_phone.send(form.get("phone"), by=by)
    except Invalid as refusal:
        return await _show(request, form.refused(refusal), status=422, by=by)
    except Conflict as conflict:
        return await _show(request, form, refused=conflict.message, status=409, by=by)
    except TooManyAttempts as full:
        return await _show(request, form, refused=full.message, retry_after=full.retry_after, status=429, by=by)
    return redirect(request, f"{HERE}?{urlencode({'next': _back(form)})}", toast=_("The code is on its way."))


@post(f"{HERE}/code", status_code=200, **EDIT)
async def confirm(request: AnyRequest, by: By) -> Response[Any]:
    """Try the code; then back to where somebody was going."""
    form = await forms.read(request)
    try:
        await own_phone.confirm(form.get("code"), by=by)
    except Invalid as refusal:
        return await _show(request, form.refused(refusal), status=422, by=by)
    return redirect(request, _back(form), toast=_("Thank you. Your telephone number is verified."))


def _back(form: Form) -> str:
    back = local(form.get("next"), "/")
    return "/" if back.partition("?")[0].rstrip("/") == HERE else back


async def _show(
    request: AnyRequest,
    form: Form,
    *,
    refused: str = "",
    retry_after: int | None = None,
    status: int = 200,
    by: Actor,
) -> Response[str]:
    own, countries = await own_phone.get(by=by), places.countries(i18n.current())
    response = page(
        request,
        "portal/phone/show.html",
        status=status,
        form=Form({"phone": own.suggested} | form.values | {"code": ""}, form.errors),
        own=own,
        back=_back(form),
        refused=refused,
        wants_other=bool(form.get("other")),
        countries=[countries.get(country, country) for country in own.countries],
    )
    if retry_after is not None:
        response.set_header("Retry-After", str(retry_after))
    return response


ROUTES: list[Any] = [show, send, confirm]
