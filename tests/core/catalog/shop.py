"""A catalogue to test with: a plan of hosting with a disk, backups and a system, priced by month and by year."""

from datetime import date
from typing import Any

import msgspec

from core.accounts.rows import is_id
from core.actor import Actor
from core.catalog import (
    addon_offers,
    addons,
    plans,
    price_list_publishing,
    price_lists,
    prices,
    product_types,
    products,
)
from core.catalog.addon_choices import AddonChoiceValues
from core.catalog.addon_offers import AddonPriceValues, OfferValues
from core.catalog.addons import NewAddon
from core.catalog.plans import NewPlan
from core.catalog.prices import NewPrice
from core.catalog.product_types import NewProductType
from core.catalog.products import NewProduct

FIRST_DAY = date(2026, 1, 1)


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of what there is; `choices` are those of the system, `monthly` and `yearly` prices of the draft."""

    product: int
    plan: int
    draft: int
    disk: int
    backup: int
    system: int
    choices: tuple[int, int]
    monthly: int
    yearly: int


async def product(by: Actor, name: str = "Hosting", **facts: Any) -> int:
    """A product on sale, of a type of its own."""
    kind = await product_types.create(NewProductType(name=f"Type of {name}"), by=by)
    new = NewProduct(type_id=kind["id"], name=name, **({"state": "on_sale"} | facts))
    return int((await products.create(new, by=by))["id"])


async def draft_of(plan_id: int, by: Actor) -> int:
    """The id of the newest price list of a plan."""
    return int((await price_lists.of_plan(plan_id, by=by))[0]["id"])


async def version_of(list_id: int, by: Actor) -> int:
    """The version a price list has now."""
    return int((await price_lists.get(list_id, by=by))["version"])


async def priced(list_id: int, by: Actor, *, units: int = 900, months: int = 1, **facts: Any) -> int:
    """A price in euros for so many months; returns its id."""
    given = {
        "billing": "period",
        "currency": "EUR",
        "period_count": months,
        "period_unit": "month",
        "units": units,
    }
    new = NewPrice(**(given | facts))
    version = await version_of(list_id, by)
    return int((await prices.create(list_id, new, version=version, by=by))["id"])


async def offer(list_id: int, addon_id: int, by: Actor, *costs: AddonPriceValues, **numbers: Any) -> None:
    """Offer an addon in a draft."""
    assert is_id(addon_id)
    values = OfferValues(prices=costs, **numbers)
    await addon_offers.put(list_id, addon_id, values, version=await version_of(list_id, by), by=by)


async def publish(list_id: int, by: Actor, day: date = FIRST_DAY) -> Any:
    """Publish a draft."""
    return await price_list_publishing.publish(list_id, day, version=await version_of(list_id, by), by=by)


def cost(price_id: int, units: int, **facts: Any) -> AddonPriceValues:
    """What one of an addon costs."""
    return AddonPriceValues(price_id=price_id, units=units, **facts)


async def opened(by: Actor, name: str = "Hosting") -> Shop:
    """The whole catalogue, with a first price list that is complete and still a draft."""
    product_id = await product(by, name)
    plan = await plans.create(product_id, NewPlan(name="Start", state="on_sale"), by=by)
    disk = await addons.create(product_id, NewAddon(name="Disk", kind="quantity", unit="GB"), by=by)
    backup = await addons.create(product_id, NewAddon(name="Backup", kind="switch"), by=by)
    choices = (AddonChoiceValues(name="Debian"), AddonChoiceValues(name="Windows"))
    system = await addons.create(product_id, NewAddon(name="System", kind="choice", choices=choices), by=by)
    debian, windows = (row["id"] for row in system["choices"])
    draft = await draft_of(plan["id"], by)
    month, year = await priced(draft, by, setup_units=500), await priced(draft, by, units=9000, months=12)
    both = [(month, 1), (year, 10)]
    tiers = [cost(term, 20 * times) for term, times in both]
    tiers += [cost(term, 15 * times, from_quantity=11) for term, times in both]
    await offer(draft, disk["id"], by, *tiers, included=10, minimum=10, maximum=100, step=5)
    await offer(draft, backup["id"], by, *(cost(term, 200 * times) for term, times in both))
    systems = [cost(term, 0, choice_id=debian) for term, _times in both]
    systems += [cost(term, 1500 * times, choice_id=windows) for term, times in both]
    await offer(draft, system["id"], by, *systems)
    return Shop(
        product=product_id,
        plan=plan["id"],
        draft=draft,
        disk=disk["id"],
        backup=backup["id"],
        system=system["id"],
        choices=(debian, windows),
        monthly=month,
        yearly=year,
    )
