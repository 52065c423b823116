"""Opening tickets: by staff for a client, and many at once for whoever has asked for the right.

    await ticket_opening.open_ticket(client_id, NewTicket(subject=..., text=...), by=staff)
    await ticket_opening.open_many([Opening(...), ...], by=by)       # asks for no right

Whatever opens a ticket writes it through `open_many`, so that a ticket and its first message are one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

import msgspec
from asyncpg import Record

from core import audit, clock, db, policies
from core.accounts import access, clients, rows
from core.actor import Actor
from core.audit import Subject
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission
from core.support import (
    departments,
    ticket_categories,
    ticket_links,
    ticket_messages,
    ticket_notices,
    tickets,
)
from core.support.ticket_messages import LONGEST, Origin
from core.support.ticket_statuses import State
from core.support.tickets import LONGEST_SUBJECT, Priority

TICKET = (
    "key", "client_id", "project_id", "category_id", "department_id", "subject", "state", "priority", "language",
    "assignee_id", "returns_to_staff_id", "service_id", "invoice_id",
)  # fmt: skip


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket to be written, all of it checked by the caller. `key` makes it one, however often it is written."""

    key: str
    client_id: int
    project_id: int
    subject: str
    text: str
    language: str
    side: Literal["client", "staff"] = "staff"
    state: State = "waiting_client"
    priority: Priority = "normal"
    category_id: int | None = None
    department_id: int | None = None
    assignee_id: int | None = None
    returns_to_staff_id: int | None = None
    service_id: int | None = None
    invoice_id: int | None = None
    origin: Origin = "page"


class NewTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ticket that staff open for a client: the client reads `text` and can reply."""

    subject: str
    text: str
    category_id: int | None = None
    priority: Priority = "normal"
    assignee_id: int | None = None
    service_id: int | None = None
    invoice_id: int | None = None


async def open_ticket(
    client_id: int, new: NewTicket, *, key: str = "", origin: Origin = "page", by: Actor
) -> Record:
    """Open a ticket for a client and say the first thing; returns it. `key` makes it one, however often sent."""
    policies.require(by, Permission.TICKET_CREATE)
    client = await access.client(client_id, by=by)
    clients.require_open(client, ["ticket"])
    opening = await checked(new, client, key=key, by=by)
    opening = msgspec.structs.replace(opening, origin=origin)
    await departments.require(opening.department_id, "answer", by=by)
    return await open_one(opening, by=by)


async def open_one(opening: Opening, *, by: Actor) -> Record:
    """Write one ticket and tell the other side; returns it. Asks for no right."""
    if (before := await db.value("SELECT id FROM tickets WHERE key = $1", opening.key)) is not None:
        return await tickets.find(before)
    (ticket_id,) = await open_many([opening], by=by)
    return await tell(ticket_id, by=by)


async def tell(ticket_id: int, *, by: Actor) -> Record:
    """Tell the other side of a ticket that was just opened, once; returns it. Asks for no right."""
    ticket = await tickets.find(ticket_id)
    (message, *_more) = await ticket_messages.listed(ticket_id)
    if ticket["opened_side"] == "staff":
        await ticket_notices.answered(ticket, message, by=by)
        await ticket_notices.assigned(ticket, by=by)
    else:
        await ticket_notices.asked(ticket, message, by=by)
    return ticket


async def open_many(openings: Sequence[Opening], *, by: Actor) -> list[int]:
    """Write tickets with their first messages, a statement each; returns their ids in the order of the openings.

    Asks for no right, and tells nobody. One whose key was written before is the ticket that is there.
    """
    if not openings:
        return []
    made = await _insert(openings, by=by)
    new = [opening for opening in openings if opening.key in made]
    await ticket_messages.insert_first(
        [(made[opening.key]["id"], opening.key, opening.side, opening.text, opening.origin) for opening in new],
        by=by,
    )
    await _tell([made[opening.key] for opening in new], by=by)
    found = await db.fetch(
        "SELECT key, id FROM tickets WHERE key = ANY($1::text[])", [opening.key for opening in openings]
    )
    ids = {row["key"]: int(row["id"]) for row in found}
    return [ids[opening.key] for opening in openings]


async def checked(new: NewTicket, client: Mapping[str, Any], *, key: str = "", by: Actor) -> Opening:
    """What staff open, as it is written; `Invalid` with all that is wrong with it."""
    checks = Checks()
    subject = checks.text("subject", new.subject, longest=LONGEST_SUBJECT)
    text = checks.text("text", new.text, longest=LONGEST, lines=True)
    await check_assignee(checks, new.assignee_id)
    category = await _category(checks, new.category_id, by=by)
    project_id = await project_of(checks, client, category, new.service_id, new.invoice_id, by=by)
    if not access.may_use_project(project_id, by=by):
        checks.error("category_id", _("This belongs to a project that is not yours to see."))
    checks.done()
    return Opening(
        key=key or uuid4().hex,
        client_id=client["id"],
        project_id=project_id,
        subject=subject,
        text=text,
        language=client["language"],
        priority=new.priority,
        category_id=new.category_id,
        department_id=category["department_id"] if category else None,
        assignee_id=new.assignee_id,
        service_id=new.service_id,
        invoice_id=new.invoice_id,
    )


async def project_of(
    checks: Checks,
    client: Mapping[str, Any],
    category: Mapping[str, Any] | None,
    service_id: int | None,
    invoice_id: int | None,
    *,
    by: Actor,
) -> int:
    """The project that a ticket is about: the category's, the service's, or the client's home; notes an error
    beside a link that is not the client's, or not for `by` to see."""
    project_id = None
    if service_id is not None:
        project_id = await ticket_links.project_of_service(service_id, client["id"], by=by)
        if project_id is None:
            checks.error("service_id", _("This is not one of the choices."))
    if invoice_id is not None and not await ticket_links.is_invoice(invoice_id, client["id"], by=by):
        checks.error("invoice_id", _("This is not one of the choices."))
    wanted = category["project_id"] if category is not None else None
    return int(wanted or project_id or client["project_id"])


