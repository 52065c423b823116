"""What staff decide about tickets: whose they are, where they belong and stand; closing and opening them again.

What the client has to do with is told to him in his log; the rest is the provider's own business.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType

from core import clock, db
from core.accounts import access, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import (
    departments,
    ticket_categories,
    ticket_notices,
    ticket_opening,
    ticket_statuses,
    tickets,
)
from core.support.ticket_statuses import State
from core.support.tickets import LONGEST_SUBJECT, Priority

LINKS = ("service_id", "invoice_id")
MOST_WATCHERS = 50


class TicketChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. A category brings its department, unless another is given;
    a status brings its state, and a state alone takes the status away."""

    subject: str | UnsetType = UNSET
    category_id: int | UnsetType | None = UNSET
    department_id: int | UnsetType | None = UNSET
    state: State | UnsetType = UNSET
    status_id: int | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    assignee_id: int | UnsetType | None = UNSET
    service_id: int | UnsetType | None = UNSET
    invoice_id: int | UnsetType | None = UNSET


async def update(ticket_id: int, changes: TicketChanges, *, version: int | None = None, by: Actor) -> Record:
    """Change a ticket; returns it. `EditConflict` when somebody else did since `version` was read."""
    row = await tickets.locked(ticket_id, Permission.TICKET_UPDATE, "lead", version=version, by=by)
    given = {field: value for field, value in rows.given(changes).items() if value != row[field]}
    values = await _checked(given, row, by=by)
    if await rows.save("tickets", row, values):
        now = await tickets.find(ticket_id)
        await _tell(row, now, by=by)
    return await tickets.find(ticket_id)


async def assign(ticket_id: int, staff_id: int | None, *, by: Actor) -> Record:
    """Give a ticket to somebody, to oneself, or to nobody; returns it. Taking it oneself asks for less."""
    if staff_id is not None and staff_id == by.staff_id:
        row = await tickets.locked(ticket_id, Permission.TICKET_ANSWER, "answer", by=by)
        if await rows.save("tickets", row, {"assignee_id": staff_id}):
            await _tell(row, await tickets.find(ticket_id), by=by)
        return await tickets.find(ticket_id)
    return await update(ticket_id, TicketChanges(assignee_id=staff_id), by=by)


async def close(ticket_id: int, *, by: Actor) -> Record:
    """Say that it is done; returns it. `Conflict` for one that is closed already."""
    row = await tickets.locked(ticket_id, Permission.TICKET_ANSWER, "answer", by=by)
    return await end(row, by=by)


async def reopen(ticket_id: int, *, by: Actor) -> Record:
    """Go on with a closed ticket; returns it. `Conflict` for one that is open."""
    row = await tickets.locked(ticket_id, Permission.TICKET_ANSWER, "answer", by=by)
    return await begin_anew(row, "open", by=by)


async def end(ticket: Record, *, by: Actor) -> Record:
    """Close a ticket that the caller has locked. Asks for no right."""
    if ticket["closed_at"] is not None:
        raise Conflict(_("This ticket is closed already."))
    await rows.save("tickets", ticket, {"status_id": None} | standing("closed", ticket))
    await tickets.tell("ticket:closed", ticket, by=by)
    return await tickets.find(ticket["id"])


async def begin_anew(ticket: Record, state: State, *, by: Actor) -> Record:
    """Open a ticket again that the caller has locked. Asks for no right."""
    if ticket["closed_at"] is None:
        raise Conflict(_("This ticket is open."))
    await rows.save("tickets", ticket, {"status_id": None} | standing(state, ticket))
    await tickets.tell("ticket:reopened", ticket, by=by)
    return await tickets.find(ticket["id"])


async def watch(ticket_id: int, staff_id: int | None = None, *, by: Actor) -> None:
    """Hear of a ticket from now on, or let somebody else hear of it; `NotFound` for nobody of the staff."""
    ticket, wanted = await _to_watch(ticket_id, staff_id, by=by)
    checks = Checks()
    await ticket_opening.check_assignee(checks, wanted)
    if checks.errors:
        raise NotFound()
    if len(await tickets.watchers(ticket_id)) >= MOST_WATCHERS:
        raise Conflict(_("There is room for %(count)s watchers.") % {"count": MOST_WATCHERS})
    made = await db.fetch(
        """INSERT INTO ticket_watchers (ticket_id, staff_id) VALUES ($1, $2)
           ON CONFLICT (tenant_id, ticket_id, staff_id) DO NOTHING RETURNING id""",
        ticket_id,
        wanted,
    )
    if made:
        await _tell_watchers(ticket, by=by)


async def unwatch(ticket_id: int, staff_id: int | None = None, *, by: Actor) -> None:
    """Hear of it no more; `NotFound` for who does not watch it."""
    ticket, wanted = await _to_watch(ticket_id, staff_id, by=by)
    if wanted not in [row["staff_id"] for row in await tickets.watchers(ticket_id)]:
        raise NotFound()
    await db.execute("DELETE FROM ticket_watchers WHERE ticket_id = $1 AND staff_id = $2", ticket_id, wanted)
    await _tell_watchers(ticket, by=by)


