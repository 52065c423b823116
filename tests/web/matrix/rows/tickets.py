"""Tickets and what they are sorted by, for staff, programs, and the users of a client."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.support import (
    departments,
    ticket_categories,
    ticket_changes,
    ticket_messages,
    ticket_opening,
    ticket_statuses,
)
from core.support.departments import DepartmentValues
from core.support.ticket_categories import CategoryValues
from core.support.ticket_messages import Reply
from core.support.ticket_opening import NewTicket
from core.support.ticket_statuses import StatusValues
from tests.web.matrix import things
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ, CREATE, ANSWER, UPDATE, MANAGE = (
    f"ticket:{act}" for act in ("read", "create", "answer", "update", "manage")
)
OPENING = {"subject": "Slow", "text": "Since Monday", "priority": "normal"}
DECISION = {"standing": "open", "priority": "high", "version": 1}
DEPARTMENT = {"name": "!name"}
CATEGORY = {"name_en": "!name", "name_fr": "!name", "department_id": "$department"}
STATUS = {"state": "open", "name_en": "!name", "name_fr": "!name"}
CLOSED = {"kinds": {"ticket_id": "closed_ticket"}}
OWN = {"kinds": {"ticket_id": "own_ticket"}}
OWN_CLOSED = {"kinds": {"ticket_id": "own_closed_ticket"}}
WATCHED = {"kinds": {"ticket_id": "watched_ticket"}}
WATCHING = {"kinds": {"staff_id": "watching_staff"}}
WATCHER = {"kinds": {"staff_id": "staff"}}
PLACEHOLDERS = {
    "ticket_id": "ticket",
    "department_id": "department",
    "category_id": "ticket_category",
    "status_id": "ticket_status",
}


def _settings(path: str, one: str, body: dict[str, str]) -> list[tuple[str, str, dict[str, object]]]:
    """The routes of the staff's pages for one kind of settings."""
    here = f"/staff/{path}"
    return [
        (f"GET {here}", MANAGE, {}),
        (f"GET {here}/new", MANAGE, {}),
        (f"POST {here}", MANAGE, {"send": body}),
        (f"GET {here}/{{{one}}}/edit", MANAGE, {}),
        (f"POST {here}/{{{one}}}", MANAGE, {"send": body | {"version": 1}}),
        (f"POST {here}/{{{one}}}/move", MANAGE, {"send": {"steps": "-1"}}),
        (f"GET {here}/{{{one}}}/delete", MANAGE, {}),
        (f"POST {here}/{{{one}}}/delete", MANAGE, {"send": {}}),
    ]


