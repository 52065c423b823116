"""Payers, on pages and in the API."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import clients, payers
from core.accounts.payers import NewPayer
from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PAYERS = {"feature": "payers"}
SENT = {
    "kind": "company",
    "country": "DE",
    "name": "!name",
    "street": "Hauptstraße 1",
    "postcode": "10115",
    "city": "Berlin",
    "email": "!email",
    "language": "de",
}
PLACEHOLDERS = {"payer_id": "payer"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/payers", "payer:read", PAYERS),
        ("GET /staff/payers/{payer_id}", "payer:read", PAYERS),
        ("GET /staff/payers/{payer_id}/edit", "payer:update", PAYERS),
        ("POST /staff/payers/{payer_id}", "payer:update", PAYERS | {"send": SENT | {"version": 1}}),
        ("POST /staff/payers/{payer_id}/default", "payer:update", PAYERS | {"send": {}}),
        ("GET /staff/payers/{payer_id}/delete", "payer:delete", PAYERS),
        ("POST /staff/payers/{payer_id}/delete", "payer:delete", PAYERS | {"send": {}}),
        ("GET /staff/payers/{payer_id}/merge", "payer:merge", PAYERS),
        ("POST /staff/payers/{payer_id}/merge", "payer:merge", PAYERS | {"send": {"into": "$payer_beside"}}),
        ("GET /staff/clients/{code}/payers", "payer:read", PAYERS),
        ("POST /staff/clients/{code}/payers", "payer:create", PAYERS | {"send": SENT}),
        ("GET /staff/clients/{code}/payers/new", "payer:create", PAYERS),
        ("GET /staff/clients/{code}/payer", "client:read", {}),
        ("POST /staff/clients/{code}/payer", "client:update", {"send": SENT | {"version": 1}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/payers", "payer:read", PAYERS),
        ("GET /api/v1/payers/fields?kind=company&country=FR", "payer:read", PAYERS),
        ("GET /api/v1/payers/{payer_id}", "payer:read", PAYERS),
        ("PATCH /api/v1/payers/{payer_id}", "payer:update", PAYERS | {"send": SENT | {"version": 1}}),
        ("DELETE /api/v1/payers/{payer_id}", "payer:delete", PAYERS | GONE),
        ("POST /api/v1/payers/{payer_id}/default", "payer:update", PAYERS),
        ("GET /api/v1/payers/{payer_id}/merge?into=$payer_beside", "payer:merge", PAYERS),
        ("POST /api/v1/payers/{payer_id}/merge", "payer:merge", PAYERS | {"send": {"into": "$payer_beside"}}),
        ("GET /api/v1/clients/{code}/payers", "payer:read", PAYERS),
        ("POST /api/v1/clients/{code}/payers", "payer:create", PAYERS | NEW | {"send": SENT}),
        ("GET /api/v1/clients/{code}/payer", "client:read", {}),
        ("PATCH /api/v1/clients/{code}/payer", "client:update", {"send": SENT | {"version": 1}}),
    ),
]
PARAMETERS = {
    "/staff/payers": "search kind country client after before",
    "/staff/payers/{payer_id}/merge": "into",
    "/api/v1/payers": "search kind country client after before limit",
    "/api/v1/payers/fields": "kind country",
}
RULED = {"payers.kind", "payers.country"}


async def payer_of(code: int, world: "World", by: Actor) -> int:
    """One more payer of the client with this code."""
    new = NewPayer(
        kind="individual",
        country="FR",
        name=world.fresh("payer"),
        street="1 rue de la Paix",
        postcode="75002",
        city="Paris",
        email=f"{world.fresh()}@payer.example",
        language="fr",
    )
    async with db.as_tenant(by.tenant.id):
        client = await clients.get(code, by=by)
        return int((await payers.create(client["id"], new, by=by))["id"])


async def payer(world: "World", by: Actor) -> int:
    return await payer_of(await things.client_(world, by), world, by)


async def payer_beside(world: "World", by: Actor) -> int:
    """Another payer of the client whose payer was made last."""
    async with db.as_tenant(by.tenant.id):
        code = await db.value(
            "SELECT c.code FROM payers p JOIN clients c ON c.id = p.client_id WHERE c.status = 'active'"
            " ORDER BY p.created_at DESC, p.id LIMIT 1"
        )
    return await payer_of(code, world, by)


MAKERS = {"payer": payer, "payer_beside": payer_beside}
