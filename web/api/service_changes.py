"""Changing services over JSON: what a change would cost, doing or planning it, taking it back, and all of them."""

from datetime import date
from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.billing import service_changes
from core.billing.change_quotes import ChangeQuote
from core.billing.service_changes import NewChange
from core.catalog.pricing import Price
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By


class ChangedDays(msgspec.Struct, kw_only=True):
    """The days from `start` to before `end` of a charged period: `left_units` of what was charged for them,
    and `cost_units` from now on, both with tax.

    `net_units` and `tax_units` are charged for them, below zero given back. `price` is that of the whole period.
    """

    start: date
    end: date
    left_units: int
    cost_units: int
    net_units: int
    tax_units: int
    price: Price


class QuotedChange(msgspec.Struct, kw_only=True):
    """What a change costs: `units` at once with tax, below zero what is given back (`rest` says how), by the
    `days` of the periods that are charged; and each period after that.
    """

    on_day: date
    when: Literal["now", "renewal"]
    direction: Literal["upgrade", "downgrade"]
    rest: Literal["credit", "refund", "none"]
    units: int
    currency: str
    days: list[ChangedDays]
    recurring: Price


class Change(msgspec.Struct, kw_only=True):
    """A change of a service: what it has from `on_day` on, unless it was withdrawn."""

    id: int
    state: Literal["planned", "done", "withdrawn"]
    on_day: date
    old_name: str
    name: str
    plan_id: int
    price_id: int
    addons: dict[str, int]
    full_units: int
    discount_units: int
    created_at: Moment
    created_by: str


class ChangeList(msgspec.Struct, kw_only=True):
    """The changes of a service, the newest first."""

    items: list[Change]


@get("/v1/services/{service_id:int}/changes", **asks(Permission.SERVICE_READ))
async def index(by: By, service_id: FromPath[int]) -> ChangeList:
    """List what a service was changed to, and what is planned."""
    found = await service_changes.of_service(service_id, by=by)
    return ChangeList(items=[answers.of(Change, row) for row in found])


@post(
    "/v1/services/{service_id:int}/change-quote",
    status_code=200,
    **asks(Permission.SERVICE_UPDATE, body=NewChange),
)
async def quote(by: By, service_id: FromPath[int], sent: NamedDependency[NewChange]) -> QuotedChange:
    """Say what a change would cost today. Keeps nothing; 409 when the service cannot be changed."""
    return _quoted(await service_changes.quote(service_id, sent, by=by))


@post("/v1/services/{service_id:int}/changes", **asks(Permission.SERVICE_UPDATE, body=NewChange))
async def create(by: By, service_id: FromPath[int], sent: NamedDependency[NewChange]) -> Response[Change]:
    """Change a service now, or plan it; 409 when `expected_units` is not what it costs any more."""
    await service_changes.change(service_id, sent, by=by)
    made = (await service_changes.of_service(service_id, by=by))[0]
    return answers.created(answers.of(Change, made), f"/services/{service_id}/changes")


@post("/v1/services/{service_id:int}/changes/withdraw", status_code=200, **asks(Permission.SERVICE_UPDATE))
async def withdraw(by: By, service_id: FromPath[int]) -> ChangeList:
    """Take a planned change back; 409 when there is none."""
    await service_changes.withdraw(service_id, by=by)
    found = await service_changes.of_service(service_id, by=by)
    return ChangeList(items=[answers.of(Change, row) for row in found])


def _quoted(found: ChangeQuote) -> QuotedChange:
    days = [
        ChangedDays(
            start=part.period.start,
            end=part.period.end,
            left_units=part.left.gross,
            cost_units=part.cost.gross,
            net_units=part.moves.net,
            tax_units=part.moves.tax,
            price=part.price,
        )
        for part in found.parts
    ]
    more: dict[str, Any] = {"units": found.units, "currency": found.recurring.currency, "days": days}
    same = {name: getattr(found, name) for name in ("on_day", "when", "direction", "rest", "recurring")}
    return QuotedChange(**same, **more)


ROUTES = [index, quote, create, withdraw]
