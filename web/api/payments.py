"""Payments over JSON: of all clients, recording, confirming, cancelling and giving back."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.actor import Actor
from core.billing import allocations, money_lists, payment_list, payment_reversals, payments, refunds
from core.billing.payment_list import PaymentFilter
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
State = Literal["pending", "paid", "cancelled", "refunded"]


class Payment(msgspec.Struct, kw_only=True):
    """Money that came into an account (`account_id`, see balances) of the client with the code `client`.

    Amounts are minor units of `currency`: of `units`, `allocated_units` cover expenses, `refunded_units` went back
    and `free_units` are an advance. A `pending` one was announced and counts for nothing.
    """

    id: int
    client: int
    account_id: int
    project_id: int
    method: str
    method_id: int | None
    state: State
    currency: str
    units: int
    allocated_units: int
    refunded_units: int
    free_units: int
    day: date
    reference: str
    note: str
    created_at: Moment
    created_by: str


class Covered(msgspec.Struct, kw_only=True):
    """That `units` of the payment cover an expense."""

    expense_id: int
    units: int


class Refund(msgspec.Struct, kw_only=True):
    """What went back of it."""

    kind: Literal["refund", "chargeback"]
    units: int
    day: date
    reason: str
    created_at: Moment
    created_by: str


class WholePayment(Payment, kw_only=True):
    """A payment with what it covers and what went back."""

    covers: list[Covered]
    refunds: list[Refund]


class PaymentPage(msgspec.Struct, kw_only=True):
    """A page of payments, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Payment]
    next: str | None
    previous: str | None


class PaymentQuery(PaymentFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Payments on a page")] = money_lists.PAGE


class Arrival(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day on which the money came, today without one."""

    day: date | None = None


class Cancelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the money will not come, or the payment was a mistake."""

    reason: str


@get("/v1/payments", **asks(Permission.PAYMENT_READ, query=PaymentQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[PaymentQuery]) -> Response[PaymentPage]:
    """List payments of all clients, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await payment_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = PaymentPage(items=[_one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post(
    "/v1/balances/{account_id:int}/payments", **asks(Permission.PAYMENT_CREATE, body=NewPayment, moves_money=True)
)
async def create(by: By, account_id: FromPath[int], sent: NamedDependency[NewPayment]) -> Response[WholePayment]:
    """Record a payment into an account; it covers the oldest open expenses."""
    made = await payments.create(account_id, sent, by=by)
    return answers.created(await _whole(made, by=by), f"/payments/{made['id']}")


@get("/v1/payments/{payment_id:int}", **asks(Permission.PAYMENT_READ))
async def show(by: By, payment_id: FromPath[int]) -> WholePayment:
    """Get one payment, what it covers and what went back."""
    return await _whole(await payments.get(payment_id, by=by), by=by)


@post("/v1/payments/{payment_id:int}/confirm", status_code=200, **asks(Permission.PAYMENT_CREATE, body=Arrival))
async def confirm(by: By, payment_id: FromPath[int], sent: NamedDependency[Arrival]) -> WholePayment:
    """Note that the money of a pending payment came; 409 for any other."""
    return await _whole(await payments.confirm(payment_id, sent.day, by=by), by=by)


@post("/v1/payments/{payment_id:int}/cancel", status_code=200, **asks(Permission.PAYMENT_CREATE, body=Cancelling))
async def cancel(by: By, payment_id: FromPath[int], sent: NamedDependency[Cancelling]) -> WholePayment:
    """Note that the money of a pending payment will not come; 409 for any other."""
    return await _whole(await payments.cancel(payment_id, sent.reason, by=by), by=by)


@post(
    "/v1/payments/{payment_id:int}/refund",
    status_code=200,
    **asks(Permission.PAYMENT_REFUND, body=NewRefund, moves_money=True),
)
async def refund(by: By, payment_id: FromPath[int], sent: NamedDependency[NewRefund]) -> WholePayment:
    """Note that money of a payment went back; 409 when the account may not owe what it then would."""
    return await _whole(await refunds.create(payment_id, sent, by=by), by=by)


@post("/v1/payments/{payment_id:int}/reverse", status_code=200, **asks(Permission.PAYMENT_REFUND, body=Cancelling))
async def reverse(by: By, payment_id: FromPath[int], sent: NamedDependency[Cancelling]) -> WholePayment:
    """Take a payment back that was recorded by mistake; 409 when some of it went back, or it is not paid."""
    return await _whole(await payment_reversals.reverse(payment_id, sent.reason, by=by), by=by)


def _one(row: Any, struct: Any = Payment, **more: Any) -> Any:
    return answers.of(struct, row, client=row["client_code"], **more)


async def _whole(row: Any, *, by: Actor) -> WholePayment:
    covers = [Covered(expense_id=one["id"], units=one["units"]) for one in await allocations.of_payment(row["id"])]
    gone = [answers.of(Refund, one) for one in await refunds.of(row["id"], by=by)]
    whole: WholePayment = _one(row, WholePayment, covers=covers, refunds=gone)
    return whole


ROUTES = [index, create, show, confirm, cancel, refund, reverse]
