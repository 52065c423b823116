"""Fields of clients that the provider defines."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import field_edits
from core.accounts.field_edits import NewField
from core.actor import Actor
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"field_id": "field"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/fields", "field:manage", {}),
        ("GET /staff/fields/new", "field:manage", {}),
        (
            "POST /staff/fields",
            "field:manage",
            {"send": {"label": "!field", "kind": "choice", "labels.fr": "!champ", "option_label": "!option"}},
        ),
        ("GET /staff/fields/{field_id}/edit", "field:manage", {}),
        ("POST /staff/fields/{field_id}", "field:manage", {"send": {"label": "!field", "version": 1}}),
        ("POST /staff/fields/{field_id}/move", "field:manage", {"send": {"steps": -1}}),
        ("POST /staff/fields/{field_id}/archive", "field:manage", {"send": {}}),
        (
            "POST /staff/fields/{field_id}/restore",
            "field:manage",
            {"send": {}, "kinds": {"field_id": "archived_field"}},
        ),
        ("GET /staff/fields/{field_id}/delete", "field:manage", {}),
        ("POST /staff/fields/{field_id}/delete", "field:manage", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/fields", "client:read", {}),
        ("POST /api/v1/fields", "field:manage", NEW | {"send": {"label": "!field", "kind": "text"}}),
        ("GET /api/v1/fields/{field_id}", "field:manage", {}),
        ("PATCH /api/v1/fields/{field_id}", "field:manage", {"send": {"label": "!field", "version": 1}}),
        ("POST /api/v1/fields/{field_id}/move", "field:manage", GONE | {"send": {"steps": -1}}),
        ("DELETE /api/v1/fields/{field_id}", "field:manage", GONE),
    ),
]


async def field_(world: "World", by: Actor) -> int:
    """Two fields of any client; the last of them, so that it can be moved up."""
    async with db.as_tenant(by.tenant.id):
        kept = await db.fetch("SELECT id FROM client_fields ORDER BY position DESC OFFSET 20")
        for row in kept:
            await field_edits.delete(row["id"], by=by)
        made = [await field_edits.create(NewField(kind="text", label=world.fresh("field")), by=by) for _n in "ab"]
    return int(made[-1]["id"])


async def archived_field_(world: "World", by: Actor) -> int:
    field_id = await field_(world, by)
    async with db.as_tenant(by.tenant.id):
        await field_edits.archive(field_id, by=by)
    return field_id


MAKERS = {"field": field_, "archived_field": archived_field_}
RULED = {"client_fields.key", "client_fields.kind", "client_field_options.key"}
FILLERS = {
    "client_fields": "(key, kind, label) VALUES ('canary', 'text', 'x')",
    "client_field_options": "(field_id, key, label) SELECT id, 'x', 'x' FROM client_fields WHERE tenant_id = {tenant} LIMIT 1",
    "client_field_values": "(field_id, client_id, text, registered_at) SELECT f.id, c.id, 'x', now() FROM client_fields f, clients c WHERE f.tenant_id = {tenant} AND c.tenant_id = {tenant} AND f.kind = 'text' LIMIT 1",
}
