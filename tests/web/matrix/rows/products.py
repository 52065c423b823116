"""Product types, products, plans, addons and price lists, for staff and programs."""

from typing import TYPE_CHECKING

from core import db
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
from core.catalog.addon_offers import AddonPriceValues, OfferValues
from core.catalog.addons import NewAddon
from core.catalog.plans import NewPlan
from core.catalog.prices import NewPrice
from core.catalog.product_types import NewProductType
from core.catalog.products import NewProduct
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

EDIT = {"send": {"name": "!name", "version": 1}}
UP = {"send": {"steps": -1}}
PRODUCT = {"send": {"type_id": "$product_type", "name": "!name", "state": "on_sale", "trial_days": 14}}
PLAN = {"send": {"name": "!name", "description": "For one site", "state": "hidden"}}
ADDON = {"send": {"name": "!name", "kind": "quantity", "unit": "GB"}}
DAY = "2026-01-01"
PRICE = {"billing": "period", "period_count": 3, "period_unit": "month", "currency": "EUR", "version": 3}
IN_LIST = {"kinds": {"price_id": "last_price", "addon_id": "last_addon"}}
SOLD = {"kinds": {"plan_id": "published_plan"}}
PLACEHOLDERS = {
    "type_id": "product_type",
    "product_id": "product",
    "plan_id": "plan",
    "addon_id": "addon",
    "list_id": "price_list",
    "price_id": "last_price",
}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/product-types", "product:read", {}),
        ("POST /staff/product-types", "product:create", {"send": {"name": "!name"}}),
        ("GET /staff/product-types/{type_id}/edit", "product:update", {}),
        ("POST /staff/product-types/{type_id}", "product:update", EDIT),
        ("POST /staff/product-types/{type_id}/move", "product:update", UP),
        ("GET /staff/product-types/{type_id}/delete", "product:delete", {}),
        ("POST /staff/product-types/{type_id}/delete", "product:delete", {"send": {}}),
        ("GET /staff/products", "product:read", {}),
        ("GET /staff/products/new", "product:create", {}),
        ("POST /staff/products", "product:create", PRODUCT),
        ("GET /staff/products/{product_id}", "product:read", {}),
        ("GET /staff/products/{product_id}/edit", "product:update", {}),
        ("POST /staff/products/{product_id}", "product:update", EDIT),
        ("POST /staff/products/{product_id}/move", "product:update", UP),
        ("GET /staff/products/{product_id}/delete", "product:delete", {}),
        ("POST /staff/products/{product_id}/delete", "product:delete", {"send": {}}),
        ("GET /staff/products/{product_id}/plans/new", "product:create", {}),
        ("POST /staff/products/{product_id}/plans", "product:create", PLAN),
        ("GET /staff/plans/{plan_id}", "product:read", {}),
        ("GET /staff/plans/{plan_id}/edit", "product:update", {}),
        ("POST /staff/plans/{plan_id}", "product:update", EDIT),
        ("POST /staff/plans/{plan_id}/move", "product:update", UP),
        ("GET /staff/plans/{plan_id}/delete", "product:delete", {}),
        ("POST /staff/plans/{plan_id}/delete", "product:delete", {"send": {}}),
        ("POST /staff/plans/{plan_id}/price-lists", "product:update", SOLD | {"send": {}}),
        ("GET /staff/products/{product_id}/addons/new", "product:create", {}),
        ("POST /staff/products/{product_id}/addons", "product:create", ADDON),
        ("GET /staff/addons/{addon_id}/edit", "product:update", {}),
        ("POST /staff/addons/{addon_id}", "product:update", EDIT),
        ("POST /staff/addons/{addon_id}/move", "product:update", UP),
        ("GET /staff/addons/{addon_id}/delete", "product:delete", {}),
        ("POST /staff/addons/{addon_id}/delete", "product:delete", {"send": {}}),
        ("GET /staff/price-lists/{list_id}", "product:read", {}),
        ("POST /staff/price-lists/{list_id}", "product:update", {"send": {"next_from": 20, "version": 3}}),
        ("GET /staff/price-lists/{list_id}/publish", "product:update", {}),
        (
            "POST /staff/price-lists/{list_id}/publish",
            "product:update",
            {"send": {"valid_from": DAY, "version": 3}},
        ),
        ("GET /staff/price-lists/{list_id}/delete", "product:update", {}),
        ("POST /staff/price-lists/{list_id}/delete", "product:update", {"send": {}}),
        ("GET /staff/price-lists/{list_id}/prices/new", "product:update", {}),
        (
            "POST /staff/price-lists/{list_id}/prices",
            "product:update",
            {"send": PRICE | {"units": "25.50", "setup_units": "5"}},
        ),
        ("GET /staff/price-lists/{list_id}/prices/{price_id}/edit", "product:update", IN_LIST),
        (
            "POST /staff/price-lists/{list_id}/prices/{price_id}",
            "product:update",
            IN_LIST | {"send": {"units": "12.50", "setup_units": "", "version": 3}},
        ),
        ("GET /staff/price-lists/{list_id}/prices/{price_id}/remove", "product:update", IN_LIST),
        ("POST /staff/price-lists/{list_id}/prices/{price_id}/remove", "product:update", IN_LIST | {"send": {}}),
        ("GET /staff/price-lists/{list_id}/addons/{addon_id}", "product:update", IN_LIST),
        (
            "POST /staff/price-lists/{list_id}/addons/{addon_id}",
            "product:update",
            IN_LIST | {"send": {"included": 5, "minimum": 0, "step": 1, "version": 3}},
        ),
        ("POST /staff/price-lists/{list_id}/addons/{addon_id}/remove", "product:update", IN_LIST | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/product-types", "product:read", {}),
        ("POST /api/v1/product-types", "product:create", NEW | {"send": {"name": "!name"}}),
        ("GET /api/v1/product-types/{type_id}", "product:read", {}),
        ("PATCH /api/v1/product-types/{type_id}", "product:update", EDIT),
        ("POST /api/v1/product-types/{type_id}/move", "product:update", UP | GONE),
        ("DELETE /api/v1/product-types/{type_id}", "product:delete", GONE),
        ("GET /api/v1/products", "product:read", {}),
        ("POST /api/v1/products", "product:create", PRODUCT | NEW),
        ("GET /api/v1/products/{product_id}", "product:read", {}),
        ("PATCH /api/v1/products/{product_id}", "product:update", EDIT),
        ("POST /api/v1/products/{product_id}/move", "product:update", UP | GONE),
        ("DELETE /api/v1/products/{product_id}", "product:delete", GONE),
        ("GET /api/v1/products/{product_id}/plans", "product:read", {}),
        ("POST /api/v1/products/{product_id}/plans", "product:create", PLAN | NEW),
        ("GET /api/v1/plans/{plan_id}", "product:read", {}),
        ("PATCH /api/v1/plans/{plan_id}", "product:update", EDIT),
        ("POST /api/v1/plans/{plan_id}/move", "product:update", UP | GONE),
        ("DELETE /api/v1/plans/{plan_id}", "product:delete", GONE),
        ("GET /api/v1/plans/{plan_id}/price-lists", "product:read", {}),
        ("POST /api/v1/plans/{plan_id}/price-lists", "product:update", SOLD | NEW),
        ("GET /api/v1/products/{product_id}/addons", "product:read", {}),
        ("POST /api/v1/products/{product_id}/addons", "product:create", ADDON | NEW),
        ("GET /api/v1/addons/{addon_id}", "product:read", {}),
        ("PATCH /api/v1/addons/{addon_id}", "product:update", EDIT),
        ("POST /api/v1/addons/{addon_id}/move", "product:update", UP | GONE),
        ("DELETE /api/v1/addons/{addon_id}", "product:delete", GONE),
        ("GET /api/v1/price-lists/{list_id}", "product:read", {}),
        ("GET /api/v1/price-lists/{list_id}/changes", "product:read", {}),
        ("PATCH /api/v1/price-lists/{list_id}", "product:update", {"send": {"next_from": 20, "version": 3}}),
        (
            "POST /api/v1/price-lists/{list_id}/publish",
            "product:update",
            {"send": {"valid_from": DAY, "version": 3}},
        ),
        ("DELETE /api/v1/price-lists/{list_id}", "product:update", GONE),
        ("POST /api/v1/price-lists/{list_id}/prices", "product:update", NEW | {"send": PRICE | {"units": 2550}}),
        (
            "PATCH /api/v1/price-lists/{list_id}/prices/{price_id}",
            "product:update",
            IN_LIST | {"send": {"units": 1250, "version": 3}},
        ),
        ("DELETE /api/v1/price-lists/{list_id}/prices/{price_id}", "product:update", IN_LIST | GONE),
        (
            "PUT /api/v1/price-lists/{list_id}/addons/{addon_id}",
            "product:update",
            IN_LIST | {"send": {"included": 5, "version": 3}},
        ),
        ("DELETE /api/v1/price-lists/{list_id}/addons/{addon_id}", "product:update", IN_LIST | GONE),
    ),
]
PARAMETERS = {
    "/staff/products": "name type state",
    "/staff/products/new": "type_id",
    "/api/v1/products": "name type state",
}
RULED = {
    "price_lists.published_by",
    "products.state",
    "plans.state",
    "addons.kind",
    "prices.billing",
    "prices.period_unit",
    "prices.currency",
    "addon_offers.stepping",
}
FILLERS = {
    "product_types": "(name, position) VALUES ('x', 99) ON CONFLICT DO NOTHING",
    "products": "(type_id, name, code, position, created_at) SELECT id, 'x', 'x', 1, now() FROM product_types WHERE tenant_id = {tenant} LIMIT 1",
    "plans": "(product_id, name, position, created_at) SELECT id, 'x', 1, now() FROM products WHERE tenant_id = {tenant} AND code = 'x'",
    "addons": "(product_id, name, kind, position, created_at) SELECT id, 'x', 'choice', 1, now() FROM products WHERE tenant_id = {tenant} AND code = 'x'",
    "addon_choices": "(addon_id, name, position) SELECT id, 'x', 1 FROM addons WHERE tenant_id = {tenant}",
}
OF_LAST = "JOIN price_lists l ON l.id = p.price_list_id ORDER BY l.created_at DESC LIMIT 1"


