"""What clients were told: for staff and programs. What is about no client is for who sees the staff."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"delivery_id": "delivery"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/notifications", "notification:read", {}),
        ("GET /staff/notifications/{delivery_id}", "notification:read", {}),
        ("POST /staff/notifications/{delivery_id}/again", "notification:send", {"send": {}}),
        ("GET /staff/clients/{code}/notifications", "notification:read", {}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/notifications", "notification:read", {}),
        ("GET /api/v1/notifications/{delivery_id}", "notification:read", {}),
        ("POST /api/v1/notifications/{delivery_id}/again", "notification:send", {"send": {}}),
    ),
]
PARAMETERS = {
    "/staff/notifications": "state kind channel client address after before",
    "/api/v1/notifications": "state kind channel client address after before limit",
}
RULED = {
    *(f"deliveries.{column}" for column in ("medium", "state")),
    "notifications.state",
    "delivery_attempts.result",
    "notification_optouts.medium",
    "notification_optouts.address_folded",
}
FILLERS = {
    "notifications": "(kind, key, created_at) VALUES ('x', 'x', now())",
    "deliveries": "(notification_id, kind, channel, medium, state, created_at, ended_at) SELECT id, 'x', 'mail', 'mail', 'sent', now(), now() FROM notifications WHERE tenant_id = {tenant} LIMIT 1",
    "delivery_attempts": "(delivery_id, number, at, result) SELECT id, 1, now(), 'taken' FROM deliveries WHERE tenant_id = {tenant} LIMIT 1",
    "notification_optouts": "(kind, medium, person_id, created_at) SELECT 'x', 'mail', id, now() FROM people WHERE tenant_id = {tenant} LIMIT 1",
}


async def delivery(world: "World", by: Actor) -> int:
    """A mail that its client never got."""
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """WITH c AS (SELECT id FROM clients WHERE merged_into_id IS NULL AND cleared_at IS NULL
                              ORDER BY code LIMIT 1),
                        n AS (INSERT INTO notifications (kind, client_id, state, created_at)
                              SELECT 'x', id, 'handed_out', now() FROM c RETURNING id, client_id)
                   INSERT INTO deliveries (notification_id, client_id, kind, channel, medium, address, subject, text,
                       state, reason, created_at, ended_at)
                   SELECT id, client_id, 'x', 'mail', 'mail', 'x@example.org', 'x', 'x', 'dead', 'refused', now(), now()
                     FROM n RETURNING id"""
            )
        )


MAKERS = {"delivery": delivery}
