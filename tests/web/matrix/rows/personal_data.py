"""Personal data of clients: clearing it, on pages and in the API."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

CLOSED = {"code": "closed_client"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/{code}/personal-data", "client:personal_data", {}),
        ("GET /staff/clients/{code}/personal-data/clear", "client:clear", {}),
        (
            "POST /staff/clients/{code}/personal-data/clear",
            "client:clear",
            {"kinds": CLOSED, "send": {"typed": "$client_made_last", "reason": "Asked"}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/clear", "client:clear", {}),
        (
            "POST /api/v1/clients/{code}/clear",
            "client:clear",
            {"kinds": CLOSED, "send": {"code": "$client_made_last", "reason": "Asked"}},
        ),
    ),
]


async def client_made_last(_world: "World", by: Actor) -> int:
    """The client in the address once more."""
    async with db.as_tenant(by.tenant.id):
        return int(await db.value("SELECT code FROM clients ORDER BY registered_at DESC, id DESC LIMIT 1"))


MAKERS = {"client_made_last": client_made_last}
