"""What gateways say otherwise, for staff and programs. About all clients, so only for who is limited to none."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"difference_id": "payment_difference"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/payment-differences", "payment:read", {}),
        ("GET /staff/payment-differences/{difference_id}", "payment:read", {}),
        (
            "POST /staff/payment-differences/{difference_id}/record",
            "payment:create",
            {"send": {"attempt": "1"}, "gives": 422},
        ),
        (
            "POST /staff/payment-differences/{difference_id}/record-into",
            "payment:create",
            {"send": {"client": "1"}, "gives": 422},
        ),
        ("POST /staff/payment-differences/{difference_id}/dismiss", "payment:create", {"send": {"reason": "x"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/payment-differences", "payment:read", {}),
        ("GET /api/v1/payment-differences/{difference_id}", "payment:read", {}),
        (
            "POST /api/v1/payment-differences/{difference_id}/record",
            "payment:create",
            {"send": {"attempt_id": 1}, "gives": 422},
        ),
        (
            "POST /api/v1/payment-differences/{difference_id}/record-into",
            "payment:create",
            {"send": {"account_id": 1}, "gives": 422},
        ),
        ("POST /api/v1/payment-differences/{difference_id}/dismiss", "payment:create", {"send": {"reason": "x"}}),
    ),
]
CHANGES_NOTHING = {
    *(f"/staff/payment-differences/{{difference_id}}/{verb}" for verb in ("record", "record-into")),
    *(f"/api/v1/payment-differences/{{difference_id}}/{verb}" for verb in ("record", "record-into")),
}
PARAMETERS = {
    "/staff/payment-differences": "state kind",
    "/api/v1/payment-differences": "state kind plugin",
}
RULED = {f"payment_differences.{column}" for column in ("kind", "source", "currency", "state")}


async def payment_difference(world: "World", by: Actor) -> int:
    """What a gateway called about, and nobody began."""
    async with db.as_tenant(by.tenant.id):
        return int(
            await db.value(
                """INSERT INTO payment_differences (plugin, kind, source, mark, gateway_id, standing, currency, units,
                       found_at) VALUES ('gone', 'nobody', 'callback', $1, $1, 'succeeded', 'EUR', 100, now())
                   RETURNING id""",
                world.fresh("difference"),
            )
        )


MAKERS = {"payment_difference": payment_difference}
