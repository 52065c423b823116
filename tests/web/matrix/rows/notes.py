"""Notes about clients and files that are kept with them, on pages and in the API."""

import base64
from typing import TYPE_CHECKING

from core import db
from core.accounts import clients, files, notes
from core.accounts.files import NewFile
from core.accounts.notes import NewNote
from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"note_id": "note", "file_id": "client_file"}
CONTENT = base64.b64encode(b"Dear Sir").decode()
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/{code}/notes", "note:read", {}),
        ("POST /staff/clients/{code}/notes", "note:create", {"send": {"text": "!note"}}),
        ("GET /staff/notes/{note_id}/edit", "note:read", {}),
        ("POST /staff/notes/{note_id}", "note:read", {"send": {"text": "!note", "version": 1}}),
        ("POST /staff/notes/{note_id}/pin", "note:create", {"send": {"is_pinned": "1"}}),
        ("GET /staff/notes/{note_id}/delete", "note:read", {}),
        ("POST /staff/notes/{note_id}/delete", "note:read", {"send": {}}),
        ("POST /staff/clients/{code}/files", "file:create", {"send": {"file": "no file"}, "gives": 422}),
        ("GET /staff/files/{file_id}", "file:read", {}),
        ("GET /staff/files/{file_id}/delete", "file:delete", {}),
        ("POST /staff/files/{file_id}/delete", "file:delete", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/notes", "note:read", {}),
        ("POST /api/v1/clients/{code}/notes", "note:create", NEW | {"send": {"text": "!note"}}),
        ("GET /api/v1/notes/{note_id}", "note:read", {}),
        ("PATCH /api/v1/notes/{note_id}", "note:read", {"send": {"text": "!note", "version": 1}}),
        ("POST /api/v1/notes/{note_id}/pin", "note:create", {"send": {"is_pinned": True}}),
        ("DELETE /api/v1/notes/{note_id}", "note:read", GONE),
        ("GET /api/v1/clients/{code}/files", "file:read", {}),
        (
            "POST /api/v1/clients/{code}/files",
            "file:create",
            NEW | {"send": {"name": "letter.txt", "content": CONTENT}},
        ),
        ("GET /api/v1/files/{file_id}", "file:read", {}),
        ("GET /api/v1/files/{file_id}/content", "file:read", {}),
        ("DELETE /api/v1/files/{file_id}", "file:delete", GONE),
    ),
]
PARAMETERS = {"/staff/clients/{code}/notes": "after", "/api/v1/clients/{code}/notes": "after"}
CHANGES_NOTHING = ("/staff/clients/{code}/files",)


async def note_(world: "World", by: Actor) -> int:
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        client = await clients.get(code, by=by)
        return int((await notes.create(client["id"], NewNote(text=world.fresh("note")), by=by))["id"])


async def client_file_(world: "World", by: Actor) -> int:
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        client = await clients.get(code, by=by)
        new = NewFile(name=f"{world.fresh('file')}.txt", content=b"Dear Sir")
        return int((await files.create(client["id"], new, by=by))["id"])


MAKERS = {"note": note_, "client_file": client_file_}
