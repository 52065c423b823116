"""Taxes of the demo: a rate that was lower for half a year, a training that is exempt, and embassies that are."""

from datetime import date

from core import clock, db, i18n, policies
from core.accounts import groups
from core.accounts.groups import NewGroup
from core.actor import Actor
from core.catalog import (
    group_taxes,
    plans,
    price_list_publishing,
    price_lists,
    prices,
    product_types,
    products,
    tax_rates,
)
from core.catalog.group_taxes import NewGroupTax
from core.catalog.plans import NewPlan
from core.catalog.prices import NewPrice
from core.catalog.products import NewProduct
from core.catalog.tax_rates import NewTaxRate
from core.i18n import N_, _

TRAINING = N_("Training")
WHY = N_("Vocational training, exempt")
EMBASSIES = N_("Embassies")


async def furnish(*, by: Actor) -> None:
    """Make them; the group only where the edition has groups, and from next year on."""
    with i18n.speaking(by.tenant.locale):
        lower = NewTaxRate(
            country="DE", rate=16_000, from_day=date(2020, 7, 1), until_day=date(2020, 12, 31), note="2020"
        )
        await tax_rates.create(lower, by=by)
        await _train(by=by)
        if policies.has_feature(by.tenant, group_taxes.FEATURE):
            await _embassies(by=by)


async def _train(*, by: Actor) -> None:
    first = (await product_types.every(by=by))[0]
    new = NewProduct(
        type_id=first["id"], name=_(TRAINING), tax_class="exempt", vatex="VATEX-EU-132", tax_reason=_(WHY)
    )
    product_id = (await products.create(new, by=by))["id"]
    plan = await plans.create(product_id, NewPlan(name=_("A day"), state="on_sale"), by=by)
    draft = (await price_lists.of_plan(plan["id"], by=by))[0]
    price = NewPrice(billing="once", currency=await prices.usual_currency(0), units=60_000)
    await prices.create(draft["id"], price, version=draft["version"], by=by)
    today = clock.today(by.tenant.timezone)
    version = (await price_lists.find(draft["id"], by=by))["version"]
    await price_list_publishing.publish(draft["id"], today, version=version, by=by)


async def _embassies(*, by: Actor) -> None:
    group = await groups.create(NewGroup(name=_(EMBASSIES)), by=by)
    client_id = await db.value("SELECT id FROM clients WHERE status = 'active' ORDER BY code DESC LIMIT 1")
    await groups.add(group["id"], [client_id], by=by)
    first = date(clock.today(by.tenant.timezone).year + 1, 1, 1)
    await group_taxes.create(NewGroupTax(group_id=group["id"], from_day=first, vatex="VATEX-EU-151-1A"), by=by)
