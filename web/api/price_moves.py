"""Renewing a service early, and moving services to a price list, over JSON: first what it costs, then doing it."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.billing import early_renewals, price_moves, services
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.api.services import WholeService, whole
from web.kit.visit import By

MOST = 200


class Renewing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`expected_units` is what was quoted, with tax, and `start` the first day of the period that is meant.

    When either is something else by now, nothing is done, so that the same sent twice charges once.
    """

    start: date
    expected_units: int | None = None


class QuotedRenewal(msgspec.Struct, kw_only=True):
    """The next period of a service, to before `end`, and what it costs."""

    start: date
    end: date
    currency: str
    discount_units: int
    net_units: int
    tax_rate: int
    tax_units: int
    gross_units: int


class Moved(msgspec.Struct, kw_only=True):
    """What a service pays for a period `now` and `then`; null, with a reason, where it stays."""

    service_id: int
    client: int
    name: str
    label: str
    currency: str
    next_on: date | None
    now: int
    then: int | None
    why_not: str


class MoveSum(msgspec.Struct, kw_only=True):
    """The services of one currency and length that would move, and what they pay for a period, now and then."""

    currency: str
    billing: str
    period_count: int
    period_unit: str
    services: int
    now: int
    then: int


class MovePreview(msgspec.Struct, kw_only=True):
    """What moving all services of a plan to this list would do. `items` are the first ones of `total`."""

    total: int
    is_cut: Annotated[bool, Meta(description="Only the first of the services were reckoned")]
    sums: list[MoveSum]
    items: list[Moved]


class MoveBegun(msgspec.Struct, kw_only=True):
    """The task that moves them; `GET /tasks/{task_id}` tells how far it is."""

    task_id: int


@get("/v1/services/{service_id:int}/renewal", **asks(Permission.SERVICE_UPDATE, may_conflict=True))
async def quote(by: By, service_id: FromPath[int]) -> QuotedRenewal:
    """Say what renewing a service early costs. Keeps nothing; 409 when it cannot be renewed."""
    found = await early_renewals.quote(service_id, by=by)
    return QuotedRenewal(
        start=found.period.start,
        end=found.period.end,
        currency=found.currency,
        discount_units=found.discount,
        net_units=found.net,
        tax_rate=found.tax.rate,
        tax_units=found.tax_units,
        gross_units=found.gross,
    )


@post("/v1/services/{service_id:int}/renew", status_code=200, **asks(Permission.SERVICE_UPDATE, body=Renewing))
async def renew(by: By, service_id: FromPath[int], sent: NamedDependency[Renewing]) -> WholeService:
    """Charge the next period now; 409 when it cannot be renewed or its account may not owe that much."""
    await early_renewals.renew(service_id, sent.expected_units, sent.start, by=by)
    return await whole(await services.get(service_id, by=by), by=by)


@get("/v1/price-lists/{list_id:int}/move", **asks(Permission.SERVICE_UPDATE, may_conflict=True))
async def preview(by: By, list_id: FromPath[int]) -> MovePreview:
    """Say what moving the services of a plan to this list would do. Changes nothing; 409 unless it is in force."""
    found = await price_moves.preview(list_id, by=by)
    return MovePreview(
        total=found.total,
        is_cut=found.is_cut,
        sums=[msgspec.convert(msgspec.to_builtins(one), MoveSum) for one in found.sums],
        items=[_moved(one) for one in found.moves[:MOST]],
    )


@post("/v1/price-lists/{list_id:int}/move", status_code=202, **asks(Permission.SERVICE_UPDATE))
async def start(by: By, list_id: FromPath[int]) -> MoveBegun:
    """Move them, each with its next period; 409 when there is nothing to move."""
    return MoveBegun(task_id=await price_moves.start(list_id, by=by))


def _moved(found: price_moves.Move) -> Moved:
    row: Any = found.service
    return answers.of(
        Moved,
        row,
        service_id=row["id"],
        client=row["client_code"],
        now=found.now,
        then=found.then,
        why_not=found.why_not,
    )


ROUTES = [quote, renew, preview, start]