async def check_assignee(checks: Checks, staff_id: int | None) -> None:
    """Note an error when this is nobody of the staff who is at work."""
    at_work = "SELECT EXISTS (SELECT FROM staff WHERE id = $1 AND state = 'active' AND reseller_id IS NULL)"
    if staff_id is not None and not (rows.is_id(staff_id) and await db.value(at_work, staff_id)):
        checks.error("assignee_id", _("This is not one of the choices."))


async def _category(checks: Checks, category_id: int | None, *, by: Actor) -> Record | None:
    if category_id is None:
        return None
    known = {row["id"]: row for row in await ticket_categories.every(by=by) if row["is_on"]}
    if category_id not in known:
        checks.error("category_id", _("This is not one of the choices."))
    return known.get(category_id)


async def _insert(openings: Sequence[Opening], *, by: Actor) -> dict[str, Record]:
    """The rows of the tickets that are new, by their keys."""
    first = await db.value(
        """INSERT INTO counters (name, next) VALUES ('tickets', 1001 + $1::bigint)
           ON CONFLICT (tenant_id, name) DO UPDATE SET next = counters.next + $1::bigint
           RETURNING next - $1::bigint""",
        len(openings),
    )
    rows_ = [{name: getattr(opening, name) for name in TICKET} | {"side": opening.side} for opening in openings]
    named, typed = ", ".join(TICKET), ", ".join(f"{name} {_type_of(name)}" for name in TICKET)
    found = await db.fetch(
        f"""INSERT INTO tickets ({named}, opened_side, opened_by, number, created_at, changed_at, waiting_since,
                first_answered_at, closed_at)
            SELECT {named}, side, $3, $1 + row_number() OVER (ORDER BY ordinality) - 1, $2, $2,
                CASE WHEN side = 'client' THEN $2::timestamptz END,
                CASE WHEN side = 'staff' THEN $2::timestamptz END,
                CASE WHEN state = 'closed' THEN $2::timestamptz END
            FROM ROWS FROM (jsonb_to_recordset($4) AS ({typed}, side text)) WITH ORDINALITY
            ON CONFLICT (tenant_id, key) DO NOTHING RETURNING *""",
        first,
        clock.now(),
        _name(by),
        rows_,
    )
    return {row["key"]: row for row in found}


async def _tell(made: Sequence[Record], *, by: Actor) -> None:
    if len(made) == 1:
        await tickets.tell("ticket:opened", made[0], by=by)
        return
    subjects = [Subject(id=row["id"], name=tickets.title(row), client_id=row["client_id"]) for row in made]
    await audit.record_each("ticket:opened", "ticket", subjects, by=by)


def _type_of(column: str) -> str:
    return "bigint" if column.endswith("_id") else "text"


def _name(by: Actor) -> str:
    return by.impersonator.name if by.impersonator else by.name
