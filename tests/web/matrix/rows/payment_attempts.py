"""Payments through plugins, for staff and programs. No gateway is there, so that none can be asked."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from tests.web.matrix.row import rows
from tests.web.matrix.rows.payments import owing_account

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"attempt_id": "attempt"}
OWING = {"kinds": {"account_id": "owing_account"}}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/payment-attempts", "payment:read", {}),
        ("GET /staff/payment-attempts/{attempt_id}", "payment:read", {}),
        ("POST /staff/payment-attempts/{attempt_id}/look", "payment:create", {"send": {}, "gives": 409}),
        ("POST /staff/payment-attempts/{attempt_id}/settle", "payment:create", {"send": {}}),
        (
            "POST /staff/payment-attempts/{attempt_id}/capture",
            "payment:capture",
            {"send": {"units": "1"}, "gives": 409},
        ),
        ("POST /staff/payment-attempts/{attempt_id}/void", "payment:capture", {"send": {}, "gives": 409}),
        (
            "POST /staff/payment-attempts/{attempt_id}/refund",
            "payment:refund",
            {"send": {"units": "1", "reason": "x"}, "gives": 409},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/payment-attempts", "payment:read", {}),
        (
            "POST /api/v1/balances/{account_id}/payment-attempts",
            "payment:create",
            OWING | {"send": {"plugin": "none", "method": "card", "units": 100}, "gives": 422},
        ),
        ("GET /api/v1/payment-attempts/{attempt_id}", "payment:read", {}),
        ("POST /api/v1/payment-attempts/{attempt_id}/look", "payment:create", {"gives": 409}),
        ("POST /api/v1/payment-attempts/{attempt_id}/settle", "payment:create", {}),
        (
            "POST /api/v1/payment-attempts/{attempt_id}/capture",
            "payment:capture",
            {"send": {"units": 1}, "gives": 409},
        ),
        ("POST /api/v1/payment-attempts/{attempt_id}/void", "payment:capture", {"gives": 409}),
        (
            "POST /api/v1/payment-attempts/{attempt_id}/refund",
            "payment:refund",
            {"send": {"units": 1, "reason": "x"}, "gives": 409},
        ),
    ),
]
CHANGES_NOTHING = {
    "/staff/payment-attempts/{attempt_id}/look",
    "/staff/payment-attempts/{attempt_id}/refund",
    "/staff/payment-attempts/{attempt_id}/capture",
    "/staff/payment-attempts/{attempt_id}/void",
    "/api/v1/payment-attempts/{attempt_id}/capture",
    "/api/v1/payment-attempts/{attempt_id}/void",
    "/api/v1/balances/{account_id}/payment-attempts",
    "/api/v1/payment-attempts/{attempt_id}/look",
    "/api/v1/payment-attempts/{attempt_id}/refund",
}
PARAMETERS = {"/staff/payment-attempts": "parked held", "/api/v1/payment-attempts": "parked held"}
RULED = {
    *(f"payment_attempts.{column}" for column in ("state", "parked", "currency")),
    *("payment_events.source", "payment_events.outcome", "attempt_refunds.state"),
    *("attempt_captures.kind", "attempt_captures.state"),
}
FILLERS = {
    "payment_events": "(attempt_id, plugin, source, standing, outcome, at) SELECT id, 'x', 'poll', 'x', 'known', now() FROM payment_attempts WHERE tenant_id = {tenant} LIMIT 1",
    "attempt_captures": "(attempt_id, key, kind, units, state, created_at, created_by) SELECT id, 'x', 'void', 1, 'failed', now(), 'x' FROM payment_attempts WHERE tenant_id = {tenant} LIMIT 1",
    "attempt_refunds": "(attempt_id, units, reason, state, created_at, created_by) SELECT id, 1, 'x', 'failed', now(), 'x' FROM payment_attempts WHERE tenant_id = {tenant} LIMIT 1",
}


async def attempt(world: "World", by: Actor) -> int:
    """An attempt that somebody has to look at."""
    account_id = await owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """INSERT INTO payment_attempts (account_id, plugin, method, key, state, parked, currency, units,
                       created_at, created_by, touched_at)
                   VALUES ($1, 'gone', 'card', $2, 'pending', 'currency', 'EUR', 100, now(), 'x', now())
                   RETURNING id""",
                account_id,
                world.fresh("attempt"),
            )
        )


MAKERS = {"attempt": attempt}