async def _to_watch(ticket_id: int, staff_id: int | None, *, by: Actor) -> tuple[Record, int]:
    """The ticket, locked, and who is to hear of it: of oneself it is enough to see it."""
    wanted = (staff_id if staff_id is not None else by.staff_id) or 0
    permission = Permission.TICKET_READ if wanted == by.staff_id else Permission.TICKET_UPDATE
    return await tickets.locked(ticket_id, permission, "read", by=by), wanted


def standing(state: str, ticket: Mapping[str, Any]) -> dict[str, Any]:
    """What a ticket is in a state: whether it is closed, and since when the client waits for us."""
    now = clock.now()
    is_ours = state in ("new", "open", "waiting_staff")
    return {
        "state": state,
        "closed_at": now if state == "closed" else None,
        "waiting_since": (ticket["waiting_since"] or (now if state == "waiting_staff" else None))
        if is_ours
        else None,
        "changed_at": now,
    }


async def _checked(given: Mapping[str, Any], row: Record, *, by: Actor) -> dict[str, Any]:
    checks, values = Checks(), dict(given)
    if "subject" in values:
        values["subject"] = checks.text("subject", values["subject"], longest=LONGEST_SUBJECT)
    if "assignee_id" in values:
        await ticket_opening.check_assignee(checks, values["assignee_id"])
    await _check_place(checks, values, by=by)
    await _check_links(checks, values, row, by=by)
    await _check_standing(checks, values, row, by=by)
    checks.done()
    return values


async def _check_place(checks: Checks, values: dict[str, Any], *, by: Actor) -> None:
    """The category with its project and department, or the department alone."""
    if (category_id := values.get("category_id")) is not None:
        known = {row["id"]: row for row in await ticket_categories.every(by=by) if row["is_on"]}
        category = known.get(category_id)
        if category is None:
            checks.error("category_id", _("This is not one of the choices."))
            return
        values.setdefault("department_id", category["department_id"])
        if category["project_id"] is not None:
            values["project_id"] = category["project_id"]
            if not access.may_use_project(category["project_id"], by=by):
                checks.error("category_id", _("This belongs to a project that is not yours to see."))
    department_id = values.get("department_id")
    if department_id is not None and department_id not in [row["id"] for row in await departments.every(by=by)]:
        checks.error("department_id", _("This is not one of the choices."))


async def _check_links(checks: Checks, values: Mapping[str, Any], row: Record, *, by: Actor) -> None:
    client = await db.row("SELECT id, project_id FROM clients WHERE id = $1", row["client_id"])
    assert client is not None
    service_id, invoice_id = (values.get(field) for field in LINKS)
    await ticket_opening.project_of(checks, client, None, service_id, invoice_id, by=by)


async def _check_standing(checks: Checks, values: dict[str, Any], row: Record, *, by: Actor) -> None:
    if (status_id := values.get("status_id")) is not None:
        known = {one["id"]: one for one in await ticket_statuses.every(by=by)}
        if status_id not in known:
            checks.error("status_id", _("This is not one of the choices."))
            return
        values["state"] = known[status_id]["state"]
    elif "state" in values:
        values["status_id"] = None
    if "state" in values and values["state"] != row["state"]:
        values |= standing(values["state"], row)


async def _tell(row: Record, now: Record, *, by: Actor) -> None:
    """What changed, in the words of people; closing and opening again is told to the client too."""
    if row["closed_at"] is None and now["closed_at"] is not None:
        await tickets.tell("ticket:closed", now, by=by)
    if row["closed_at"] is not None and now["closed_at"] is None:
        await tickets.tell("ticket:reopened", now, by=by)
    old, new = _told(row), _told(now)
    if old["assignee"] != new["assignee"]:
        await tickets.tell("ticket_work:assigned", now, old={"assignee": old["assignee"]},
                           new={"assignee": new["assignee"]}, by=by)  # fmt: skip
        await ticket_notices.assigned(now, by=by)
    rest = [field for field in old if field != "assignee" and old[field] != new[field]]
    if rest or any(row[field] != now[field] for field in LINKS):
        await tickets.tell("ticket_work:updated", now, old={field: old[field] for field in rest},
                           new={field: new[field] for field in rest}, by=by)  # fmt: skip


async def _tell_watchers(ticket: Record, *, by: Actor) -> None:
    names = [row["name"] for row in await tickets.watchers(ticket["id"])]
    await tickets.tell("ticket_work:watched", ticket, new={"watchers": names}, by=by)


def _told(ticket: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "subject": ticket["subject"],
        "ticket_category": ticket_statuses.in_words(ticket, "category"),
        "department": ticket["department"] or "",
        "ticket_state": ticket_statuses.name(ticket),
        "ticket_priority": ticket["priority"],
        "assignee": ticket["assignee"] or "",
    }
