"""Who is writing an answer to a ticket right now, and what he has written so far.

While somebody of the staff writes, the others are told, and an answer of theirs is held back once. What was
written and not sent is there again when he comes back; it is gone with the answer.
"""

from datetime import timedelta

import msgspec
from piccolo.columns import BigInt, Text, Timestamptz

from core import clock, db, rich_text
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission
from core.support import tickets

HELD = timedelta(seconds=45)
"""So long somebody counts as writing after he was heard of."""


class TicketDraft(db.Owned, tablename="ticket_drafts"):
    """What somebody of the staff is writing in a ticket."""

    ticket_id = BigInt()
    staff_id = BigInt()
    text = Text()
    until = Timestamptz()


class Writing(Conflict):
    """Somebody else is writing in this ticket."""


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket at this moment: its version, and who else is writing."""

    version: int
    writers: tuple[str, ...] = ()


async def begin(ticket_id: int, text: str, *, by: Actor) -> None:
    """Say that one is writing, and keep what is written so far; for some seconds, then it is said again."""
    await tickets.locked(ticket_id, Permission.TICKET_ANSWER, "answer", by=by)
    kept = "".join(letter for letter in text[: rich_text.LONGEST] if letter.isprintable() or letter in "\n\t")
    await db.execute(
        """INSERT INTO ticket_drafts (ticket_id, staff_id, text, until) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant_id, ticket_id, staff_id)
           DO UPDATE SET text = excluded.text, until = excluded.until""",
        ticket_id,
        by.staff_id,
        kept,
        clock.now() + HELD,
    )


async def draft(ticket_id: int, *, by: Actor) -> str:
    """What one has written in a ticket and not sent; for who sees the ticket."""
    found = await db.value(
        "SELECT text FROM ticket_drafts WHERE ticket_id = $1 AND staff_id = $2", ticket_id, by.staff_id or 0
    )
    return str(found or "")


async def forget(ticket_id: int, *, by: Actor) -> None:
    """It was sent, or given up."""
    await db.execute(
        "DELETE FROM ticket_drafts WHERE ticket_id = $1 AND staff_id = $2", ticket_id, by.staff_id or 0
    )


async def now(ticket_id: int, *, by: Actor) -> Now:
    """The ticket at this moment, for who may see it."""
    ticket = await tickets.get(ticket_id, by=by)
    return Now(version=ticket["version"], writers=await _writers(ticket_id, by=by))


async def require_alone(ticket_id: int, *, by: Actor) -> None:
    """Nothing when nobody else is writing; else `Writing`, which says who."""
    if names := await _writers(ticket_id, by=by):
        told = _("%(names)s is writing in this ticket right now. Send it again to answer all the same.")
        raise Writing(told % {"names": ", ".join(names)})


async def _writers(ticket_id: int, *, by: Actor) -> tuple[str, ...]:
    found = await db.fetch(
        """SELECT p.name FROM ticket_drafts w JOIN staff s ON s.id = w.staff_id AND s.state = 'active'
           JOIN people p ON p.id = s.person_id
           WHERE w.ticket_id = $1 AND w.staff_id <> $2 AND w.until > $3 ORDER BY w.until DESC, w.id""",
        ticket_id,
        by.staff_id or 0,
        clock.now(),
    )
    return tuple(row["name"] for row in found)
