"""The ways to pay that a provider offers, over JSON."""

from typing import Annotated, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.billing import payment_methods
from core.billing.payment_methods import MethodValues
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.visit import By


class Method(msgspec.Struct, kw_only=True):
    """A payment method. `plugin` is "" for money that people record: `method` is bank_transfer, cash or other.

    `fee_percent` is in thousandths of a percent; amounts are minor units of its only currency. An empty list
    is all.
    """

    id: int
    name_en: str
    name_fr: str
    note_en: str
    note_fr: str
    plugin: str
    method: str
    currencies: list[str]
    fee_percent: int
    fee_units: int
    fee_bearer: Literal["provider", "client"]
    least_units: int | None
    most_units: int | None
    is_on: bool
    is_for_clients: bool
    companies: list[int]
    position: int
    created_at: Moment
    version: int


class MethodList(msgspec.Struct, kw_only=True):
    """The methods in the provider's order; none: the usual ones apply."""

    items: list[Method]


class MethodEdit(MethodValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the method as it is to be, and the version that was read."""

    version: int


class MethodMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far to move in the order: -1 is one up, 1 is one down; not beyond the ends."""

    steps: Annotated[int, Meta(description="-1 is one up, 1 is one down")]


@get("/v1/payment-methods", **asks(Permission.PAYMENT_READ))
async def index(by: By) -> MethodList:
    """List the payment methods."""
    return MethodList(items=[answers.of(Method, row) for row in await payment_methods.every(by=by)])


@post("/v1/payment-methods", **asks(Permission.PAYMENT_METHOD_MANAGE, body=MethodValues))
async def create(by: By, sent: NamedDependency[MethodValues]) -> Response[Method]:
    """Add a payment method; it comes last."""
    made = await payment_methods.create(sent, by=by)
    return answers.created(answers.of(Method, made), f"/payment-methods/{made['id']}")


@get("/v1/payment-methods/{method_id:int}", **asks(Permission.PAYMENT_READ))
async def show(by: By, method_id: FromPath[int]) -> Method:
    """Get one payment method."""
    return answers.of(Method, await payment_methods.get(method_id, by=by))


@patch("/v1/payment-methods/{method_id:int}", **asks(Permission.PAYMENT_METHOD_MANAGE, body=MethodEdit))
async def update(by: By, method_id: FromPath[int], sent: NamedDependency[MethodEdit]) -> Method:
    """Change a payment method; 409 when somebody else did since `version` was read."""
    values = part(MethodValues, sent)
    return answers.of(Method, await payment_methods.update(method_id, values, version=sent.version, by=by))


@post(
    "/v1/payment-methods/{method_id:int}/move",
    status_code=204,
    **asks(Permission.PAYMENT_METHOD_MANAGE, body=MethodMove),
)
async def move(by: By, method_id: FromPath[int], sent: NamedDependency[MethodMove]) -> None:
    """Move a payment method in the order."""
    await payment_methods.move(method_id, steps=sent.steps, by=by)


@delete("/v1/payment-methods/{method_id:int}", **asks(Permission.PAYMENT_METHOD_MANAGE))
async def remove(by: By, method_id: FromPath[int]) -> None:
    """Delete a payment method; 409 for one by which something was paid."""
    await payment_methods.delete(method_id, by=by)


ROUTES = [index, create, show, update, move, remove]
