"""Payments: the list of all, those of a client, one payment, recording, confirming, cancelling and giving back."""

from collections.abc import Awaitable
from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, policies
from core.accounts import clients
from core.actor import Actor
from core.billing import (
    accounts,
    allocations,
    offered_methods,
    payment_list,
    payment_methods,
    payment_reversals,
    payments,
    refunds,
)
from core.billing.payment_list import PaymentFilter
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, list_saving, money_lists
from web.staff.money_lists import MoneyList

HERE = "/staff/payments"
STATES = {"pending": N_("Pending"), "paid": N_("Paid"), "cancelled": N_("Cancelled"), "refunded": N_("Refunded")}
LABELS = money_lists.LABELS | {"reference": N_("Reference"), "state": N_("State"), "method": N_("Method")}
LIST = MoneyList(
    name="payments",
    filter=PaymentFilter,
    listed=payment_list,
    labels=LABELS,
    words=money_lists.named(state=STATES, method=payments.METHODS),
)


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """The day on which the money came."""

    day: date | None = None


@get("/payments", **requires(Permission.PAYMENT_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    found = await money_lists.read(request, LIST, by=by)
    sums = [("received", _("Received")), ("free", _("Advances")), ("pending", _("Pending"))]
    return page(
        request,
        "staff/payments/index.html",
        sums=sums,
        method_names=_methods(),
        **found,
    )


@get("/clients/{code:int}/payments", **requires(Permission.PAYMENT_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The newest payments of one client."""
    client = await clients.get(code, by=by)
    found = await payment_list.of_client(client["id"], by=by)
    may = policies.allows(by, Permission.PAYMENT_CREATE) and client["cleared_at"] is None
    return await client_tabs.show(
        request, client, "payments", by=by, rows=found, may_create=may, method_names=_methods()
    )


@get("/clients/{code:int}/payments/new", **requires(Permission.PAYMENT_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The empty form, begun with what is open."""
    client = await clients.get(code, by=by)
    account = request.query_params.get("account", "")
    begun = {"day": clock.today(by.tenant.timezone), "method": "bank_transfer", "account_id": account}
    return await _form(request, money_forms.begun(begun), client, by=by)


@post("/clients/{code:int}/payments", status_code=200, **requires(Permission.PAYMENT_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Record it."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        account = await money_lists.account_in(form, client, by=by)
        given = Form({name: value for name, value in form.values.items() if name != "account_id"})
        asked = money_forms.filled(given, NewPayment, account["currency"])
        made = await payments.create(account["id"], asked, key=money_forms.key_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), client, by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The payment was recorded."))


@get("/payments/{payment_id:int}", **requires(Permission.PAYMENT_READ))
async def show(request: AnyRequest, by: By, payment_id: FromPath[int]) -> Response[str]:
    """One payment, what it covers, and what became of it."""
    return await _show(request, payment_id, by=by)


@post("/payments/{payment_id:int}/confirm", status_code=200, **requires(Permission.PAYMENT_CREATE))
async def confirm(request: AnyRequest, by: By, payment_id: FromPath[int]) -> Response[Any]:
    """Its money came."""
    form = await forms.read(request)
    try:
        day = form.into(Arrival).day
    except Invalid as refusal:
        return await _show(request, payment_id, by=by, form=form.refused(refusal), status=422)
    done = payments.confirm(payment_id, day, by=by)
    return await _do(request, payment_id, form, done, _("The payment was confirmed."), by=by)


@post("/payments/{payment_id:int}/cancel", status_code=200, **requires(Permission.PAYMENT_CREATE))
async def cancel(request: AnyRequest, by: By, payment_id: FromPath[int]) -> Response[Any]:
    """Its money will not come."""
    form = await forms.read(request)
    done = payments.cancel(payment_id, form.get("reason"), by=by)
    return await _do(request, payment_id, form, done, _("The payment was cancelled."), by=by)


@post("/payments/{payment_id:int}/refund", status_code=200, **requires(Permission.PAYMENT_REFUND))
async def refund(request: AnyRequest, by: By, payment_id: FromPath[int]) -> Response[Any]:
    """Some of it went back."""
    payment = await payments.get(payment_id, by=by)
    form = await forms.read(request)
    try:
        asked = money_forms.filled(form, NewRefund, payment["currency"])
    except Invalid as refusal:
        return await _show(request, payment_id, by=by, form=form.refused(refusal), status=422)
    done = refunds.create(payment_id, asked, key=money_forms.key_of(form), by=by)
    return await _do(request, payment_id, form, done, _("The refund was recorded."), by=by)


@post("/payments/{payment_id:int}/reverse", status_code=200, **requires(Permission.PAYMENT_REFUND))
async def reverse(request: AnyRequest, by: By, payment_id: FromPath[int]) -> Response[Any]:
    """It was recorded by mistake."""
    form = await forms.read(request)
    done = payment_reversals.reverse(payment_id, form.get("reason"), by=by)
    return await _do(request, payment_id, form, done, _("The payment was taken back."), by=by)


async def _do(
    request: AnyRequest, payment_id: int, form: Form, done: Awaitable[Any], told: str, *, by: Actor
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        return await _show(request, payment_id, by=by, form=form.refused(refusal), status=422)
    except Conflict as conflict:
        return await _show(request, payment_id, by=by, form=form, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{payment_id}", toast=told)


async def _show(
    request: AnyRequest,
    payment_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    payment = await payments.get(payment_id, by=by)
    today = clock.today(by.tenant.timezone)
    return page(
        request,
        "staff/payments/show.html",
        status=status,
        payment=payment,
        form=form or money_forms.begun({"day": today, "kind": "refund"}),
        refused=refused,
        covers=await allocations.of_payment(payment_id),
        refunds=await refunds.of(payment_id, by=by),
        history=await payments.history(payment_id, by=by),
        state_names={key: _(label) for key, label in STATES.items()},
        method_names=_methods() | await _kept_name(payment, by=by),
        may_reverse=policies.allows(by, Permission.PAYMENT_REFUND) and not payment_reversals.why_not(payment),
        may_refund=policies.allows(by, Permission.PAYMENT_REFUND) and not refunds.why_not(payment),
    )


async def _form(request: AnyRequest, form: Form, client: Any, *, by: Actor, status: int = 200) -> Response[str]:
    held = await accounts.of(client["id"], by=by)
    offered = [one for account in held for one in await offered_methods.for_account(account, by=by) if one.kind]
    return page(
        request,
        "staff/payments/new.html",
        status=status,
        form=form,
        client=client,
        accounts=held,
        method_field="method_id" if any(one.id for one in offered) else "method",
        methods=list({one.id or one.method: one.name for one in offered}.items()),
        has_fee=any(one.fee.client for one in offered),
    )


async def _kept_name(payment: Any, *, by: Actor) -> dict[str, str]:
    """What the method is called by which the payment came, under its kind."""
    if payment["method_id"] is None:
        return {}
    kept = await payment_methods.get(payment["method_id"], by=by)
    return {payment["method"]: offered_methods.name(kept)}


def _methods() -> dict[str, str]:
    return {key: _(label) for key, label in payments.METHODS.items()}


ROUTES = [index, show_of_client, new, create, show, confirm, cancel, refund, reverse]
