"""What gateways say that does not agree with what is here, over JSON."""

from typing import Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.billing import payment_differences
from core.billing.payment_differences import Kind, State
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class Difference(msgspec.Struct, kw_only=True):
    """What a gateway says about a payment: `kind` is nobody (begun by nobody here), missing, amount or state.

    `units` in `currency` are what it says; `attempt_id` is None for nobody's.
    """

    id: int
    plugin: str
    kind: Kind
    source: str
    attempt_id: int | None
    key: str
    gateway_id: str
    standing: str
    currency: str
    units: int | None
    message: str
    state: State
    payment_id: int | None
    reason: str
    found_at: Moment
    closed_at: Moment | None
    closed_by: str


class DifferenceList(msgspec.Struct, kw_only=True):
    """The newest of a state."""

    items: list[Difference]


class DifferenceQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of a state, of all kinds and plugins or of one."""

    state: State = "open"
    kind: Kind | None = None
    plugin: str = ""


class Matching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which attempt it is about; none for the one that it is known to be about."""

    attempt_id: int | None = None


class Recording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Into which account (see balances) nobody's money goes."""

    account_id: int


class Dismissal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it stays as it is."""

    reason: str


@get("/v1/payment-differences", **asks(Permission.PAYMENT_READ, query=DifferenceQuery))
async def index(by: By, asked: NamedDependency[DifferenceQuery]) -> DifferenceList:
    """List what does not agree with gateways."""
    found = await payment_differences.latest(state=asked.state, kind=asked.kind, plugin=asked.plugin, by=by)
    return DifferenceList(items=[_one(row) for row in found])


@get("/v1/payment-differences/{difference_id:int}", **asks(Permission.PAYMENT_READ))
async def show(by: By, difference_id: FromPath[int]) -> Difference:
    """Get one of them."""
    return _one(await payment_differences.get(difference_id, by=by))


@post(
    "/v1/payment-differences/{difference_id:int}/record",
    status_code=200,
    **asks(Permission.PAYMENT_CREATE, body=Matching),
)
async def record(by: By, difference_id: FromPath[int], sent: NamedDependency[Matching]) -> Difference:
    """Let what the gateway said count for its attempt; 409 when nothing of it can be recorded by itself."""
    return _one(await payment_differences.record(difference_id, attempt_id=sent.attempt_id, by=by))


@post(
    "/v1/payment-differences/{difference_id:int}/record-into",
    status_code=200,
    **asks(Permission.PAYMENT_CREATE, body=Recording),
)
async def record_into(by: By, difference_id: FromPath[int], sent: NamedDependency[Recording]) -> Difference:
    """Record nobody's money as a payment into an account."""
    return _one(await payment_differences.record_into(difference_id, sent.account_id, by=by))


@post(
    "/v1/payment-differences/{difference_id:int}/dismiss",
    status_code=200,
    **asks(Permission.PAYMENT_CREATE, body=Dismissal),
)
async def dismiss(by: By, difference_id: FromPath[int], sent: NamedDependency[Dismissal]) -> Difference:
    """Leave it as it is; the same is not found again."""
    return _one(await payment_differences.dismiss(difference_id, sent.reason, by=by))


def _one(row: Any) -> Difference:
    return answers.of(Difference, row)


ROUTES: list[Any] = [index, show, record, record_into, dismiss]
