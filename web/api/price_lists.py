"""Price lists over JSON: their prices and addons, what a draft changes, and publishing it."""

from datetime import date
from typing import Literal

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.catalog import plans, price_list_publishing, price_lists, price_sheets
from core.catalog.list_price import Addon as OfferedAddon
from core.catalog.list_price import Billing, Kind, Sheet, Stepping
from core.catalog.price_list_changes import What
from core.catalog.price_lists import PriceListChanges
from core.periods import Unit
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By

Standing = Literal["draft", "coming", "in_force", "past"]


class PriceList(msgspec.Struct, kw_only=True):
    """A price list of a plan. `standing` is that of today; a draft has no `valid_from`.

    `next_from`: who orders by the calendar on this day of a month or later pays the next period with it; 0 never.
    """

    id: int
    plan_id: int
    number: int
    standing: Standing
    next_from: int
    valid_from: date | None
    published_at: Moment | None
    published_by: str
    created_at: Moment
    version: int


class PriceListList(msgspec.Struct, kw_only=True):
    """The price lists of one plan, the newest first."""

    items: list[PriceList]


class Tier(msgspec.Struct, kw_only=True):
    """What one costs from the paid unit with this number on, in minor units of the currency."""

    from_quantity: int
    units: int


class ChoicePrice(msgspec.Struct, kw_only=True):
    """What a choice costs, in minor units of the currency."""

    choice_id: int
    name: str
    units: int


class Offer(msgspec.Struct, kw_only=True):
    """An addon as it is offered with a price: `minimum` and every `step` more, up to `maximum`."""

    addon_id: int
    name: str
    kind: Kind
    unit: str
    included: int
    minimum: int
    maximum: int
    step: int
    stepping: Stepping
    tiers: list[Tier]
    choices: list[ChoicePrice]


class Price(msgspec.Struct, kw_only=True):
    """One way to pay. Amounts are minor units of `currency`; what is paid once has no period."""

    id: int
    billing: Billing
    period_count: int | None
    period_unit: Unit | None
    currency: str
    units: int
    setup_units: int
    addons: list[Offer]


class WholePriceList(PriceList, kw_only=True):
    """A price list with its prices, and why a draft cannot be published yet."""

    prices: list[Price]
    lacks: list[str]


class Change(msgspec.Struct, kw_only=True):
    """One difference, in words and amounts; `old` or `new` is empty for what comes or goes."""

    what: What
    term: str
    subject: str
    old: str
    new: str


class ChangeList(msgspec.Struct, kw_only=True):
    """What a list changes against the published one before it."""

    items: list[Change]


class PriceListEdit(PriceListChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a draft, and the version that was read."""

    version: int


class Publishing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The day it is valid from, and the version that was read."""

    valid_from: date
    version: int


@get("/v1/plans/{plan_id:int}/price-lists", **asks(Permission.PRODUCT_READ))
async def index(by: By, plan_id: FromPath[int]) -> PriceListList:
    """List the price lists of a plan, the newest first."""
    await plans.get(plan_id, by=by)
    return PriceListList(items=[answers.of(PriceList, row) for row in await price_lists.of_plan(plan_id, by=by)])


@post("/v1/plans/{plan_id:int}/price-lists", **asks(Permission.PRODUCT_UPDATE))
async def begin(by: By, plan_id: FromPath[int]) -> Response[WholePriceList]:
    """Begin the next list as a copy of the last one; 409 while there is a draft."""
    made = await price_lists.begin(plan_id, by=by)
    return answers.created(await whole(made), f"/price-lists/{made['id']}")


@get("/v1/price-lists/{list_id:int}", **asks(Permission.PRODUCT_READ))
async def show(by: By, list_id: FromPath[int]) -> WholePriceList:
    """Get one price list with its prices."""
    return await whole(await price_lists.get(list_id, by=by))


@get("/v1/price-lists/{list_id:int}/changes", **asks(Permission.PRODUCT_READ))
async def changes(by: By, list_id: FromPath[int]) -> ChangeList:
    """Get what a list changes against the one before it."""
    found = await price_list_publishing.changes(list_id, by=by)
    return ChangeList(items=[answers.of(Change, one) for one in found])


@patch("/v1/price-lists/{list_id:int}", **asks(Permission.PRODUCT_UPDATE, body=PriceListEdit))
async def update(by: By, list_id: FromPath[int], sent: NamedDependency[PriceListEdit]) -> WholePriceList:
    """Change a draft; 403 once it is published, 409 when somebody else did since `version` was read."""
    wanted = PriceListChanges(next_from=sent.next_from)
    return await whole(await price_lists.update(list_id, wanted, version=sent.version, by=by))


@post("/v1/price-lists/{list_id:int}/publish", status_code=200,
      **asks(Permission.PRODUCT_UPDATE, body=Publishing))  # fmt: skip
async def publish(by: By, list_id: FromPath[int], sent: NamedDependency[Publishing]) -> WholePriceList:
    """Put a draft in force from a day on; 409 says what is missing. Nothing of it changes after that."""
    row = await price_list_publishing.publish(list_id, sent.valid_from, version=sent.version, by=by)
    return await whole(row)


@delete("/v1/price-lists/{list_id:int}", **asks(Permission.PRODUCT_UPDATE))
async def remove(by: By, list_id: FromPath[int]) -> None:
    """Delete a draft with its prices; 403 once it is published."""
    await price_lists.delete(list_id, by=by)


async def whole(row: Record) -> WholePriceList:
    """A price list with its prices."""
    sheets = await price_sheets.of_list(row["id"])
    lacks = price_list_publishing.lacking(sheets) if row["standing"] == "draft" else []
    return answers.of(WholePriceList, row, prices=[_price(sheet) for sheet in sheets], lacks=lacks)


def _price(sheet: Sheet) -> Price:
    return Price(
        id=sheet.price_id,
        billing=sheet.billing,
        period_count=sheet.length.count if sheet.length else None,
        period_unit=sheet.length.unit if sheet.length else None,
        currency=sheet.currency,
        units=sheet.units,
        setup_units=sheet.setup_units,
        addons=[_offer(addon) for addon in sheet.addons],
    )


def _offer(addon: OfferedAddon) -> Offer:
    same = ("name", "kind", "unit", "included", "minimum", "maximum", "step", "stepping")
    return Offer(
        addon_id=addon.id,
        tiers=[Tier(from_quantity=tier.start, units=tier.units) for tier in addon.tiers],
        choices=[ChoicePrice(choice_id=one.id, name=one.name, units=one.units) for one in addon.choices],
        **{name: getattr(addon, name) for name in same},
    )


ROUTES = [index, begin, show, changes, update, publish, remove]
