"""Merging two tickets of a client into one, and splitting one in two. Messages move with what hangs on them."""

from collections.abc import Sequence
from uuid import uuid4

from asyncpg import Record

from core import clock, db
from core.actor import Actor
from core.checks import Checks
from core.errors import Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.support import tickets
from core.support.tickets import LONGEST_SUBJECT

COPIED = (
    "client_id", "project_id", "category_id", "department_id", "priority", "language", "assignee_id",
    "returns_to_staff_id", "service_id", "invoice_id",
)  # fmt: skip


async def merge(ticket_id: int, into_id: int, *, by: Actor) -> Record:
    """Let a ticket go on in another one of the same client; returns that one.

    What was said in both stands there in the order of time; the ticket that goes is closed and leads to it.
    """
    await _seen(into_id, by=by)
    if into_id == ticket_id:
        raise Invalid({"into": _("This is the same ticket.")})
    # In the order of their ids, so that two who merge at the same moment do not wait for each other.
    locked = {
        number: await tickets.locked(number, Permission.TICKET_UPDATE, "lead", by=by)
        for number in sorted((ticket_id, into_id))
    }
    gone, stays = locked[ticket_id], locked[into_id]
    if gone["client_id"] != stays["client_id"]:
        raise Invalid({"into": _("That ticket is another client’s.")})
    await _move(gone, stays)
    new = {"merged_into": tickets.title(stays)}
    await tickets.tell("ticket:merged", gone, new=new, by=by)
    return await tickets.find(into_id)


async def split(ticket_id: int, message_ids: Sequence[int], subject: str, *, by: Actor) -> Record:
    """Let some messages of a ticket go on as one of their own; returns it. Each has a public message then."""
    ticket = await tickets.locked(ticket_id, Permission.TICKET_UPDATE, "lead", by=by)
    checks = Checks()
    title = checks.text("subject", subject, longest=LONGEST_SUBJECT)
    said = await db.fetch(
        "SELECT id, is_note, side, created_at FROM ticket_messages WHERE ticket_id = $1", ticket_id
    )
    going = [row for row in said if row["id"] in set(message_ids) and not row["is_note"]]
    left = [row for row in said if row["id"] not in set(message_ids) and not row["is_note"]]
    if not set(message_ids) <= {row["id"] for row in said}:
        checks.error("messages", _("This is not one of the choices."))
    elif not going or not left:
        checks.error("messages", _("At least one message goes and one stays; notes alone make no ticket."))
    checks.done()
    made = await _copy(ticket, title, going[0])
    await db.execute(
        "UPDATE ticket_messages SET ticket_id = $2 WHERE id = ANY($1::bigint[])", list(message_ids), made
    )
    await db.execute("UPDATE tickets SET version = version + 1 WHERE id = $1", ticket_id)
    found = await tickets.find(made)
    await tickets.tell("ticket:split", found, new={"split_from": tickets.title(ticket)}, by=by)
    return found


async def _seen(ticket_id: int, *, by: Actor) -> None:
    """Nothing for a ticket that `by` sees; else `Invalid`, whatever it is."""
    try:
        await tickets.get(ticket_id, by=by)
    except NotFound:
        raise Invalid({"into": _("There is no such ticket.")}) from None


async def _move(gone: Record, stays: Record) -> None:
    now = clock.now()
    await db.execute("UPDATE ticket_messages SET ticket_id = $2 WHERE ticket_id = $1", gone["id"], stays["id"])
    await db.execute("UPDATE tickets SET merged_into_id = $2 WHERE merged_into_id = $1", gone["id"], stays["id"])
    await db.execute(
        """INSERT INTO ticket_watchers (ticket_id, staff_id) SELECT $2, staff_id FROM ticket_watchers
            WHERE ticket_id = $1 ON CONFLICT (tenant_id, ticket_id, staff_id) DO NOTHING""",
        gone["id"],
        stays["id"],
    )
    await db.execute(
        """UPDATE tickets SET state = 'closed', status_id = NULL, closed_at = coalesce(closed_at, $3),
               waiting_since = NULL, merged_into_id = $2, changed_at = $3, version = version + 1 WHERE id = $1""",
        gone["id"],
        stays["id"],
        now,
    )
    waits = min((row["waiting_since"] for row in (gone, stays) if row["waiting_since"] is not None), default=None)
    await db.execute(
        """UPDATE tickets SET waiting_since = $2, closed_at = CASE WHEN $2::timestamptz IS NULL THEN closed_at END,
               state = CASE WHEN $2::timestamptz IS NOT NULL AND state IN ('closed', 'waiting_client')
                   THEN 'waiting_staff' ELSE state END,
               changed_at = $3, version = version + 1 WHERE id = $1""",
        stays["id"],
        waits,
        now,
    )


async def _copy(ticket: Record, subject: str, first: Record) -> int:
    """A ticket like this one, which begins with that message; returns its id."""
    number = await db.value(
        """INSERT INTO counters (name, next) VALUES ('tickets', 1002)
           ON CONFLICT (tenant_id, name) DO UPDATE SET next = counters.next + 1 RETURNING next - 1"""
    )
    is_clients, now = first["side"] == "client", clock.now()
    return int(
        await db.value(
            f"""INSERT INTO tickets ({", ".join(COPIED)}, key, number, subject, state, opened_side, opened_by,
                    created_at, changed_at, waiting_since, first_answered_at)
                SELECT {", ".join(COPIED)}, $2, $3, $4, $5, $6,
                    (SELECT author_name FROM ticket_messages WHERE id = $7), $8, $9, $10, $11
                FROM tickets WHERE id = $1 RETURNING id""",
            ticket["id"],
            uuid4().hex,
            number,
            subject,
            "waiting_staff" if is_clients else "waiting_client",
            first["side"],
            first["id"],
            first["created_at"],
            now,
            now if is_clients else None,
            None if is_clients else first["created_at"],
        )
    )
