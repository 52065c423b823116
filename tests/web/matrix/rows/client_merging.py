"""Merging two clients, on pages and in the API."""

from typing import TYPE_CHECKING

from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

SENT = {"into": "$client_beside", "owner_role": "billing"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/merge?code=$client", "client:merge", {}),
        ("POST /staff/clients/merge", "client:merge", {"send": SENT | {"code": "$client"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/merge?into=$client_beside", "client:merge", {}),
        ("POST /api/v1/clients/{code}/merge", "client:merge", {"send": SENT}),
    ),
]
PARAMETERS = {"/staff/clients/merge": "code into q", "/api/v1/clients/{code}/merge": "into owner_role"}


async def client_beside(world: "World", by: Actor) -> int:
    return await things.client_(world, by)


MAKERS = {"client_beside": client_beside}
