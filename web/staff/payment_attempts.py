"""Payments through plugins: each attempt, what its gateway said, and what somebody has to look at."""

from collections.abc import Awaitable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import money, policies
from core.actor import Actor
from core.billing import attempt_calls, attempt_captures, attempt_news, attempts
from core.billing.refunds import NewRefund
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/staff/payment-attempts"


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what is held is taken."""

    units: int


STANDINGS = {
    "pending": N_("Waits"),
    "authorized": N_("Held"),
    "succeeded": N_("Paid"),
    "failed": N_("Failed"),
    "refunded": N_("Refunded"),
    "charged_back": N_("Charged back"),
    "unknown": N_("No answer"),
}
OUTCOMES = {
    "applied": N_("recorded"),
    "known": N_("known already"),
    "late": N_("came too late"),
    "parked": N_("to be looked at"),
    "failed": N_("failed"),
}


@get("/payment-attempts", **requires(Permission.PAYMENT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The newest attempts, or those that somebody has to look at."""
    parked, held = (request.query_params.get(name, "") == "1" for name in ("parked", "held"))
    return page(
        request,
        "staff/payment_attempts/index.html",
        rows=await attempts.latest(parked=parked, held=held, by=by),
        parked=parked,
        held=held,
        sees_all=by.projects is None and by.groups is None,
        reasons={key: _(text) for key, text in attempts.PARKED.items()},
    )


@get("/payment-attempts/{attempt_id:int}", **requires(Permission.PAYMENT_READ))
async def show(request: AnyRequest, by: By, attempt_id: FromPath[int]) -> Response[str]:
    """One attempt and its history."""
    return await _show(request, attempt_id, by=by)


@post("/payment-attempts/{attempt_id:int}/look", status_code=200, **requires(Permission.PAYMENT_CREATE))
async def look(request: AnyRequest, by: By, attempt_id: FromPath[int]) -> Response[Any]:
    """Ask the gateway how it stands."""
    done = attempt_calls.look(attempt_id, by=by)
    return await _do(request, attempt_id, done, _("The gateway is being asked."), by=by)


@post("/payment-attempts/{attempt_id:int}/settle", status_code=200, **requires(Permission.PAYMENT_CREATE))
async def settle(request: AnyRequest, by: By, attempt_id: FromPath[int]) -> Response[Any]:
    """Somebody has seen to it."""
    return await _do(request, attempt_id, attempts.settle(attempt_id, by=by), _("It was noted."), by=by)


@post("/payment-attempts/{attempt_id:int}/capture", status_code=200, **requires(Permission.PAYMENT_CAPTURE))
async def capture(request: AnyRequest, by: By, attempt_id: FromPath[int]) -> Response[Any]:
    """Ask the gateway to take what it holds, or a part of it."""
    attempt = await attempts.get(attempt_id, by=by)
    form = await forms.read(request)
    try:
        units = money_forms.filled(form, Taking, attempt["currency"]).units
    except Invalid as refusal:
        return await _show(request, attempt_id, taking=form.refused(refusal), status=422, by=by)
    done = attempt_captures.capture(attempt_id, units, once=money_forms.key_of(form), by=by)
    return await _do(request, attempt_id, done, _("The gateway is being asked."), taking=form, by=by)


@post("/payment-attempts/{attempt_id:int}/void", status_code=200, **requires(Permission.PAYMENT_CAPTURE))
async def void(request: AnyRequest, by: By, attempt_id: FromPath[int]) -> Response[Any]:
    """Ask the gateway to release what it holds."""
    form = await forms.read(request)
    done = attempt_captures.void(attempt_id, once=money_forms.key_of(form), by=by)
    return await _do(request, attempt_id, done, _("The gateway is being asked."), by=by)


@post("/payment-attempts/{attempt_id:int}/refund", status_code=200, **requires(Permission.PAYMENT_REFUND))
async def refund(request: AnyRequest, by: By, attempt_id: FromPath[int]) -> Response[Any]:
    """Ask the gateway to give money back."""
    attempt = await attempts.get(attempt_id, by=by)
    form = await forms.read(request)
    try:
        asked = money_forms.filled(form, NewRefund, attempt["currency"])
    except Invalid as refusal:
        return await _show(request, attempt_id, form=form.refused(refusal), status=422, by=by)
    done = attempt_calls.give_back(attempt_id, asked.units, asked.reason, by=by)
    return await _do(request, attempt_id, done, _("The gateway is being asked."), form=form, by=by)


async def _do(
    request: AnyRequest,
    attempt_id: int,
    done: Awaitable[Any],
    told: str,
    *,
    form: Form | None = None,
    taking: Form | None = None,
    by: Actor,
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        if taking is not None:
            return await _show(request, attempt_id, taking=taking.refused(refusal), status=422, by=by)
        return await _show(request, attempt_id, form=(form or Form()).refused(refusal), status=422, by=by)
    except Conflict as conflict:
        return await _show(request, attempt_id, form=form, refused=conflict.message, status=409, by=by)
    return redirect(request, f"{HERE}/{attempt_id}", toast=told)


async def _show(
    request: AnyRequest,
    attempt_id: int,
    *,
    form: Form | None = None,
    taking: Form | None = None,
    refused: str = "",
    status: int = 200,
    by: Actor,
) -> Response[str]:
    attempt = await attempts.get(attempt_id, by=by)
    able = await attempt_captures.can(attempt, by=by)
    may_take = policies.allows(by, Permission.PAYMENT_CAPTURE)
    held = money.written(attempt["held_units"], attempt["currency"])
    return page(
        request,
        "staff/payment_attempts/show.html",
        status=status,
        attempt=attempt,
        form=form or money_forms.begun({}),
        taking=taking or money_forms.begun({"units": held}),
        captures=await attempt_captures.of(attempt_id, by=by),
        may_capture=may_take and able.captures,
        may_void=may_take and able.voids,
        in_part=able.captures_in_part,
        refused=refused,
        events=await attempts.events(attempt_id, by=by),
        refunds=await attempt_calls.refunds_of(attempt_id, by=by),
        reasons={key: _(text) for key, text in attempts.PARKED.items()},
        standings={key: _(text) for key, text in STANDINGS.items()},
        outcomes={key: _(text) for key, text in OUTCOMES.items()},
        may_look=attempt["state"] in attempt_news.WAITING and policies.allows(by, Permission.PAYMENT_CREATE),
        may_refund=attempt["state"] == "succeeded" and policies.allows(by, Permission.PAYMENT_REFUND),
    )


ROUTES = [index, show, look, settle, capture, void, refund]
