"""Notifications: what stands in their tables."""

PLACEHOLDERS: dict[str, str] = {}
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
