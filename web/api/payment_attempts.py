"""Payments through plugins over JSON: beginning one, how it stands, asking the gateway, giving back."""

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.billing import attempt_calls, attempt_captures, attempts
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class PaymentAttempt(msgspec.Struct, kw_only=True):
    """An attempt to pay into an account through a plugin, `fee_units` of it for the payment method.

    Of an authorized one its gateway holds `held_units`. `redirect` is where the client goes on, "" for nowhere.

    `parked` says why somebody has to look at it (currency, amount, twice, early, refused), "" for nothing.
    """

    id: int
    client: int
    account_id: int
    plugin: str
    method: str
    method_id: int | None
    fee_units: int
    state: Literal["started", "pending", "unknown", "authorized", "succeeded", "failed", "released", "refunded"]
    parked: str
    currency: str
    units: int
    held_units: int
    gateway_id: str
    redirect: str
    message: str
    payment_id: int | None
    created_at: Moment
    created_by: str


class PaymentAttemptList(msgspec.Struct, kw_only=True):
    """The newest attempts."""

    items: list[PaymentAttempt]


class NewAttempt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much, in minor units, and by which method of which plugin."""

    plugin: str
    method: str
    units: int


class GivingBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much goes back (minor units), and why."""

    units: int
    reason: str


class AttemptQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only those that somebody has to look at, or only those for which money is held."""

    parked: bool = False
    held: bool = False


class Capturing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of what is held is taken (minor units); all of it without."""

    units: int | None = None


@get("/v1/payment-attempts", **asks(Permission.PAYMENT_READ, query=AttemptQuery))
async def index(by: By, asked: NamedDependency[AttemptQuery]) -> PaymentAttemptList:
    """List the newest attempts to pay through plugins."""
    found = await attempts.latest(parked=asked.parked, held=asked.held, by=by)
    return PaymentAttemptList(items=[_one(row) for row in found])


@post(
    "/v1/balances/{account_id:int}/payment-attempts",
    **asks(Permission.PAYMENT_CREATE, body=NewAttempt, moves_money=True),
)
async def begin(by: By, account_id: FromPath[int], sent: NamedDependency[NewAttempt]) -> Response[PaymentAttempt]:
    """Begin to pay into an account; the gateway is asked by a job, so look again for its answer."""
    made = await attempts.begin(account_id, sent.plugin, sent.method, sent.units, by=by)
    return answers.created(_one(made), f"/payment-attempts/{made['id']}")


@get("/v1/payment-attempts/{attempt_id:int}", **asks(Permission.PAYMENT_READ))
async def show(by: By, attempt_id: FromPath[int]) -> PaymentAttempt:
    """Get one attempt."""
    return _one(await attempts.get(attempt_id, by=by))


@post("/v1/payment-attempts/{attempt_id:int}/look", status_code=200, **asks(Permission.PAYMENT_CREATE))
async def look(by: By, attempt_id: FromPath[int]) -> PaymentAttempt:
    """Let the gateway be asked how it stands; 409 when it cannot be."""
    await attempt_calls.look(attempt_id, by=by)
    return _one(await attempts.get(attempt_id, by=by))


@post("/v1/payment-attempts/{attempt_id:int}/settle", status_code=200, **asks(Permission.PAYMENT_CREATE))
async def settle(by: By, attempt_id: FromPath[int]) -> PaymentAttempt:
    """Note that somebody has seen to what was parked; 409 when nothing was."""
    return _one(await attempts.settle(attempt_id, by=by))


@post(
    "/v1/payment-attempts/{attempt_id:int}/capture",
    status_code=200,
    **asks(Permission.PAYMENT_CAPTURE, body=Capturing),
)
async def capture(by: By, attempt_id: FromPath[int], sent: NamedDependency[Capturing]) -> PaymentAttempt:
    """Let the gateway take what it holds; what it says is recorded then. 409 when nothing can be taken."""
    return _one(await attempt_captures.capture(attempt_id, sent.units, by=by))


@post("/v1/payment-attempts/{attempt_id:int}/void", status_code=200, **asks(Permission.PAYMENT_CAPTURE))
async def void(by: By, attempt_id: FromPath[int]) -> PaymentAttempt:
    """Let the gateway release what it holds; 409 when it cannot."""
    return _one(await attempt_captures.void(attempt_id, by=by))


@post(
    "/v1/payment-attempts/{attempt_id:int}/refund",
    status_code=200,
    **asks(Permission.PAYMENT_REFUND, body=GivingBack, moves_money=True),
)
async def refund(by: By, attempt_id: FromPath[int], sent: NamedDependency[GivingBack]) -> PaymentAttempt:
    """Ask the gateway to give money back; what it says is recorded then. 409 when it cannot."""
    return _one(await attempt_calls.give_back(attempt_id, sent.units, sent.reason, by=by))


def _one(row: Any) -> PaymentAttempt:
    return answers.of(PaymentAttempt, row, client=row["client_code"])


ROUTES = [index, begin, show, look, settle, capture, void, refund]
