"""Services and the billing run, for staff and programs."""

from datetime import date
from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.billing import service_states, services
from core.billing.services import NewService
from core.catalog import plans, price_list_publishing, price_lists, prices, product_types, products
from tests.web.matrix.row import NEW, rows
from tests.web.matrix.rows import payments

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ, CREATE, UPDATE, BILL = (f"service:{act}" for act in ("read", "create", "update", "bill"))
PRICE = {"price_id": "$price_on_sale"}
STOP = {"cause": "abuse", "reason": "Spam"}
INTO = {"kinds": {"account_id": "owing_account"}}
ACTIVE = {"kinds": {"service_id": "active_service"}}
SUSPENDED = {"kinds": {"service_id": "suspended_service"}}
CANCELLED = {"kinds": {"service_id": "cancelled_service"}}
PLACEHOLDERS = {"service_id": "service"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/services", READ, {}),
        ("GET /staff/services/export", READ, {}),
        ("POST /staff/services/export", READ, {"gives": 200, "send": {"columns": "name"}}),
        ("GET /staff/clients/{code}/services", READ, {}),
        ("GET /staff/clients/{code}/services/new", CREATE, {}),
        ("POST /staff/clients/{code}/services", CREATE, {"send": PRICE}),
        ("GET /staff/services/{service_id}", READ, {}),
        ("POST /staff/services/{service_id}/activate", UPDATE, {"send": {}}),
        ("POST /staff/services/{service_id}/suspend", UPDATE, ACTIVE | {"send": STOP}),
        ("GET /staff/services/{service_id}/resume", UPDATE, SUSPENDED),
        ("POST /staff/services/{service_id}/resume", UPDATE, SUSPENDED | {"send": {"missed_time": "skip"}}),
        ("POST /staff/services/{service_id}/cancel", UPDATE, ACTIVE | {"send": {"when": "now"}}),
        ("POST /staff/services/{service_id}/keep", UPDATE, CANCELLED | {"send": {}}),
        ("GET /staff/billing-run", BILL, {}),
        ("POST /staff/billing-run", BILL, {"send": {"due": "$due_service"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/services", READ, {}),
        ("POST /api/v1/services/export", READ, {"send": {}}),
        ("POST /api/v1/balances/{account_id}/quote", CREATE, INTO | {"send": PRICE}),
        ("POST /api/v1/balances/{account_id}/services", CREATE, INTO | NEW | {"send": PRICE}),
        ("GET /api/v1/services/{service_id}", READ, {}),
        ("POST /api/v1/services/{service_id}/activate", UPDATE, {"send": {}}),
        ("POST /api/v1/services/{service_id}/suspend", UPDATE, ACTIVE | {"send": STOP}),
        ("GET /api/v1/services/{service_id}/resumption", UPDATE, SUSPENDED),
        ("POST /api/v1/services/{service_id}/resume", UPDATE, SUSPENDED | {"send": {}}),
        ("POST /api/v1/services/{service_id}/cancel", UPDATE, ACTIVE | {"send": {"when": "now"}}),
        ("POST /api/v1/services/{service_id}/keep", UPDATE, CANCELLED | {"send": {}}),
        ("GET /api/v1/billing-run", BILL, {}),
        ("POST /api/v1/billing-run", BILL, {"gives": 202, "send": {"due": "$due_service"}}),
    ),
]
CHANGES_NOTHING = {"/api/v1/balances/{account_id}/quote"}
_FILTER = "label client project day_from day_to state plan ordered_from ended_from waits"
PARAMETERS = {
    "/staff/services": f"{_FILTER} after before",
    "/api/v1/services": f"{_FILTER} after before limit",
}
RULED = {
    *(
        f"services.{column}"
        for column in ("state", "suspended_for", "billing", "period_unit", "currency", "parked")
    ),
    "service_states.state",
}


async def price_on_sale(world: "World", by: Actor) -> int:
    """A price in euros of a plan that everybody can order."""
    async with db.as_tenant(by.tenant.id):
        name = world.fresh("hosting")
        kind = await product_types.create(product_types.NewProductType(name=name), by=by)
        new = products.NewProduct(type_id=kind["id"], name=name, state="on_sale")
        product = await products.create(new, by=by)
        plan = await plans.create(product["id"], plans.NewPlan(name="Start", state="on_sale"), by=by)
        draft = (await price_lists.of_plan(plan["id"], by=by))[0]
        price = prices.NewPrice(billing="period", currency="EUR", units=900, period_count=1, period_unit="month")
        made = await prices.create(draft["id"], price, version=draft["version"], by=by)
        version = (await price_lists.get(draft["id"], by=by))["version"]
        await price_list_publishing.publish(draft["id"], date(2026, 1, 1), version=version, by=by)
        return int(made["id"])


async def service(world: "World", by: Actor) -> int:
    """A pending one."""
    price_id = await price_on_sale(world, by)
    account_id = await payments.owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        made = await services.create(account_id, NewService(price_id=price_id, label="example.org"), by=by)
        return int(made["id"])


async def active_service(world: "World", by: Actor) -> int:
    service_id = await service(world, by)
    async with db.as_tenant(by.tenant.id):
        await service_states.activate(service_id, by=by)
    return service_id


async def suspended_service(world: "World", by: Actor) -> int:
    service_id = await active_service(world, by)
    async with db.as_tenant(by.tenant.id):
        await service_states.suspend(service_id, "request", "Holidays", by=by)
    return service_id


async def cancelled_service(world: "World", by: Actor) -> int:
    service_id = await active_service(world, by)
    async with db.as_tenant(by.tenant.id):
        await service_states.cancel(service_id, "period_end", "Moves", by=by)
    return service_id


async def due_service(world: "World", by: Actor) -> int:
    """One whose next period has begun, while no run is at work."""
    service_id = await active_service(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            "UPDATE services SET anchor = anchor - 40, next_on = next_on - 40 WHERE id = $1", service_id
        )
        await db.execute(
            "UPDATE tasks SET ended_at = now(), state = 'done' WHERE kind = 'billing.run' AND ended_at IS NULL"
        )
    return service_id


MAKERS = {
    made.__name__: made
    for made in (price_on_sale, service, active_service, suspended_service, cancelled_service, due_service)
}
