"""Webhooks, for staff and programs."""

from typing import TYPE_CHECKING

from core import clock, db
from core.actor import Actor
from core.support import webhook_endpoints, webhook_outbox
from core.support.webhook_endpoints import EndpointValues
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

MANAGE, READ = "webhook:manage", "webhook:read"
URL = "https://hooks.example.org/in"
FORM = {"url": URL, "description": "!name", "which": "all", "is_on": "1"}
VALUES = {"url": URL, "description": "!name"}
PLACEHOLDERS = {"endpoint_id": "webhook", "webhook_delivery_id": "webhook_delivery"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/webhooks", READ, {}),
        ("GET /staff/webhooks/new", MANAGE, {}),
        ("POST /staff/webhooks", MANAGE, {"send": FORM, "gives": 200}),
        ("GET /staff/webhooks/{endpoint_id}", READ, {}),
        ("GET /staff/webhooks/{endpoint_id}/edit", MANAGE, {}),
        ("POST /staff/webhooks/{endpoint_id}", MANAGE, {"send": FORM | {"version": 1}}),
        ("POST /staff/webhooks/{endpoint_id}/test", MANAGE, {"send": {}}),
        ("GET /staff/webhooks/{endpoint_id}/secret", MANAGE, {}),
        ("POST /staff/webhooks/{endpoint_id}/secret", MANAGE, {"send": {}, "gives": 200}),
        ("GET /staff/webhooks/{endpoint_id}/delete", MANAGE, {}),
        ("POST /staff/webhooks/{endpoint_id}/delete", MANAGE, {"send": {}}),
        ("POST /staff/webhooks/{endpoint_id}/replay", MANAGE, {"send": {"since": "!today"}}),
        ("GET /staff/webhook-deliveries/{webhook_delivery_id}", READ, {}),
        ("POST /staff/webhook-deliveries/{webhook_delivery_id}/replay", MANAGE, {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/webhook-events", READ, {}),
        ("GET /api/v1/webhooks", READ, {}),
        ("POST /api/v1/webhooks", MANAGE, NEW | {"send": VALUES}),
        ("GET /api/v1/webhooks/{endpoint_id}", READ, {}),
        ("PATCH /api/v1/webhooks/{endpoint_id}", MANAGE, {"send": VALUES | {"version": 1}}),
        ("DELETE /api/v1/webhooks/{endpoint_id}", MANAGE, GONE),
        ("POST /api/v1/webhooks/{endpoint_id}/secret", MANAGE, {"gives": 200}),
        ("POST /api/v1/webhooks/{endpoint_id}/test", MANAGE, GONE),
        ("GET /api/v1/webhooks/{endpoint_id}/deliveries", READ, {}),
        ("POST /api/v1/webhooks/{endpoint_id}/replay", MANAGE, {"send": {"since": "!now"}}),
        ("GET /api/v1/webhook-deliveries/{webhook_delivery_id}", READ, {}),
        ("POST /api/v1/webhook-deliveries/{webhook_delivery_id}/replay", MANAGE, GONE),
    ),
]
RULED = {"webhook_deliveries.state", "webhook_endpoints.sealed_before"}
FILLERS = {
    "webhook_attempts": "(delivery_id, number, at, milliseconds) SELECT d.id, 1, now(), 9 FROM webhook_deliveries d"
    " WHERE d.tenant_id = {tenant} LIMIT 1",
}


async def webhook(world: "World", by: Actor) -> int:
    """One that is told of everything."""
    async with db.as_tenant(by.tenant.id):
        values = EndpointValues(url=f"{URL}/{world.fresh('hook')}", description=world.fresh("hook"))
        return (await webhook_endpoints.create(values, by=by)).id


async def webhook_delivery(world: "World", by: Actor) -> int:
    """A test that was given up."""
    endpoint_id = await webhook(world, by)
    async with db.as_tenant(by.tenant.id):
        event_id = await webhook_outbox.write_test(endpoint_id)
        await webhook_outbox._spread_some(clock.now())
        return int(
            await db.value(
                """UPDATE webhook_deliveries SET state = 'dead', next_at = NULL, ended_at = now()
                    WHERE event_id = $1 RETURNING id""",
                event_id,
            )
        )


MAKERS = {"webhook": webhook, "webhook_delivery": webhook_delivery}
