"""Personal data of clients: clearing it, on pages and in the API."""

from datetime import timedelta
from typing import TYPE_CHECKING

from core import clock, db
from core.actor import Actor
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

COPY = {"export_id": "personal_copy"}
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
        "staff",
        "provider",
        ("POST /staff/clients/{code}/personal-data", "client:personal_data", {"send": {}}),
        (
            "POST /staff/clients/{code}/personal-data/{export_id}/download",
            "client:personal_data",
            {"send": {}, "gives": 200, "kinds": COPY},
        ),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /personal-data", "portal", {}),
        ("POST /personal-data", "portal", {"send": {}}),
        (
            "POST /personal-data/{export_id}/download",
            "portal",
            {"send": {}, "gives": 200, "kinds": {"export_id": "own_copy"}},
        ),
        by="dupont",
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/personal-data", "client:personal_data", {}),
        ("POST /api/v1/clients/{code}/personal-data", "client:personal_data", {"gives": 202}),
        (
            "POST /api/v1/clients/{code}/personal-data/{export_id}/download",
            "client:personal_data",
            {"kinds": COPY},
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


async def personal_copy(_world: "World", by: Actor) -> int:
    """A copy of the client that was made last, ready to be downloaded."""
    async with db.as_tenant(by.tenant.id):
        return await _copy_of("SELECT id FROM clients ORDER BY registered_at DESC, id DESC LIMIT 1", by)


async def own_copy(_world: "World", by: Actor) -> int:
    """A copy that the owner of a client asked for."""
    async with db.as_tenant(by.tenant.id):
        mine = by.client.id if by.client else 0
        return await _copy_of(f"SELECT id FROM clients ORDER BY id <> {mine:d}, id LIMIT 1", by)


async def _copy_of(client: str, by: Actor) -> int:
    return int(
        await db.value(
            f"""INSERT INTO personal_exports (client_id, task_id, is_internal, asked_by, locale, state, content,
                    created_at, ready_at, expires_at)
                VALUES (({client}), 1, $1, $2, 'en', 'ready', 'PK', $3, $3, $4) RETURNING id""",
            by.client is None,
            by.name,
            clock.now(),
            clock.now() + timedelta(days=1),
        )
    )


FILLERS = {
    "personal_exports": """(tenant_id, client_id, task_id, is_internal, asked_by, locale, created_at, expires_at)
        SELECT {tenant}, (SELECT id FROM clients WHERE tenant_id = {tenant} LIMIT 1), 1, true, '', '', now(),
               now() + interval '1 day'""",
    "personal_export_parts": """(tenant_id, export_id, name, content)
        SELECT {tenant}, (SELECT id FROM personal_exports WHERE tenant_id = {tenant} LIMIT 1), 'data/x', '[]'""",
}
RULED = {"personal_exports.content", "personal_exports.state"}
MAKERS = {"client_made_last": client_made_last, "own_copy": own_copy, "personal_copy": personal_copy}