def _over_json(path: str, one: str, body: dict[str, str]) -> list[tuple[str, str, dict[str, object]]]:
    here = f"/api/v1/{path}"
    return [
        (f"GET {here}", READ, {}),
        (f"POST {here}", MANAGE, NEW | {"send": body}),
        (f"GET {here}/{{{one}}}", READ, {}),
        (f"PATCH {here}/{{{one}}}", MANAGE, {"send": body | {"version": 1}}),
        (f"DELETE {here}/{{{one}}}", MANAGE, GONE),
    ]


ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/tickets", READ, {}),
        ("GET /staff/clients/{code}/tickets", READ, {}),
        ("GET /staff/clients/{code}/tickets/new", CREATE, {}),
        ("POST /staff/clients/{code}/tickets", CREATE, {"send": OPENING}),
        ("GET /staff/tickets/{ticket_id}", READ, {}),
        ("POST /staff/tickets/{ticket_id}", UPDATE, {"send": DECISION}),
        ("POST /staff/tickets/{ticket_id}/messages", ANSWER, {"send": {"text": "We look.", "version": 1}}),
        ("POST /staff/tickets/{ticket_id}/take", ANSWER, {"send": {}}),
        ("POST /staff/tickets/{ticket_id}/close", ANSWER, {"send": {}}),
        ("POST /staff/tickets/{ticket_id}/reopen", ANSWER, CLOSED | {"send": {}}),
        ("POST /staff/tickets/{ticket_id}/watch", READ, {"send": {}}),
        ("POST /staff/tickets/{ticket_id}/unwatch", READ, WATCHED | {"send": {}}),
        ("POST /staff/tickets/{ticket_id}/writing", ANSWER, {"send": {"text": "We"}, "gives": 204}),
        ("GET /staff/tickets/{ticket_id}/live", READ, CLOSED),
        ("GET /staff/tickets/{ticket_id}/merge", UPDATE, {}),
        ("POST /staff/tickets/{ticket_id}/merge", UPDATE, {"send": {"into": "$ticket_beside"}}),
        ("GET /staff/tickets/{ticket_id}/split", UPDATE, {}),
        ("POST /staff/tickets/{ticket_id}/split", UPDATE, {"send": {"subject": "B", "messages": "$answer"}}),
        *_settings("departments", "department_id", DEPARTMENT),
        *_settings("ticket-categories", "category_id", CATEGORY),
        *_settings("ticket-statuses", "status_id", STATUS),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/tickets", READ, {}),
        ("POST /api/v1/clients/{code}/tickets", CREATE, NEW | {"send": OPENING}),
        ("GET /api/v1/tickets/{ticket_id}", READ, {}),
        ("PATCH /api/v1/tickets/{ticket_id}", UPDATE, {"send": {"priority": "high", "version": 1}}),
        ("POST /api/v1/tickets/{ticket_id}/messages", ANSWER, NEW | {"send": {"text": "We look."}}),
        ("POST /api/v1/tickets/{ticket_id}/close", ANSWER, {"send": {}}),
        ("POST /api/v1/tickets/{ticket_id}/reopen", ANSWER, CLOSED | {"send": {}}),
        ("PUT /api/v1/tickets/{ticket_id}/watchers/{staff_id}", UPDATE, WATCHER),
        ("DELETE /api/v1/tickets/{ticket_id}/watchers/{staff_id}", UPDATE, WATCHING | GONE),
        ("POST /api/v1/tickets/{ticket_id}/merge", UPDATE, {"send": {"into": "$ticket_beside"}}),
        (
            "POST /api/v1/tickets/{ticket_id}/split",
            UPDATE,
            NEW | {"send": {"subject": "B", "messages": ["$answer"]}},
        ),
        *_over_json("departments", "department_id", DEPARTMENT),
        *_over_json("ticket-categories", "category_id", CATEGORY),
        *_over_json("ticket-statuses", "status_id", STATUS),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /tickets", "portal:tickets:read", {}),
        ("GET /tickets/new", "portal:tickets:write", {}),
        (
            "POST /tickets",
            "portal:tickets:write",
            {"send": {"subject": "Slow", "text": "Since Monday", "category_id": "$own_category"}},
        ),
        ("GET /tickets/{ticket_id}", "portal:tickets:read", OWN),
        ("POST /tickets/{ticket_id}/messages", "portal:tickets:write", OWN | {"send": {"text": "And now?"}}),
        ("POST /tickets/{ticket_id}/close", "portal:tickets:write", OWN | {"send": {}}),
        ("POST /tickets/{ticket_id}/reopen", "portal:tickets:write", OWN_CLOSED | {"send": {}}),
        by="dupont",
    ),
]
_FILTER = "search queue state priority category department assignee client project"
PARAMETERS = {
    "/staff/tickets": f"{_FILTER} after before",
    "/staff/tickets/{ticket_id}/live": "version",
    "/api/v1/tickets": f"{_FILTER} after before limit",
    "/tickets": "after before",
    "/tickets/new": "category_id service_id invoice_id",
}
RULED = {
    *(f"tickets.{column}" for column in ("state", "priority", "opened_side")),
    *(f"ticket_messages.{column}" for column in ("side", "origin")),
    *("ticket_statuses.state", "ticket_categories.priced_per", "ticket_categories.prices"),
    *("departments.hours", "department_members.level"),
}
FILLERS = {
    "ticket_drafts": "(ticket_id, staff_id, text, until) SELECT t.id, s.id, 'A', now() FROM tickets t, staff s"
    " WHERE t.tenant_id = {tenant} AND s.tenant_id = {tenant} LIMIT 1",
    "department_members": "(department_id, staff_id, level) SELECT d.id, s.id, 'lead' FROM departments d, staff s"
    " WHERE d.tenant_id = {tenant} AND s.tenant_id = {tenant} LIMIT 1",
    "ticket_statuses": "(state, name_en, name_fr, position, created_at) VALUES ('open', 'A', 'A', 1, now())",
    "tickets": "(number, key, client_id, project_id, category_id, department_id, subject, state, language,"
    " opened_side, opened_by, created_at, changed_at) SELECT 900, 'canary', c.id, c.project_id, k.id,"
    " k.department_id, 'A', 'new', 'en', 'client', 'A', now(), now() FROM clients c, ticket_categories k"
    " WHERE c.tenant_id = {tenant} AND k.tenant_id = {tenant} ORDER BY c.code LIMIT 1",
    "ticket_messages": "(ticket_id, key, side, author_name, text, created_at)"
    " SELECT id, 'canary', 'client', 'A', 'A', now() FROM tickets WHERE tenant_id = {tenant} LIMIT 1",
}