async def product_type(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return int((await product_types.create(NewProductType(name=world.fresh("type")), by=by))["id"])


async def product(world: "World", by: Actor) -> int:
    """The second one of its type, so that it can move up."""
    type_id = await product_type(world, by)
    async with db.as_tenant(by.tenant.id):
        new = [NewProduct(type_id=type_id, name=world.fresh("product")) for _place in range(2)]
        return [int((await products.create(one, by=by))["id"]) for one in new][-1]


async def plan(world: "World", by: Actor) -> int:
    """The second one of its product."""
    product_id = await product(world, by)
    async with db.as_tenant(by.tenant.id):
        new = [NewPlan(name=world.fresh("plan")) for _place in range(2)]
        return [int((await plans.create(product_id, one, by=by))["id"]) for one in new][-1]


async def addon(world: "World", by: Actor) -> int:
    """The second one of its product."""
    product_id = await product(world, by)
    async with db.as_tenant(by.tenant.id):
        new = [NewAddon(name=world.fresh("addon"), kind="quantity") for _place in range(2)]
        return [int((await addons.create(product_id, one, by=by))["id"]) for one in new][-1]


async def price_list(world: "World", by: Actor) -> int:
    """A draft in its third version that could be published: with a price, and an addon that costs something."""
    plan_id = await plan(world, by)
    async with db.as_tenant(by.tenant.id):
        product_id = (await plans.get(plan_id, by=by))["product_id"]
        made = await addons.create(product_id, NewAddon(name=world.fresh("addon"), kind="quantity"), by=by)
        draft = (await price_lists.of_plan(plan_id, by=by))[0]
        new = NewPrice(billing="period", period_count=1, period_unit="month", currency="EUR", units=900)
        price = await prices.create(draft["id"], new, version=1, by=by)
        offer = OfferValues(prices=(AddonPriceValues(price_id=price["id"], units=50),))
        await addon_offers.put(draft["id"], made["id"], offer, version=2, by=by)
        return int(draft["id"])


async def published_plan(world: "World", by: Actor) -> int:
    list_id = await price_list(world, by)
    async with db.as_tenant(by.tenant.id):
        day = price_lists.clock.today(by.tenant.timezone)
        row = await price_list_publishing.publish(list_id, day, version=3, by=by)
        return int(row["plan_id"])


async def last_price(_world: "World", by: Actor) -> int:
    """The price of the price list that was made last."""
    async with db.as_tenant(by.tenant.id):
        return int(await db.value(f"SELECT p.id FROM prices p {OF_LAST}") or 0)


async def last_addon(_world: "World", by: Actor) -> int:
    """The addon that it offers."""
    async with db.as_tenant(by.tenant.id):
        return int(await db.value(f"SELECT p.addon_id FROM addon_offers p {OF_LAST}") or 0)


MAKERS = {
    made.__name__: made
    for made in (product_type, product, plan, addon, price_list, published_plan, last_price, last_addon)
}
