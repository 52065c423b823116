"""Tickets: what a client and the staff talk about, who sees which, and what stands in one.

What was said is in `ticket_messages`. Verbs: `ticket_opening.open_ticket` and `open_many`, `ticket_messages.reply`
and `note`, those of `ticket_changes`; and for users of a client `own_tickets`.
"""

from collections.abc import Mapping
from typing import Any, Literal

from asyncpg import Record
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, db, policies
from core.accounts import access, clients, rows, ticket_access
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.filters import Conditions
from core.i18n import N_, _
from core.permissions import Permission
from core.support import departments
from core.support.departments import Level

Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: Mapping[str, str] = {
    "low": N_("Low"),
    "normal": N_("Normal"),
    "high": N_("High"),
    "urgent": N_("Urgent"),
}
LONGEST_SUBJECT = 200
MOST_LISTED = 100
"""So many of a client stand on its tab."""
COLUMNS = """t.*, c.code AS client_code, c.name AS client_name, c.status AS client_status, j.name AS project,
    k.name_en AS category_en, k.name_fr AS category_fr, d.name AS department, p.name AS assignee,
    u.name_en AS status_en, u.name_fr AS status_fr, u.shown_en, u.shown_fr"""
TABLES = """tickets t JOIN clients c ON c.id = t.client_id JOIN projects j ON j.id = t.project_id
    LEFT JOIN ticket_categories k ON k.id = t.category_id LEFT JOIN departments d ON d.id = t.department_id
    LEFT JOIN staff s ON s.id = t.assignee_id LEFT JOIN people p ON p.id = s.person_id
    LEFT JOIN ticket_statuses u ON u.id = t.status_id"""
WITH_NAMES = f"SELECT {COLUMNS} FROM {TABLES}"


class Ticket(db.Owned, tablename="tickets"):
    """A conversation; what its columns mean stands in migration 0280."""

    number = BigInt()
    key = Text()
    client_id = BigInt()
    project_id = BigInt()
    category_id = BigInt(null=True)
    department_id = BigInt(null=True)
    subject = Text()
    state = Text()
    status_id = BigInt(null=True)
    priority = Text()
    language = Text()
    assignee_id = BigInt(null=True)
    returns_to_staff_id = BigInt(null=True)
    service_id = BigInt(null=True)
    invoice_id = BigInt(null=True)
    opened_side = Text()
    opened_by = Text()
    created_at = Timestamptz()
    changed_at = Timestamptz()
    waiting_since = Timestamptz(null=True)
    first_answered_at = Timestamptz(null=True)
    closed_at = Timestamptz(null=True)
    merged_into_id = BigInt(null=True)
    version = Integer()


class TicketWatcher(db.Owned, tablename="ticket_watchers"):
    """Somebody of the staff who wants to hear of a ticket."""

    ticket_id = BigInt()
    staff_id = BigInt()


async def get(ticket_id: int, *, by: Actor) -> Record:
    """One ticket with the names of WITH_NAMES; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.TICKET_READ)
    policies.require(by, Permission.CLIENT_READ)
    if not rows.is_id(ticket_id):
        raise NotFound()
    bound = Conditions()
    bound.add(f"t.id = {bound.bind(ticket_id)}")
    limit_to_visible(bound, by=by)
    found = await db.row(f"{WITH_NAMES} WHERE {bound.sql}", *bound.arguments)
    if found is None:
        raise NotFound()
    return found


async def find(ticket_id: int) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = await db.row(f"{WITH_NAMES} WHERE t.id = $1", ticket_id) if rows.is_id(ticket_id) else None
    if found is None:
        raise NotFound()
    return found


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The latest tickets of a client that `by` may see."""
    policies.require(by, Permission.TICKET_READ)
    await access.client(client_id, by=by)
    bound = Conditions()
    bound.add(f"t.client_id = {client_id:d}")
    limit_to_visible(bound, by=by)
    return await db.fetch(
        f"{WITH_NAMES} WHERE {bound.sql} ORDER BY t.changed_at DESC, t.id DESC LIMIT {MOST_LISTED}",
        *bound.arguments,
    )


def limit_to_visible(bound: Conditions, *, by: Actor) -> None:
    """Add the conditions under which `by` may see a ticket `t` of a client `c`."""
    access.limit_to_visible(bound, by=by)
    if seen := ticket_access.condition(by=by):
        bound.add(seen)


async def locked(
    ticket_id: int, permission: Permission, level: Level, *, version: int | None = None, by: Actor
) -> Record:
    """A ticket that `by` sees and may do this much with, locked until the transaction ends; its client is open.

    `EditConflict` when it is not of `version` any more, `Conflict` for one that was merged into another.
    """
    await require(ticket_id, permission, level, by=by)
    return await lock(ticket_id, version=version)


async def require(ticket_id: int, permission: Permission, level: Level, *, by: Actor) -> None:
    """Nothing when `by` sees the ticket and may do this much with it."""
    policies.require(by, permission)
    seen = await get(ticket_id, by=by)
    await departments.require(seen["department_id"], level, by=by)


async def lock(ticket_id: int, *, version: int | None = None) -> Record:
    """The same for verbs that ask for the right themselves: its client first, as everywhere."""
    client = await db.row(
        "SELECT c.* FROM clients c WHERE c.id = (SELECT client_id FROM tickets WHERE id = $1) FOR KEY SHARE",
        ticket_id,
    )
    if client is None:
        raise NotFound()
    clients.require_open(client, ["ticket"])
    await rows.locked("tickets", ticket_id, version=version)
    found = await find(ticket_id)
    if found["merged_into_id"] is not None:
        raise Conflict(_("This ticket was merged into another one."))
    return found


async def watchers(ticket_id: int) -> list[Record]:
    """Who watches a ticket, by name: staff_id, name. Asks for no right."""
    return await db.fetch(
        """SELECT w.staff_id, p.name FROM ticket_watchers w
           JOIN staff s ON s.id = w.staff_id AND s.state = 'active' JOIN people p ON p.id = s.person_id
           WHERE w.ticket_id = $1 ORDER BY lower(p.name), w.staff_id""",
        ticket_id,
    )


async def people(*, by: Actor) -> list[Record]:
    """The staff who can be given tickets, by name: id, name."""
    policies.require(by, Permission.TICKET_READ)
    return await db.fetch(
        """SELECT s.id, p.name FROM staff s JOIN people p ON p.id = s.person_id
           WHERE s.state = 'active' AND s.reseller_id IS NULL AND NOT p.is_disabled ORDER BY lower(p.name), s.id"""
    )


def title(ticket: Mapping[str, Any]) -> str:
    """How a ticket is called in one line."""
    return f"#{ticket['number']} {ticket['subject']}"


async def tell(
    action: str,
    ticket: Mapping[str, Any],
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    by: Actor,
) -> None:
    """Note in the audit what was done to a ticket. Actions that begin with `ticket:` are told to its client too;
    those of `ticket_work:` are the provider's own business."""
    await audit.record(action, "ticket", ticket["id"], by=by, name=title(ticket), client_id=ticket["client_id"],
                       old=old, new=new)  # fmt: skip
