"""Letting suspended services go on, over JSON: what each of the two ways costs, and doing it."""

from datetime import date

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.billing import resuming, service_states
from core.billing.missed import Missed
from core.billing.resuming import Way
from core.permissions import Permission
from web.api.reading import asks
from web.api.services import WholeService, whole
from web.kit.visit import By


class Resuming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`missed_time`: charge it with the next billing run, or skip it and go on from today; null is what is usual
    for what the service was suspended for."""

    missed_time: Missed | None = None


class ResumedPeriod(msgspec.Struct, kw_only=True):
    """A period that the next billing run will charge, to before `end`, with tax."""

    start: date
    end: date
    gross_units: int


class ResumedWay(msgspec.Struct, kw_only=True):
    """What going on one way costs by today; the period after that begins on `next_on`."""

    missed_time: Missed
    currency: str
    units: int
    periods: list[ResumedPeriod]
    next_on: date | None


class Resumption(msgspec.Struct, kw_only=True):
    """Both ways to go on, and the one that is usual."""

    usual: Missed
    ways: list[ResumedWay]


@get("/v1/services/{service_id:int}/resumption", **asks(Permission.SERVICE_UPDATE, may_conflict=True))
async def resumption(by: By, service_id: FromPath[int]) -> Resumption:
    """Say what letting a suspended service go on costs, either way; 409 when it is not suspended."""
    found = await resuming.quote(service_id, by=by)
    return Resumption(usual=found.usual, ways=[_way(one) for one in found.each])


@post("/v1/services/{service_id:int}/resume", status_code=200, **asks(Permission.SERVICE_UPDATE, body=Resuming))
async def resume(by: By, service_id: FromPath[int], sent: NamedDependency[Resuming]) -> WholeService:
    """Let a suspended service go on."""
    return await whole(await service_states.resume(service_id, missed_time=sent.missed_time, by=by), by=by)


def _way(found: Way) -> ResumedWay:
    periods = [
        ResumedPeriod(start=one.period.start, end=one.period.end, gross_units=one.gross) for one in found.charges
    ]
    return ResumedWay(
        missed_time=found.missed,
        currency=found.currency,
        units=found.units,
        periods=periods,
        next_on=found.next_on,
    )


ROUTES = [resumption, resume]
