"""Discounts over JSON: making, changing, ending them; promo codes; what reaches a client; trying a price."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core import clock, keyset
from core.accounts import clients
from core.catalog import discount_book, discount_list, discounts, price_trials, promo_codes
from core.catalog.discount_fields import DiscountChanges, NewDiscount
from core.catalog.discount_list import DiscountFilter
from core.catalog.discount_rules import Area, Kind, Lasts, Recipient
from core.catalog.price_trials import Trial
from core.catalog.pricing import Price
from core.catalog.promo_codes import NewPromoCode
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks, part
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200


class Discount(msgspec.Struct, kw_only=True):
    """A discount. `percent` is in thousandths, `units` and `least_units` in minor units of `currency`; `client` is
    a client's code, `uses` how many services had it. Of a group, product or plan that is gone the id is null."""

    id: int
    name: str
    state: Literal["now", "coming", "over", "ended"]
    kind: Kind
    percent: int
    units: int
    currency: str
    recipient: Recipient
    group_id: int | None
    client: int | None
    area: Area
    product_id: int | None
    plan_id: int | None
    period_count: int
    period_unit: str
    priority: int
    from_day: date | None
    until_day: date | None
    lasts: Lasts
    periods: int
    needs_code: bool
    is_first_order: bool
    least_quantity: int
    least_units: int
    with_set_up: bool
    uses: int
    created_at: Moment
    ended_at: Moment | None
    version: int


class DiscountPage(msgspec.Struct, kw_only=True):
    """A page of discounts, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Discount]
    next: str | None
    previous: str | None


class DiscountList(msgspec.Struct, kw_only=True):
    """Discounts that can reach a client."""

    items: list[Discount]


class DiscountQuery(DiscountFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Discounts on a page")] = keyset.PAGE


class DiscountEdit(DiscountChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


class PromoCode(msgspec.Struct, kw_only=True):
    """A code. `client` is the code of the client that it is for, null for all; a limit of null is none."""

    id: int
    code: str
    client: int | None
    most_uses: int | None
    most_per_client: int | None
    uses: int
    withdrawn_at: Moment | None
    created_at: Moment


class PromoCodeList(msgspec.Struct, kw_only=True):
    """The codes of a discount, the newest first."""

    items: list[PromoCode]


@get("/v1/discounts", **asks(Permission.DISCOUNT_READ, query=DiscountQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[DiscountQuery]) -> Response[DiscountPage]:
    """List discounts, page by page."""
    chosen = DiscountFilter(name=asked.name, state=asked.state, recipient=asked.recipient)
    found = await discount_list.page(chosen, after=asked.after, before=asked.before, size=asked.limit, by=by)
    content = DiscountPage(items=[_of(row, by) for row in found.rows], next=found.next, previous=found.previous)
    return answers.listed(request, content, following=found.next, previous=found.previous)


@post("/v1/discounts", **asks(Permission.DISCOUNT_CREATE, body=NewDiscount))
async def create(by: By, sent: NamedDependency[NewDiscount]) -> Response[Discount]:
    """Make a discount."""
    made = await discounts.create(sent, by=by)
    return answers.created(_of(made, by), f"/discounts/{made['id']}")


@get("/v1/discounts/{discount_id:int}", **asks(Permission.DISCOUNT_READ))
async def show(by: By, discount_id: FromPath[int]) -> Discount:
    """Get one discount."""
    return _of(await discounts.get(discount_id, by=by), by)


@patch("/v1/discounts/{discount_id:int}", **asks(Permission.DISCOUNT_UPDATE, body=DiscountEdit))
async def update(by: By, discount_id: FromPath[int], sent: NamedDependency[DiscountEdit]) -> Discount:
    """Change a discount; 409 when somebody else did since `version` was read, or it is ended."""
    return _of(await discounts.update(discount_id, part(DiscountChanges, sent), version=sent.version, by=by), by)


@post("/v1/discounts/{discount_id:int}/end", status_code=200, **asks(Permission.DISCOUNT_UPDATE))
async def end(by: By, discount_id: FromPath[int]) -> Discount:
    """End a discount: it lowers no price any more."""
    return _of(await discounts.end(discount_id, by=by), by)


@delete("/v1/discounts/{discount_id:int}", **asks(Permission.DISCOUNT_DELETE))
async def remove(by: By, discount_id: FromPath[int]) -> None:
    """Delete a discount with its codes; 409 when a service has had it."""
    await discounts.delete(discount_id, by=by)


@get("/v1/discounts/{discount_id:int}/codes", **asks(Permission.DISCOUNT_READ))
async def codes(by: By, discount_id: FromPath[int]) -> PromoCodeList:
    """List the promo codes of a discount."""
    found = await promo_codes.of_discount(discount_id, by=by)
    return PromoCodeList(items=[answers.of(PromoCode, row) for row in found])


@post("/v1/discounts/{discount_id:int}/codes", **asks(Permission.DISCOUNT_UPDATE, body=NewPromoCode))
async def add_code(by: By, discount_id: FromPath[int], sent: NamedDependency[NewPromoCode]) -> Response[PromoCode]:
    """Add a promo code; 409 when the discount needs none."""
    made = await promo_codes.create(discount_id, sent, by=by)
    return answers.created(answers.of(PromoCode, made, client=sent.client), f"/discounts/{discount_id}/codes")


@post("/v1/promo-codes/{code_id:int}/withdraw", status_code=204, **asks(Permission.DISCOUNT_UPDATE))
async def withdraw(by: By, code_id: FromPath[int]) -> None:
    """Withdraw a promo code: nobody can take it any more."""
    await promo_codes.withdraw(code_id, by=by)


@get("/v1/clients/{code:int}/discounts", **asks(Permission.DISCOUNT_READ))
async def of_client(by: By, code: FromPath[int]) -> DiscountList:
    """List the discounts that can reach a client."""
    client = await clients.get(code, by=by)
    reach = await discount_book.of_client(client["id"], day=clock.today(by.tenant.timezone), by=by)
    found = await discounts.some([one.id for one in reach.discounts], by=by)
    return DiscountList(items=[_of(row, by) for row in found])


@post("/v1/price-trials", status_code=200, **asks(Permission.DISCOUNT_READ, body=Trial))
async def attempt(by: By, sent: NamedDependency[Trial]) -> Price:
    """Try a price: what somebody would pay, with the trace of how it comes about. Nothing is written."""
    return await price_trials.attempt(sent, by=by)


def _of(row: Record, by: By) -> Discount:
    return answers.of(Discount, row, state=discount_list.state_of(row, clock.today(by.tenant.timezone)))


ROUTES = [
    index,
    create,
    show,
    update,
    end,
    remove,
    codes,
    add_code,
    withdraw,
    of_client,
    attempt,
]
