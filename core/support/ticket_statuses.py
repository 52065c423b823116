"""Where a ticket stands: five states that the product knows, and further names that a provider gives to them.

What happens follows the state; a status of the provider's own says more about it, to the staff and, in words of
their own, to clients. A reply changes the state, and the status of before goes.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import Integer, Text, Timestamptz

from core import audit, clock, db, i18n, policies
from core.accounts import positions, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import N_, _
from core.permissions import Permission

State = Literal["new", "open", "waiting_client", "waiting_staff", "closed"]
STATES: Mapping[str, str] = {
    "new": N_("New"),
    "open": N_("In progress"),
    "waiting_client": N_("Waiting for the client"),
    "waiting_staff": N_("Waiting for us"),
    "closed": N_("Closed"),
}
SHOWN: Mapping[str, str] = {
    "new": N_("Received"),
    "open": N_("In progress"),
    "waiting_client": N_("Waiting for you"),
    "waiting_staff": N_("Waiting for us"),
    "closed": N_("Closed"),
}
"""The same as clients read them."""
FIELDS = ("state", "name_en", "name_fr", "shown_en", "shown_fr")
MOST = 50


class TicketStatus(db.Owned, tablename="ticket_statuses"):
    """A further name for a state. `shown_...` is what clients read, "" for what the state is called."""

    state = Text()
    name_en = Text()
    name_fr = Text()
    shown_en = Text()
    shown_fr = Text()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class StatusValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a status."""

    state: State
    name_en: str
    name_fr: str
    shown_en: str = ""
    shown_fr: str = ""


def in_words(row: Mapping[str, Any], field: str) -> str:
    """What stands in one of two languages, in that of the reader: `name` is of `name_en` and `name_fr`."""
    return str(row[f"{field}_{'fr' if i18n.current() == 'fr' else 'en'}"] or "")


def name(ticket: Mapping[str, Any]) -> str:
    """Where a ticket stands, as staff read it; of a record as `tickets.WITH_NAMES` gives it."""
    return in_words(ticket, "status") or _(STATES[ticket["state"]])


def shown(ticket: Mapping[str, Any]) -> str:
    """The same as clients read it."""
    return in_words(ticket, "shown") or _(SHOWN[ticket["state"]])


async def every(*, by: Actor) -> list[Record]:
    """The statuses of the provider's own, in its order."""
    policies.require(by, Permission.TICKET_READ)
    return await db.fetch("SELECT * FROM ticket_statuses ORDER BY position, id")


async def get(status_id: int, *, by: Actor) -> Record:
    """One of them."""
    policies.require(by, Permission.TICKET_READ)
    found = None
    if rows.is_id(status_id):
        found = await db.row("SELECT * FROM ticket_statuses WHERE id = $1", status_id)
    if found is None:
        raise NotFound()
    return found


async def create(new: StatusValues, *, by: Actor) -> Record:
    """Add a status, the last of the list."""
    policies.require(by, Permission.TICKET_MANAGE)
    values = _checked(new)
    if await db.value("SELECT count(*) FROM ticket_statuses") >= MOST:
        raise Conflict(_("There is room for %(count)s statuses.") % {"count": MOST})
    made = await db.row(
        """INSERT INTO ticket_statuses (state, name_en, name_fr, shown_en, shown_fr, position, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *""",
        *values.values(),
        await positions.last("ticket_statuses"),
        clock.now(),
    )
    assert made is not None
    await audit.record("ticket_status:created", "ticket_status", made["id"], by=by, name=in_words(made, "name"))
    return made


async def update(status_id: int, changes: StatusValues, *, version: int, by: Actor) -> Record:
    """Change it; `EditConflict` when somebody else did since it was read. In use, its state stays."""
    policies.require(by, Permission.TICKET_MANAGE)
    row = await rows.locked("ticket_statuses", status_id, version=version)
    values = _checked(changes)
    if values["state"] != row["state"] and await _is_used(status_id):
        raise Conflict(_("Tickets have this status: what it is a name for cannot change any more."))
    if await rows.save("ticket_statuses", row, values):
        old = {field: row[field] for field in FIELDS}
        await audit.record("ticket_status:updated", "ticket_status", status_id, by=by,
                           name=in_words(values, "name"), old=old, new=values)  # fmt: skip
    return await get(status_id, by=by)


async def move(status_id: int, *, steps: int, by: Actor) -> None:
    """One place up or down in the list."""
    policies.require(by, Permission.TICKET_MANAGE)
    await positions.move("ticket_statuses", status_id, steps=steps, noun="ticket_status", title="name_en", by=by)


async def delete(status_id: int, *, by: Actor) -> None:
    """Remove a status; its tickets are called after their state again."""
    policies.require(by, Permission.TICKET_MANAGE)
    row = await rows.locked("ticket_statuses", status_id)
    await db.execute("UPDATE tickets SET status_id = NULL WHERE status_id = $1", status_id)
    await db.execute("DELETE FROM ticket_statuses WHERE id = $1", status_id)
    await audit.record("ticket_status:deleted", "ticket_status", status_id, by=by, name=in_words(row, "name"))


async def _is_used(status_id: int) -> bool:
    return bool(await db.value("SELECT EXISTS (SELECT FROM tickets WHERE status_id = $1)", status_id))


def _checked(values: StatusValues) -> dict[str, Any]:
    checks = Checks()
    kept = {"state": checks.choice("state", values.state, STATES)}
    for field in FIELDS[1:]:
        kept[field] = checks.text(field, getattr(values, field), longest=60, required=field.startswith("name"))
    checks.done()
    return kept
