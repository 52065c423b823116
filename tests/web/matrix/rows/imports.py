"""Imports of files, on pages and in the API."""

from typing import TYPE_CHECKING

from core import db
from core.accounts.imports import carrying, files
from core.accounts.imports.mapping import Mapping
from core.actor import Actor
from tests.web.matrix.row import GONE, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"import_id": "import"}
CHECKED = {"kinds": {"import_id": "checked_import"}}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/imports", "client:import", {}),
        ("POST /staff/imports", "client:import", {"send": {"noun": "clients"}, "gives": 422}),
        ("GET /staff/imports/sample?noun=clients", "client:import", {}),
        ("GET /staff/imports/{import_id}", "client:import", {}),
        (
            "POST /staff/imports/{import_id}/check",
            "client:import",
            {"send": {"version": 1, "columns.0": "login", "columns.1": "email"}},
        ),
        ("POST /staff/imports/{import_id}/run", "client:import", CHECKED | {"send": {"version": 2}}),
        ("POST /staff/imports/{import_id}/errors", "client:import", CHECKED | {"send": {}, "gives": 200}),
        ("POST /staff/imports/{import_id}/delete", "client:import", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/imports", "client:import", {}),
        ("GET /api/v1/imports/fields?noun=clients", "client:import", {}),
        ("POST /api/v1/imports", "client:import", {"gives": 422}),
        ("GET /api/v1/imports/{import_id}", "client:import", {}),
        (
            "POST /api/v1/imports/{import_id}/check",
            "client:import",
            {"send": {"version": 1, "columns": ["login", "email"]}, "gives": 202},
        ),
        (
            "POST /api/v1/imports/{import_id}/run",
            "client:import",
            CHECKED | {"send": {"version": 2}, "gives": 202},
        ),
        ("POST /api/v1/imports/{import_id}/errors", "client:import", CHECKED | {"send": {}}),
        ("DELETE /api/v1/imports/{import_id}", "client:import", GONE),
    ),
]
CHANGES_NOTHING = {
    "/staff/imports",
    "/staff/imports/{import_id}/errors",
    "/api/v1/imports",
    "/api/v1/imports/{import_id}/errors",
}
PARAMETERS = {
    "/staff/imports": "noun",
    "/staff/imports/sample": "noun",
    "/api/v1/imports/fields": "noun",
}
RULED = {"imports.noun"}
FILLERS = {
    "imports": "(noun, name, format, headings, columns, created_by, created_at) VALUES ('clients', 'x', 'csv', '{{a}}', '{{}}', 'x', now())",
    "import_parts": "(import_id, part, rows) SELECT id, 0, '\\x00' FROM imports WHERE tenant_id = {tenant} LIMIT 1 ON CONFLICT DO NOTHING",
    "import_keys": "(import_id, field, key, row) SELECT id, 'x', 'x', 2 FROM imports WHERE tenant_id = {tenant} LIMIT 1",
    "import_errors": "(import_id, task_id, row, field, message) SELECT id, 1, 2, 'x', 'x' FROM imports WHERE tenant_id = {tenant} LIMIT 1",
    "import_mappings": "(noun, signature, columns, used_at) VALUES ('clients', 'x', '{{a}}', now())",
}


async def import_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            "UPDATE tasks SET ended_at = now(), state = 'done' WHERE ended_at IS NULL AND kind LIKE 'imports.%'"
        )
        content = f"login,email\n{world.fresh()},{world.fresh()}@import.example\n"
        return int((await files.upload("clients", "list.csv", content.encode(), by=by))["id"])


async def checked_import(world: "World", by: Actor) -> int:
    import_id = await import_(world, by)
    async with db.as_tenant(by.tenant.id):
        wanted = Mapping(columns=["login", "email"])
        task_id = await carrying.check(import_id, wanted, version=1, by=by)
        await db.execute("UPDATE tasks SET state = 'done', ended_at = now() WHERE id = $1", task_id)
    return import_id


MAKERS = {"import": import_, "checked_import": checked_import}
