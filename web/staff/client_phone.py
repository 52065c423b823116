"""The telephone number of a client: where it stands, what happened, asking it again and letting it off."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import phone_channel, phone_decisions
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import client_tabs

HERE = "/clients/{code:int}/phone"


@get(HERE, **requires(Permission.FRAUD_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Where the client stands, and what happened."""
    return await _show(request, code, by=by)


@post(f"{HERE}/ask", status_code=200, **requires(Permission.PHONE_ASK))
async def ask(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Have the client verify its number once more."""
    try:
        await phone_decisions.ask(code, by=by)
    except Conflict as conflict:
        return await _show(request, code, refused=conflict.message, status=409, by=by)
    return _back(request, code, _("The client is asked before it orders or pays."))


@post(f"{HERE}/waive", status_code=200, **requires(Permission.PHONE_WAIVE))
async def waive(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Let the client off, with a reason."""
    form = await forms.read(request)
    try:
        await phone_decisions.waive(code, form.get("reason"), by=by)
    except Invalid as refusal:
        return await _show(request, code, form=form.refused(refusal), status=422, by=by)
    return _back(request, code, _("The client was let off."))


@post(f"{HERE}/take-back", status_code=200, **requires(Permission.PHONE_WAIVE))
async def take_back(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Ask the client again as any other."""
    try:
        await phone_decisions.take_back(code, by=by)
    except Conflict as conflict:
        return await _show(request, code, refused=conflict.message, status=409, by=by)
    return _back(request, code, _("The client is asked as any other."))


def _back(request: AnyRequest, code: int, told: str) -> Response[Any]:
    return redirect(request, f"/staff/clients/{code}/phone", toast=told)


async def _show(
    request: AnyRequest, code: int, *, form: Form | None = None, refused: str = "", status: int = 200, by: Actor
) -> Response[Any]:
    client, standing = await phone_decisions.standing(code, by=by)
    return await client_tabs.show(
        request,
        client,
        "phone",
        by=by,
        status=status,
        standing=standing,
        entries=await phone_decisions.history(client["code"], by=by),
        form=form or Form({}),
        refused=refused,
        can_send=await phone_channel.is_there(by=by),
    )


ROUTES: list[Any] = [show, ask, waive, take_back]
