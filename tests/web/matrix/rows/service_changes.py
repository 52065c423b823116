"""Changes of services, for staff and programs."""

from datetime import date
from typing import TYPE_CHECKING

from core import clock, db
from core.actor import Actor
from core.billing import early_renewals, service_changes
from core.billing.service_changes import NewChange
from core.catalog import plans, price_list_publishing, price_lists, prices
from tests.web.matrix.row import NEW, rows
from tests.web.matrix.rows import services

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ, UPDATE = (f"service:{act}" for act in ("read", "update"))
ACTIVE = {"kinds": {"service_id": "active_service"}}
PLANNED = {"kinds": {"service_id": "changing_service"}}
MOVING = {"kinds": {"list_id": "later_list"}}
LATER = {"price_id": "$dearer_price", "when": "renewal"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/services/{service_id}/change", UPDATE, ACTIVE),
        ("POST /staff/services/{service_id}/change", UPDATE, ACTIVE | {"send": LATER | {"expected_units": "0"}}),
        ("POST /staff/services/{service_id}/change/withdraw", UPDATE, PLANNED | {"send": {}}),
        ("GET /staff/services/{service_id}/renew", UPDATE, {}),
        (
            "POST /staff/services/{service_id}/renew",
            UPDATE,
            ACTIVE | {"send": {"expected_units": "$renewal_price"}},
        ),
        ("GET /staff/price-lists/{list_id}/move", UPDATE, MOVING),
        ("POST /staff/price-lists/{list_id}/move", UPDATE, MOVING | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/services/{service_id}/changes", READ, {}),
        ("POST /api/v1/services/{service_id}/change-quote", UPDATE, ACTIVE | {"send": LATER}),
        ("POST /api/v1/services/{service_id}/changes", UPDATE, ACTIVE | NEW | {"send": LATER}),
        ("POST /api/v1/services/{service_id}/changes/withdraw", UPDATE, PLANNED | {"send": {}}),
        ("GET /api/v1/services/{service_id}/renewal", UPDATE, ACTIVE),
        ("POST /api/v1/services/{service_id}/renew", UPDATE, ACTIVE | {"send": {"start": "$renewal_start"}}),
        ("GET /api/v1/price-lists/{list_id}/move", UPDATE, MOVING),
        ("POST /api/v1/price-lists/{list_id}/move", UPDATE, MOVING | {"gives": 202, "send": {}}),
    ),
]
CHANGES_NOTHING = {"/api/v1/services/{service_id}/change-quote"}
RULED = {
    "service_changes.state",
    "service_changes.period_unit",
    "service_credits.tax_category",
    *(f"products.{column}" for column in ("upgrade_when", "downgrade_when", "downgrade_rest")),
}
FILLERS = {
    "service_credits": "(service_id, payment_id, period_start, period_end, net_units, tax_rate, tax_category,"
    " tax_units, gross_units, created_at) SELECT s.id, p.id, '2026-01-01', '2026-01-02', 1, 0, 'O', 0, 1, now()"
    " FROM services s, payments p WHERE s.tenant_id = {tenant} AND p.tenant_id = {tenant} LIMIT 1",
}


async def dearer_price(world: "World", by: Actor) -> int:
    """A price of another plan of the product that the newest service is of."""
    async with db.as_tenant(by.tenant.id):
        product_id = await db.value(
            """SELECT n.product_id FROM services s JOIN plans n ON n.id = s.plan_id
                WHERE s.state = 'active' ORDER BY s.created_at DESC, s.id DESC LIMIT 1"""
        )
        plan = await plans.create(product_id, plans.NewPlan(name=world.fresh("plan"), state="on_sale"), by=by)
        draft = (await price_lists.of_plan(plan["id"], by=by))[0]
        price = prices.NewPrice(billing="period", currency="EUR", units=1900, period_count=1, period_unit="month")
        made = await prices.create(draft["id"], price, version=draft["version"], by=by)
        version = (await price_lists.get(draft["id"], by=by))["version"]
        await price_list_publishing.publish(draft["id"], date(2026, 1, 1), version=version, by=by)
        return int(made["id"])


async def changing_service(world: "World", by: Actor) -> int:
    """One whose change is planned."""
    service_id = await services.active_service(world, by)
    price_id = await dearer_price(world, by)
    async with db.as_tenant(by.tenant.id):
        await service_changes.change(service_id, NewChange(price_id=price_id, when="renewal"), by=by)
    return service_id


async def renewal_price(world: "World", by: Actor) -> int:
    """What the next period of the newest service costs that can be renewed."""
    async with db.as_tenant(by.tenant.id):
        service_id = await db.value(
            """SELECT s.id FROM services s WHERE s.state = 'active' AND s.ends_on IS NULL
                  AND NOT EXISTS (SELECT FROM service_changes h WHERE h.service_id = s.id AND h.state = 'planned')
                ORDER BY s.created_at DESC, s.id DESC LIMIT 1"""
        )
        if service_id is not None:
            return (await early_renewals.quote(service_id, by=by)).gross
    await services.active_service(world, by)
    return await renewal_price(world, by)


async def renewal_start(world: "World", by: Actor) -> str:
    """The first day of the next period of the newest service that can be renewed."""
    await renewal_price(world, by)
    async with db.as_tenant(by.tenant.id):
        sql = "SELECT next_on FROM services WHERE state = 'active' ORDER BY created_at DESC, id DESC LIMIT 1"
        return str(await db.value(sql))


async def later_list(world: "World", by: Actor) -> int:
    """The second price list of a plan, in force; a service has the first one."""
    service_id = await services.active_service(world, by)
    async with db.as_tenant(by.tenant.id):
        plan_id = await db.value("SELECT plan_id FROM services WHERE id = $1", service_id)
        draft = await price_lists.begin(plan_id, by=by)
        today = clock.today(by.tenant.timezone)
        await price_list_publishing.publish(draft["id"], today, version=draft["version"], by=by)
        await db.execute("UPDATE tasks SET ended_at = now(), state = 'done' WHERE ended_at IS NULL")
        return int(draft["id"])


MAKERS = {
    made.__name__: made for made in (dearer_price, changing_service, later_list, renewal_price, renewal_start)
}
