"""Services over JSON: of all clients, what one would cost, ordering it, its states; and the billing run."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.actor import Actor
from core.billing import (
    billing_run,
    money_lists,
    service_list,
    service_prices,
    service_states,
    services,
)
from core.billing.service_list import ServiceFilter
from core.billing.services import NewService
from core.catalog.pricing import Price
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
State = Literal["pending", "active", "suspended", "ended"]


class Service(msgspec.Struct, kw_only=True):
    """What the client with the code `client` has, in one of its accounts (`account_id`, see balances).

    `full_units` less `discount_units` (minor units of `currency`, as list prices are) is the price of a period of
    `period_count` `period_unit`s. The next one begins on `next_on`; `parked` says what it waits for. It ends on
    `ends_on`. A change to `change_to` is planned for `change_on`.
    """

    id: int
    client: int
    account_id: int
    project_id: int
    plan_id: int
    product_id: int
    price_id: int
    name: str
    label: str
    state: State
    suspended_for: Literal["", "abuse", "unpaid", "request", "dunning"]
    billing: Literal["once", "period", "calendar", "daily"]
    period_count: int
    period_unit: Literal["", "day", "month", "year"]
    currency: str
    full_units: int
    discount_units: int
    addons: dict[str, int]
    next_on: date | None
    trial_until: date | None
    ends_on: date | None
    change_on: date | None
    change_to: str | None
    parked: Literal["", "funds"]
    created_at: Moment
    created_by: str


class Step(msgspec.Struct, kw_only=True):
    """That it came into a state: when, by whom, why."""

    state: State
    at: Moment
    actor_name: str
    reason: str


class WholeService(Service, kw_only=True):
    """A service and what became of it."""

    history: list[Step]


class ServicePage(msgspec.Struct, kw_only=True):
    """A page of services, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Service]
    next: str | None
    previous: str | None


class ServiceQuery(ServiceFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Services on a page")] = money_lists.PAGE


class Quoted(msgspec.Struct, kw_only=True):
    """What a service would cost if it began today: at once, and each period after that (null when there is none).

    Every price tells how it came about: its lines, discounts, tax and what was rounded.
    """

    at_once: int
    trial_until: date | None
    currency: str
    period_start: date | None
    period_end: date | None
    opening: Price
    setup: Price | None
    recurring: Price | None


class Suspending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Because of what, and why in words."""

    cause: Literal["abuse", "unpaid", "request"]
    reason: str


class Cancelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Now, or with the period that is paid for; and why."""

    when: Literal["period_end", "now"] = "period_end"
    reason: str = ""


class RunSum(msgspec.Struct, kw_only=True):
    """What a run would charge in one currency; `parked` of the expenses would wait for money."""

    currency: str
    services: int
    expenses: int
    units: int
    parked: int
    parked_units: int


class RunPreview(msgspec.Struct, kw_only=True):
    """What a billing run would do today. `is_cut`: only the first of the services that are due were reckoned."""

    day: date
    due: int
    ending: int
    sums: list[RunSum]
    is_cut: bool


class RunBegun(msgspec.Struct, kw_only=True):
    """The task that the run is; `GET /tasks/{task_id}` tells how far it is."""

    task_id: int


@get("/v1/services", **asks(Permission.SERVICE_READ, query=ServiceQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[ServiceQuery]) -> Response[ServicePage]:
    """List services of all clients, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await service_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = ServicePage(items=[_one(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post("/v1/balances/{account_id:int}/quote", status_code=200, **asks(Permission.SERVICE_CREATE, body=NewService))
async def quote(by: By, account_id: FromPath[int], sent: NamedDependency[NewService]) -> Quoted:
    """Say what a service would cost in this account if it began today. Keeps nothing."""
    found = await service_prices.quote(account_id, sent, by=by)
    return Quoted(
        at_once=found.at_once,
        trial_until=found.trial_until,
        currency=found.opening.currency,
        period_start=found.first.start if found.first else None,
        period_end=found.first.end if found.first else None,
        opening=found.opening,
        setup=found.setup,
        recurring=found.recurring,
    )


@post(
    "/v1/balances/{account_id:int}/services", **asks(Permission.SERVICE_CREATE, body=NewService, moves_money=True)
)
async def create(by: By, account_id: FromPath[int], sent: NamedDependency[NewService]) -> Response[WholeService]:
    """Order a service into an account; it is pending. 409 when there is none left."""
    made = await services.create(account_id, sent, by=by)
    return answers.created(await whole(made, by=by), f"/services/{made['id']}")


@get("/v1/services/{service_id:int}", **asks(Permission.SERVICE_READ))
async def show(by: By, service_id: FromPath[int]) -> WholeService:
    """Get one service and what became of it."""
    return await whole(await services.get(service_id, by=by), by=by)


@post("/v1/services/{service_id:int}/activate", status_code=200, **asks(Permission.SERVICE_UPDATE))
async def activate(by: By, service_id: FromPath[int]) -> WholeService:
    """Let a pending service begin today, and charge it; 409 when its account may not owe that much."""
    return await whole(await service_states.activate(service_id, by=by), by=by)


@post("/v1/services/{service_id:int}/suspend", status_code=200, **asks(Permission.SERVICE_UPDATE, body=Suspending))
async def suspend(by: By, service_id: FromPath[int], sent: NamedDependency[Suspending]) -> WholeService:
    """Stop an active service."""
    return await whole(await service_states.suspend(service_id, sent.cause, sent.reason, by=by), by=by)


@post("/v1/services/{service_id:int}/cancel", status_code=200, **asks(Permission.SERVICE_UPDATE, body=Cancelling))
async def cancel(by: By, service_id: FromPath[int], sent: NamedDependency[Cancelling]) -> WholeService:
    """End a service, now or with the period that is paid for."""
    return await whole(await service_states.cancel(service_id, sent.when, sent.reason, by=by), by=by)


@post("/v1/services/{service_id:int}/keep", status_code=200, **asks(Permission.SERVICE_UPDATE))
async def keep(by: By, service_id: FromPath[int]) -> WholeService:
    """Take a cancelling back before the service has ended."""
    return await whole(await service_states.keep(service_id, by=by), by=by)


@get("/v1/billing-run", **asks(Permission.SERVICE_BILL))
async def preview(by: By) -> RunPreview:
    """Say what a billing run would do today. Changes nothing."""
    found = await billing_run.preview(by=by)
    return RunPreview(
        day=found.day,
        due=found.due,
        ending=found.ending,
        sums=[answers.of(RunSum, row) for row in found.sums],
        is_cut=found.is_cut,
    )


@post("/v1/billing-run", status_code=202, **asks(Permission.SERVICE_BILL))
async def start(by: By) -> RunBegun:
    """Start the billing run; 409 when one is at work, or nothing is due."""
    return RunBegun(task_id=await billing_run.start(by=by))


def _one(row: Any, struct: Any = Service, **more: Any) -> Any:
    return answers.of(struct, row, client=row["client_code"], **more)


async def whole(row: Any, *, by: Actor) -> WholeService:
    """A service as answers have it, with what became of it."""
    steps = [answers.of(Step, step) for step in await services.history(row["id"], by=by)]
    found: WholeService = _one(row, WholeService, history=steps)
    return found


ROUTES = [index, quote, create, show, activate, suspend, cancel, keep, preview, start]
