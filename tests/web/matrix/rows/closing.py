"""Closing clients and opening them again, on pages and in the API."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import closing
from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import CODES, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/close?code=$client", "client:close", {}),
        ("POST /staff/clients/close", "client:close", {"send": {"code": "$client", "reason": "Left"}}),
        ("GET /staff/clients/reopen?code=$closed_client", "client:close", {}),
        ("POST /staff/clients/reopen", "client:close", {"send": {"code": "$closed_client"}}),
    ),
    *rows(
        "api",
        "provider",
        ("POST /api/v1/clients/close", "client:close", {"send": CODES | {"reason": "Left"}}),
        ("POST /api/v1/clients/reopen", "client:close", {"send": {"codes": ["$closed_client"]}}),
    ),
]
PARAMETERS = {"/staff/clients/close": "code", "/staff/clients/reopen": "code"}


async def closed_client(world: "World", by: Actor) -> int:
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        await closing.close([code], "Left", by=by)
    return code


MAKERS = {"closed_client": closed_client}
