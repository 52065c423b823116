"""The catalogue of the demo: hosting and servers in plans, with addons, last year's prices and this year's."""

from datetime import date, timedelta
from typing import Any

import msgspec

from core import clock, i18n, policies
from core.actor import Actor
from core.catalog import (
    addon_offers,
    addons,
    plans,
    price_list_publishing,
    price_lists,
    price_sheets,
    prices,
    product_types,
    products,
)
from core.catalog.addon_choices import AddonChoiceValues
from core.catalog.addon_offers import AddonPriceValues, OfferValues
from core.catalog.addons import Kind, NewAddon
from core.catalog.list_price import Billing, Sheet
from core.catalog.plans import NewPlan
from core.catalog.price_lists import PriceListChanges
from core.catalog.prices import NewPrice, PriceChanges
from core.catalog.products import NewProduct, State
from core.i18n import N_, _
from tenants.demo.cast import DemoProvider

YEAR = 10
"""A year costs as much as so many months."""


class DemoAddon(msgspec.Struct, frozen=True, kw_only=True):
    """An addon, and what one costs by the month: (from so many paid ones on, units), or for each choice."""

    name: str
    kind: Kind
    unit: str = ""
    choices: tuple[str, ...] = ()
    costs: tuple[tuple[int, int], ...]
    step: int = 1
    maximum: int = 1000


class DemoProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its plans: name, price by the month, and how many of the first addon are included."""

    type: int
    name: str
    description: str
    plans: tuple[tuple[str, int, int], ...]
    addons: tuple[DemoAddon, ...] = ()
    billing: Billing = "period"
    setup: int = 0
    state: State = "on_sale"
    stock: int | None = None
    trial_days: int = 0
    is_for_group: bool = False


DISK = DemoAddon(
    name=N_("Disk space"), kind="quantity", unit=N_("GB"), costs=((1, 20), (51, 15), (201, 10)), step=10
)
BACKUPS = DemoAddon(name=N_("Daily backups"), kind="switch", costs=((1, 300),))
SYSTEM = DemoAddon(
    name=N_("Operating system"),
    kind="choice",
    choices=("Debian 13", "Ubuntu 24.04", "AlmaLinux 10", "Windows Server"),
    costs=((1, 0), (2, 0), (3, 0), (4, 1900)),
)
ADDRESSES = DemoAddon(name=N_("IPv4 addresses"), kind="quantity", costs=((1, 250),), maximum=16)
SOLD = (
    DemoProduct(
        type=0,
        name=N_("Web hosting"),
        description=N_("Sites, mail and databases on servers that we look after."),
        plans=(("Start", 490, 10), ("Pro", 990, 50), ("Business", 2490, 200)),
        addons=(DISK, BACKUPS),
        trial_days=14,
    ),
    DemoProduct(
        type=1,
        name=N_("Virtual server"),
        description=N_("A server of your own, ready within a minute."),
        plans=(("VPS 2", 690, 1), ("VPS 4", 1390, 1), ("VPS 8", 2790, 2)),
        addons=(ADDRESSES, SYSTEM, BACKUPS),
        billing="calendar",
    ),
    DemoProduct(
        type=1,
        name=N_("Dedicated server"),
        description=N_("Your own hardware in our racks."),
        plans=(("D16", 6900, 1), ("D32", 10900, 1)),
        addons=(ADDRESSES, SYSTEM),
        setup=9900,
        state="hidden",
        stock=3,
    ),
    DemoProduct(
        type=0,
        name=N_("Hosting for agencies"),
        description=N_("Many sites under one roof."),
        plans=(("Agency 25", 3900, 500),),
        addons=(DISK,),
        is_for_group=True,
    ),
)


async def furnish(provider: DemoProvider, group_ids: list[int], *, by: Actor) -> None:
    """Make the products; the first one has older prices, prices in force, and a draft of the next."""
    with i18n.speaking(provider.locale):
        types = [row["id"] for row in await product_types.every(by=by)]
        currency = await prices.usual_currency(0)
        sold = [one for one in SOLD if not one.is_for_group or policies.has_feature(by.tenant, "groups")]
        made = [
            await _product(one, types[one.type], currency, group_ids if one.is_for_group else [], by=by)
            for one in sold
        ]
        await _raise(made[0], by=by)


async def _product(one: DemoProduct, type_id: int, currency: str, group_ids: list[int], *, by: Actor) -> list[int]:
    new = NewProduct(
        type_id=type_id,
        name=_(one.name),
        description=_(one.description),
        state=one.state,
        stock=one.stock,
        trial_days=one.trial_days,
        group_ids=tuple(group_ids[:1]) or None,
    )
    product_id = (await products.create(new, by=by))["id"]
    made = [(addon, await _addon(product_id, addon, by=by)) for addon in one.addons]
    plan_ids = []
    for name, units, included in one.plans:
        plan = await plans.create(product_id, NewPlan(name=name, state="on_sale"), by=by)
        draft = (await price_lists.of_plan(plan["id"], by=by))[0]["id"]
        await _price(draft, one, units, currency, by=by)
        for place, (addon, row) in enumerate(made):
            await _offer(draft, addon, row, 0 if place else included, by=by)
        await _publish(draft, date(clock.today(by.tenant.timezone).year - 1, 1, 1), by=by)
        plan_ids.append(plan["id"])
    return plan_ids


async def _addon(product_id: int, addon: DemoAddon, *, by: Actor) -> dict[str, Any]:
    choices = tuple(AddonChoiceValues(name=name) for name in addon.choices)
    unit = _(addon.unit) if addon.unit else ""
    new = NewAddon(name=_(addon.name), kind=addon.kind, unit=unit, choices=choices)
    return await addons.create(product_id, new, by=by)


async def _price(list_id: int, one: DemoProduct, units: int, currency: str, *, by: Actor) -> None:
    for months, times in ((1, 1), (12, YEAR)):
        new = NewPrice(
            billing=one.billing,
            period_count=months,
            period_unit="month",
            currency=currency,
            units=units * times,
            setup_units=one.setup,
        )
        await prices.create(list_id, new, version=await _version(list_id, by=by), by=by)
    if one.billing == "calendar":
        changes = PriceListChanges(next_from=25)
        await price_lists.update(list_id, changes, version=await _version(list_id, by=by), by=by)


async def _offer(list_id: int, addon: DemoAddon, row: dict[str, Any], included: int, *, by: Actor) -> None:
    costs = []
    for sheet in await price_sheets.of_list(list_id):
        for start, units in addon.costs:
            choice = row["choices"][start - 1]["id"] if addon.choices else None
            cost = AddonPriceValues(
                price_id=sheet.price_id,
                units=units * _times(sheet),
                choice_id=choice,
                from_quantity=1 if choice else start,
            )
            costs.append(cost)
    is_quantity = addon.kind == "quantity"
    values = OfferValues(
        included=included if is_quantity else 0,
        maximum=addon.maximum if is_quantity else 1,
        step=addon.step,
        prices=tuple(costs),
    )
    await addon_offers.put(list_id, row["id"], values, version=await _version(list_id, by=by), by=by)


async def _raise(plan_ids: list[int], *, by: Actor) -> None:
    """Dearer prices: for the first plan since today, for the second from next month on, for the third a draft."""
    today = clock.today(by.tenant.timezone)
    days = (today, (today.replace(day=1) + timedelta(days=32)).replace(day=1), None)
    for plan_id, day in zip(plan_ids, days, strict=True):
        draft = (await price_lists.begin(plan_id, by=by))["id"]
        for sheet in await price_sheets.of_list(draft):
            changes = PriceChanges(units=sheet.units + 100 * _times(sheet))
            version = await _version(draft, by=by)
            await prices.update(draft, sheet.price_id, changes, version=version, by=by)
        if day is not None:
            await _publish(draft, day, by=by)


async def _publish(list_id: int, day: date, *, by: Actor) -> None:
    await price_list_publishing.publish(list_id, day, version=await _version(list_id, by=by), by=by)


async def _version(list_id: int, *, by: Actor) -> int:
    return int((await price_lists.find(list_id, by=by))["version"])


def _times(sheet: Sheet) -> int:
    return YEAR if sheet.length and sheet.length.count == 12 else 1
