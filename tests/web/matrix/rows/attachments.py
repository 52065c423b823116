"""Files of messages in tickets, and which are taken."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.support import attachments
from core.support.attachments import Attached
from tests.web.matrix.row import rows
from tests.web.matrix.rows import tickets

if TYPE_CHECKING:
    from tests.web.matrix.world import World

MANAGE = "settings:manage"
OWN = {"kinds": {"attachment_id": "own_attachment"}}
VERSION = {"version": "!attachment_version"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/ticket-files/{attachment_id}", "ticket:read", {}),
        ("GET /staff/settings/attachments", MANAGE, {}),
        (
            "POST /staff/settings/attachments",
            MANAGE,
            {"send": {"most_files": "3", "most_megabytes": "2"} | VERSION},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/ticket-files/{attachment_id}", "ticket:read", {}),
        ("GET /api/v1/attachment-settings", MANAGE, {}),
        ("PATCH /api/v1/attachment-settings", MANAGE, {"send": {"most_files": 4} | VERSION}),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /tickets/files/{attachment_id}", "portal:tickets:read", OWN),
        by="dupont",
    ),
]
PLACEHOLDERS = {"attachment_id": "attachment"}
FILLERS = {
    "attachment_settings": "(most_files) VALUES (3) ON CONFLICT DO NOTHING",
}


async def _attach(ticket_id: int, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        taken = await attachments.checked([Attached(name="x.txt", content=b"text")], by=by)
        await attachments.keep_first(ticket_id, taken)
        return int(await db.value("SELECT max(id) FROM ticket_attachments"))


async def attachment(world: "World", by: Actor) -> int:
    return await _attach(await tickets.ticket(world, by), by)


async def own_attachment(world: "World", by: Actor) -> int:
    return await _attach(await tickets.own_ticket(world, by), by)


MAKERS = {made.__name__: made for made in (attachment, own_attachment)}
