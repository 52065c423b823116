"""Messages to clients, for staff and programs."""

from typing import TYPE_CHECKING

from core import db
from core.accounts.client_choice import Choice
from core.actor import Actor
from core.support import mass_message_sending, mass_messages
from core.support.mass_messages import MessageValues, Words
from tests.web.matrix import things
from tests.web.matrix.row import CODES, GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

TEXTS = {"fr": {"subject": "Bonjour", "text": "Travaux"}, "en": {"subject": "Hello", "text": "Work"}}
FORM = {"subject.fr": "Bonjour", "text.fr": "Travaux", "only_matching": "1"}
SENT, PAUSED = {"kinds": {"message_id": "sent_message"}}, {"kinds": {"message_id": "paused_message"}}
LOOKED_AT = {"version": "1", "count": "1"}
PLACEHOLDERS = {"message_id": "message"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/messages", "message:read", {}),
        ("GET /staff/messages/new?code=$client", "message:send", {}),
        ("POST /staff/messages", "message:send", {"send": FORM | {"code": "$client"}}),
        ("GET /staff/messages/{message_id}", "message:read", {}),
        ("GET /staff/messages/{message_id}/skipped", "message:read", {}),
        ("GET /staff/messages/{message_id}/events", "message:read", SENT),
        ("GET /staff/messages/{message_id}/edit", "message:send", {}),
        ("POST /staff/messages/{message_id}", "message:send", {"send": FORM | {"version": "1"}}),
        ("GET /staff/messages/{message_id}/delete", "message:send", {}),
        ("POST /staff/messages/{message_id}/delete", "message:send", {"send": {}}),
        ("POST /staff/messages/{message_id}/send", "message:send", {"send": LOOKED_AT}),
        ("POST /staff/messages/{message_id}/test", "message:send", {"send": {"client": "$client"}}),
        ("POST /staff/messages/{message_id}/pause", "message:send", SENT | {"send": {}}),
        ("POST /staff/messages/{message_id}/resume", "message:send", PAUSED | {"send": {}}),
        ("POST /staff/messages/{message_id}/withdraw", "message:send", SENT | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/messages", "message:read", {}),
        ("POST /api/v1/messages", "message:send", NEW | {"send": CODES | {"texts": TEXTS}}),
        ("GET /api/v1/messages/{message_id}", "message:read", {}),
        ("PATCH /api/v1/messages/{message_id}", "message:send", {"send": {"is_news": True, "version": 1}}),
        ("DELETE /api/v1/messages/{message_id}", "message:send", GONE),
        ("GET /api/v1/messages/{message_id}/audience", "message:read", {}),
        ("GET /api/v1/messages/{message_id}/skipped", "message:read", {}),
        ("GET /api/v1/messages/{message_id}/preview?client=$client", "message:read", {}),
        ("GET /api/v1/messages/{message_id}/recipients", "message:read", SENT),
        ("POST /api/v1/messages/{message_id}/send", "message:send", {"gives": 202, "send": {"version": 1}}),
        ("POST /api/v1/messages/{message_id}/test", "message:send", {"gives": 200, "send": {"client": "$client"}}),
        ("POST /api/v1/messages/{message_id}/pause", "message:send", SENT),
        ("POST /api/v1/messages/{message_id}/resume", "message:send", PAUSED),
        ("POST /api/v1/messages/{message_id}/withdraw", "message:send", SENT),
    ),
]
PARAMETERS = {
    "/staff/messages": "after before",
    "/staff/messages/new": "all code name email project group kind country language status",
    "/staff/messages/{message_id}": "client state search after before",
    "/staff/messages/{message_id}/skipped": "reason after before",
    "/api/v1/messages": "after before limit",
    "/api/v1/messages/{message_id}/preview": "client",
    "/api/v1/messages/{message_id}/recipients": "state search after before limit",
    "/api/v1/messages/{message_id}/skipped": "reason after before limit",
}
RULED = {
    "mass_messages.choice",
    "mass_messages.state",
    "mass_message_recipients.state",
    "mass_message_recipients.reason",
}


async def message(world: "World", by: Actor) -> int:
    """A draft to one client that lacks nothing."""
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        category = await db.value("SELECT min(id) FROM ticket_categories")
        values = MessageValues(category=category, texts={code: Words(**words) for code, words in TEXTS.items()})
        return await mass_messages.create(values, Choice(codes=(code,)), by=by)


async def sent_message(world: "World", by: Actor) -> int:
    """One on its way."""
    message_id = await message(world, by)
    async with db.as_tenant(by.tenant.id):
        task_id = await mass_message_sending.send(message_id, version=1, by=by)
        await db.execute(
            "INSERT INTO mass_message_recipients (message_id, client_id) SELECT $1, min(id) FROM clients",
            message_id,
        )
        await db.execute("UPDATE tasks SET state = 'running' WHERE id = $1", task_id)
    return message_id


async def paused_message(world: "World", by: Actor) -> int:
    """One that was stopped for a while."""
    message_id = await sent_message(world, by)
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            """UPDATE tasks SET state = 'cancelled', ended_at = touched_at, is_cancel_asked = true
                WHERE id = (SELECT task_id FROM mass_messages WHERE id = $1)""",
            message_id,
        )
    return message_id


MAKERS = {made.__name__: made for made in (message, sent_message, paused_message)}