async def ticket(world: "World", by: Actor) -> int:
    """One that staff opened for a new client."""
    return await _ticket_of(await things.client_(world, by), by)


async def closed_ticket(world: "World", by: Actor) -> int:
    """The same, closed."""
    ticket_id = await ticket(world, by)
    async with db.as_tenant(by.tenant.id):
        await ticket_changes.close(ticket_id, by=by)
    return ticket_id


async def watched_ticket(world: "World", by: Actor) -> int:
    """The same, watched by who opened it."""
    ticket_id = await ticket(world, by)
    async with db.as_tenant(by.tenant.id):
        await ticket_changes.watch(ticket_id, by=by)
    return ticket_id


async def watching_staff(world: "World", by: Actor) -> int:
    """Somebody of the staff who watches the ticket that was opened last."""
    staff_id = await things.staff_(world, by)
    async with db.as_tenant(by.tenant.id):
        ticket_id = await db.value("SELECT id FROM tickets ORDER BY created_at DESC, id DESC LIMIT 1")
        if ticket_id is not None:
            await ticket_changes.watch(ticket_id, staff_id, by=by)
    return staff_id


async def own_ticket(world: "World", by: Actor) -> int:
    """One of the client that a user acts for; of staff, of a new client."""
    if by.client is None:
        return await ticket(world, by)
    return await _ticket_of(by.client.code, world.actors["alice" if by.tenant.code == "nova" else "bob"])


async def own_closed_ticket(world: "World", by: Actor) -> int:
    """The same, closed."""
    ticket_id = await own_ticket(world, by)
    async with db.as_tenant(by.tenant.id):
        closed = Reply(text="Done", state="closed")
        staff = by if by.client is None else world.actors["alice" if by.tenant.code == "nova" else "bob"]
        await ticket_messages.reply(ticket_id, closed, by=staff)
    return ticket_id


async def ticket_beside(world: "World", by: Actor) -> int:
    """Another ticket of the client whose ticket was opened last."""
    async with db.as_tenant(by.tenant.id):
        code = await db.value(
            "SELECT c.code FROM tickets t JOIN clients c ON c.id = t.client_id ORDER BY t.created_at DESC, t.id DESC"
            " LIMIT 1"
        )
    return await (_ticket_of(code, by) if code else ticket(world, by))


async def answer(world: "World", by: Actor) -> int:
    """A message in the ticket that was opened last."""
    async with db.as_tenant(by.tenant.id):
        found = await db.value("SELECT id FROM tickets ORDER BY created_at DESC, id DESC LIMIT 1")
    ticket_id = found or await ticket(world, by)
    async with db.as_tenant(by.tenant.id):
        return int((await ticket_messages.reply(ticket_id, Reply(text="Yes"), by=by))["id"])


async def department(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        new = DepartmentValues(name=world.fresh("department"))
        return int((await departments.create(new, by=by))["id"])


async def ticket_category(world: "World", by: Actor) -> int:
    department_id = await department(world, by)
    name = world.fresh("category")
    async with db.as_tenant(by.tenant.id):
        new = CategoryValues(name_en=name, name_fr=name, department_id=department_id)
        return int((await ticket_categories.create(new, by=by))["id"])


async def own_category(_world: "World", by: Actor) -> int:
    """The one that the provider began with."""
    async with db.as_tenant(by.tenant.id):
        return int(await db.value("SELECT id FROM ticket_categories ORDER BY position, id LIMIT 1"))


async def ticket_status(world: "World", by: Actor) -> int:
    name = world.fresh("status")
    async with db.as_tenant(by.tenant.id):
        new = StatusValues(state="open", name_en=name, name_fr=name)
        return int((await ticket_statuses.create(new, by=by))["id"])


async def _ticket_of(code: int, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        client_id = await db.value("SELECT id FROM clients WHERE code = $1", code)
        new = NewTicket(subject="Question", text="Is it **fast**?")
        return int((await ticket_opening.open_ticket(client_id, new, by=by))["id"])


MAKERS = {
    made.__name__: made
    for made in (
        ticket,
        closed_ticket,
        watched_ticket,
        watching_staff,
        own_ticket,
        own_closed_ticket,
        ticket_beside,
        answer,
        department,
        ticket_category,
        own_category,
        ticket_status,
    )
}
