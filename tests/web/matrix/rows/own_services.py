"""What users of a client do with its services, and the switches for it."""

from typing import TYPE_CHECKING

from core import actor, db
from core.accounts import portal_settings
from core.accounts.portal_settings import PortalChanges
from core.actor import Actor
from core.billing import accounts, early_renewals, own_services, service_states
from core.billing import service_changes as core_service_changes
from core.billing import services as core_services
from core.billing.accounts import Terms
from core.billing.service_changes import NewChange
from tests.web.matrix.row import rows
from tests.web.matrix.rows import service_changes, services

if TYPE_CHECKING:
    from tests.web.matrix.world import World

SEEN, MANAGE = "portal:services:read", "portal:services:manage"
OWN = {"kinds": {"service_id": "own_service"}}
PLANNED = {"kinds": {"service_id": "own_changing_service"}}
CANCELLED = {"kinds": {"service_id": "own_cancelled_service"}}
RENEWAL = {"expected_units": "$own_renewal_price", "start": "$own_renewal_start"}
CHANGE = {"price_id": "$own_dearer_price", "expected_units": "$own_change_price"}
ROWS = [
    *rows(
        "portal",
        "provider",
        ("GET /services/{service_id}", SEEN, OWN),
        ("GET /services/{service_id}/renew", MANAGE, OWN),
        ("POST /services/{service_id}/renew", MANAGE, OWN | {"send": RENEWAL}),
        ("GET /services/{service_id}/change", MANAGE, OWN),
        ("POST /services/{service_id}/change", MANAGE, OWN | {"send": CHANGE}),
        ("POST /services/{service_id}/change/withdraw", MANAGE, PLANNED | {"send": {}}),
        ("GET /services/{service_id}/cancel", MANAGE, OWN),
        ("POST /services/{service_id}/cancel", MANAGE, OWN | {"send": {"reason": "Too dear"}}),
        ("POST /services/{service_id}/keep", MANAGE, CANCELLED | {"send": {}}),
        by="dupont",
    ),
    *rows(
        "staff",
        "provider",
        ("GET /staff/settings/portal", "settings:manage", {}),
        (
            "POST /staff/settings/portal",
            "settings:manage",
            {"send": {"may_renew": "1", "version": "!portal_version"}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/portal-settings", "settings:manage", {}),
        (
            "PATCH /api/v1/portal-settings",
            "settings:manage",
            {"send": {"may_renew": True, "may_change": False, "may_cancel": True, "version": "!portal_version"}},
        ),
    ),
]
PARAMETERS = {"/services/{service_id}/change": "price_id"}
FILLERS = {"portal_settings": "(may_renew) VALUES (true) ON CONFLICT DO NOTHING"}


async def own_service(world: "World", by: Actor) -> int:
    """An active one of the client that a user acts for, who may do everything with it; of staff, of one of theirs."""
    staff = actor.system(by.tenant)
    async with db.as_tenant(by.tenant.id):
        kept = await portal_settings.in_force()
        changes = PortalChanges(may_renew=True, may_change=True, may_cancel=True)
        await portal_settings.update(changes, version=kept["version"], by=staff)
    if by.client is None:
        return await services.active_service(world, by)
    price_id = await services.price_on_sale(world, staff)
    async with db.as_tenant(by.tenant.id):
        account = (await accounts.held_by(by.client.id))[0]
        await accounts.set_terms(account["id"], Terms(is_postpaid=True), by=staff)
        made = await core_services.create(account["id"], core_services.NewService(price_id=price_id), by=staff)
        return int((await service_states.activate(made["id"], by=staff))["id"])


async def own_changing_service(world: "World", by: Actor) -> int:
    """One whose change a user planned; of staff, they did."""
    if by.client is None:
        return await service_changes.changing_service(world, by)
    service_id = await own_service(world, by)
    await service_changes.dearer_price(world, actor.system(by.tenant))
    async with db.as_tenant(by.tenant.id):
        await db.execute("UPDATE products SET upgrade_when = 'renewal' WHERE id = $1", await _product(service_id))
        price_id = (await own_services.targets(service_id, by=by))[1][1].price_id
        await own_services.change(service_id, NewChange(price_id=price_id), by=by)
    return service_id


async def own_cancelled_service(world: "World", by: Actor) -> int:
    """One that a user cancelled; of staff, they did."""
    if by.client is None:
        return await services.cancelled_service(world, by)
    service_id = await own_service(world, by)
    async with db.as_tenant(by.tenant.id):
        await own_services.cancel(service_id, by=by)
    return service_id


async def own_renewal_price(world: "World", by: Actor) -> int:
    """What the next period of the newest service costs."""
    async with db.as_tenant(by.tenant.id):
        service = await _newest()
        return (await early_renewals.quote(service, by=actor.system(by.tenant))).gross


async def own_renewal_start(world: "World", by: Actor) -> str:
    """The first day of the next period of the newest service."""
    async with db.as_tenant(by.tenant.id):
        return str(await db.value("SELECT next_on FROM service_dues WHERE id = $1", await _newest()))


async def own_change_price(world: "World", by: Actor) -> int:
    """What it costs now to change the newest service to a dearer plan, which is made."""
    staff = actor.system(by.tenant)
    price_id = await service_changes.dearer_price(world, staff)
    async with db.as_tenant(by.tenant.id):
        quoted = await core_service_changes.quote(await _newest(), NewChange(price_id=price_id), by=staff)
        return quoted.units


async def own_dearer_price(world: "World", by: Actor) -> int:
    """The price of that plan."""
    async with db.as_tenant(by.tenant.id):
        found = await db.value("SELECT id FROM prices WHERE units = 1900 ORDER BY id DESC LIMIT 1")
    if found is not None:
        return int(found)
    await own_service(world, by)
    return await service_changes.dearer_price(world, actor.system(by.tenant))


async def _newest() -> int:
    sql = "SELECT id FROM services WHERE state = 'active' ORDER BY created_at DESC, id DESC LIMIT 1"
    return int(await db.value(sql))


async def _product(service_id: int) -> int:
    sql = "SELECT n.product_id FROM services s JOIN plans n ON n.id = s.plan_id WHERE s.id = $1"
    return int(await db.value(sql, service_id))


MAKERS = {
    made.__name__: made
    for made in (
        own_service,
        own_changing_service,
        own_cancelled_service,
        own_renewal_price,
        own_renewal_start,
        own_change_price,
        own_dearer_price,
    )
}
