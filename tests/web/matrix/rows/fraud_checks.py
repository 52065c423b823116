"""Fraud checks for staff and programs: reading them, deciding about them, and what they mean."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"check_id": "fraud_check"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/fraud-checks", "fraud:read", {}),
        ("GET /staff/fraud-checks/{check_id}", "fraud:read", {}),
        ("POST /staff/fraud-checks/{check_id}/approve", "fraud:decide", {"send": {"note": "x"}}),
        ("POST /staff/fraud-checks/{check_id}/refuse", "fraud:decide", {"send": {"reason": "x"}}),
        ("GET /staff/settings/fraud", "settings:manage", {}),
        (
            "POST /staff/settings/fraud",
            "settings:manage",
            {"send": {"on_failure": "pass", "version": "!fraud_version"}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/fraud-checks", "fraud:read", {}),
        ("GET /api/v1/fraud-checks/{check_id}", "fraud:read", {}),
        ("POST /api/v1/fraud-checks/{check_id}/approve", "fraud:decide", {"send": {"reason": "x"}}),
        ("POST /api/v1/fraud-checks/{check_id}/refuse", "fraud:decide", {"send": {"reason": "x"}}),
        ("GET /api/v1/fraud-settings", "settings:manage", {}),
        (
            "PATCH /api/v1/fraud-settings",
            "settings:manage",
            {"send": {"checks_staff": False, "version": "!fraud_version"}},
        ),
    ),
]
PARAMETERS = {
    "/staff/fraud-checks": "state kind after before",
    "/api/v1/fraud-checks": "state kind client after before limit",
}
RULED = {
    *(f"fraud_checks.{column}" for column in ("kind", "source", "verdict", "state", "answers")),
    "fraud_settings.on_failure",
}
FILLERS = {"fraud_settings": "(on_failure) VALUES ('review') ON CONFLICT DO NOTHING"}


async def fraud_check(world: "World", by: Actor) -> int:
    """An order that waits, of a client."""
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """INSERT INTO fraud_checks (kind, source, verdict, state, client_id, project_id, name, email, seen,
                       answers, created_at)
                   SELECT 'order', 'staff', 'review', 'waiting', c.id, c.project_id, c.name, c.email,
                       jsonb_build_object('client', jsonb_build_object('name', c.name)),
                       '[{"plugin": "x", "verdict": "review", "reasons": [{"text": "Odd"}]}]', now()
                     FROM clients c WHERE c.status = 'active' ORDER BY c.code LIMIT 1 RETURNING id"""
            )
        )


MAKERS = {"fraud_check": fraud_check}
