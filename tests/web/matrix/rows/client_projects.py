"""The accounts of a client in projects."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import client_projects, clients
from core.actor import Actor
from tests.web.matrix.row import GONE, NEW, PROJECTS, rows
from tests.web.matrix.things import client_, project_

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def account_(world: "World", by: Actor) -> int:
    code, project_id = await client_(world, by), await project_(world, by)
    async with db.as_tenant(by.tenant.id):
        client = await clients.get(code, by=by)
        return int((await client_projects.open_account(client["id"], project_id, by=by))["id"])


MAKERS = {"account": account_}
PLACEHOLDERS = {"account_id": "account"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/{code}/projects", "project:read", PROJECTS),
        (
            "POST /staff/clients/{code}/projects",
            "project:assign",
            PROJECTS | {"send": {"project_id": "$project"}},
        ),
        ("POST /staff/accounts/{account_id}/home", "project:assign", PROJECTS | {"send": {}}),
        ("GET /staff/accounts/{account_id}/close", "project:assign", PROJECTS),
        ("POST /staff/accounts/{account_id}/close", "project:assign", PROJECTS | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/accounts", "project:read", PROJECTS),
        (
            "POST /api/v1/clients/{code}/accounts",
            "project:assign",
            PROJECTS | NEW | {"send": {"project_id": "$project"}},
        ),
        ("GET /api/v1/accounts/{account_id}", "project:read", PROJECTS),
        ("PATCH /api/v1/accounts/{account_id}", "project:assign", PROJECTS | {"send": {"credit_limit": 1200}}),
        ("POST /api/v1/accounts/{account_id}/home", "project:assign", PROJECTS | {"send": {}}),
        ("DELETE /api/v1/accounts/{account_id}", "project:assign", PROJECTS | GONE),
    ),
]
