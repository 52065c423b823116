"""What is said in tickets: messages that the client and the staff read, and notes that only the staff read.

    await ticket_messages.reply(ticket_id, Reply(text=...), by=staff)
    await ticket_messages.note(ticket_id, text, by=staff)
    await ticket_messages.say(ticket, text, key=..., side="client", by=by)     # asks for no right

A text is Markdown, kept as it was written; `rich_text.html` shows it.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import uuid4

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Text, Timestamptz

from core import clock, db, rich_text
from core.actor import Actor
from core.checks import Checks
from core.permissions import Permission
from core.support import ticket_notices, ticket_writing, tickets

Origin = Literal["page", "api", "mail", "message"]
Side = Literal["client", "staff"]
LONGEST = rich_text.LONGEST
MOST_SHOWN = 500
"""So many messages of a ticket stand on its page, the latest ones."""
FIRST = tuple[int, str, Side, str, Origin]
"""Of the first message of a ticket: the ticket's id, its key, who says it, the text, and how it came."""


class TicketMessage(db.Owned, tablename="ticket_messages"):
    """One entry of a ticket. Of what support wrote inside a client's account, `staff_id` says who it was."""

    ticket_id = BigInt()
    key = Text()
    side = Text()
    is_note = Boolean()
    origin = Text()
    staff_id = BigInt(null=True)
    person_id = BigInt(null=True)
    expense_id = BigInt(null=True)
    author_name = Text()
    text = Text()
    created_at = Timestamptz()


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer, and where the ticket stands with it: it waits for the client, goes on with us, or is done."""

    text: str
    state: Literal["waiting_client", "open", "closed"] = "waiting_client"


async def of_ticket(ticket_id: int, *, by: Actor) -> list[Record]:
    """All that was said in a ticket, notes too, the first one first: for staff who see it."""
    await tickets.get(ticket_id, by=by)
    return await listed(ticket_id)


async def listed(ticket_id: int, *, with_notes: bool = True) -> list[Record]:
    """The same for who has asked whether it may be seen; without the notes what its client reads."""
    public = "" if with_notes else " AND NOT m.is_note"
    found = await db.fetch(
        f"""SELECT m.id, m.side, m.is_note, m.origin, m.staff_id, m.person_id, m.author_name, m.text, m.created_at,
                m.expense_id, e.gross_units, e.currency
            FROM ticket_messages m LEFT JOIN expenses e ON e.id = m.expense_id
            WHERE m.ticket_id = $1{public} ORDER BY m.created_at DESC, m.id DESC LIMIT {MOST_SHOWN}""",
        ticket_id,
    )
    return found[::-1]


async def reply(
    ticket_id: int, new: Reply, *, key: str = "", version: int | None = None, origin: Origin = "page", by: Actor
) -> Record:
    """Answer the client; returns the message. `key` makes it one, however often it is sent.

    With a `version` it is refused when the ticket changed since it was read: somebody may have answered meanwhile.
    """
    text = checked(new.text)
    ticket = await tickets.locked(ticket_id, Permission.TICKET_ANSWER, "answer", by=by)
    if (before := await said(key)) is not None:
        return before
    if version is not None and version != ticket["version"]:
        await tickets.lock(ticket_id, version=version)
    made = await say(ticket, text, key=key, side="staff", origin=origin, by=by)
    await ticket_writing.forget(ticket_id, by=by)
    if new.state != "waiting_client":
        await db.execute(
            """UPDATE tickets SET state = $2, closed_at = CASE WHEN $2 = 'closed' THEN $3::timestamptz END
                WHERE id = $1""",
            ticket_id,
            new.state,
            clock.now(),
        )
    if new.state == "closed":
        await tickets.tell("ticket:closed", ticket, by=by)
    return made


async def note(ticket_id: int, text: str, *, key: str = "", origin: Origin = "page", by: Actor) -> Record:
    """Write something for the staff only; returns it."""
    kept = checked(text)
    ticket = await tickets.locked(ticket_id, Permission.TICKET_ANSWER, "answer", by=by)
    if (before := await said(key)) is not None:
        return before
    made = await _insert(ticket["id"], kept, key, "staff", is_note=True, origin=origin, by=by)
    await ticket_writing.forget(ticket_id, by=by)
    await tickets.tell("ticket_work:noted", ticket, by=by)
    return made


async def say(
    ticket: Record, text: str, *, key: str = "", side: Side, origin: Origin = "page", by: Actor
) -> Record:
    """Say something in a ticket that the caller has locked; it waits for the other side then.

    Asks for no right. What a client says brings a ticket back to whom it returns, and opens a closed one again.
    """
    made = await _insert(ticket["id"], text, key, side, is_note=False, origin=origin, by=by)
    await (_wait_for_client if side == "staff" else _wait_for_staff)(ticket["id"])
    await tickets.tell("ticket:answered", ticket, by=by)
    now = await tickets.find(ticket["id"])
    await (ticket_notices.answered if side == "staff" else ticket_notices.asked)(now, made, by=by)
    return made


def checked(text: str) -> str:
    """A text as it is kept; `Invalid` under "text" for one that cannot be."""
    checks = Checks()
    kept = checks.text("text", text, longest=LONGEST, lines=True)
    checks.done()
    return kept


async def said(key: str) -> Record | None:
    """The message that was made under this key, if any."""
    return await db.row("SELECT * FROM ticket_messages WHERE key = $1", key) if key else None


async def insert_first(messages: Sequence[FIRST], *, by: Actor) -> None:
    """Write the first messages of new tickets, by one statement. Asks for no right."""
    await db.execute(
        """INSERT INTO ticket_messages (ticket_id, key, side, text, origin, staff_id, person_id, author_name,
               created_at)
           SELECT m.ticket_id, 'first-' || m.key, m.side, m.text, m.origin, $2, $3, $4, $5
           FROM jsonb_to_recordset($1) AS m (ticket_id bigint, key text, side text, text text, origin text)""",
        [dict(zip(("ticket_id", "key", "side", "text", "origin"), one, strict=True)) for one in messages],
        *author(by),
        clock.now(),
    )


def author(by: Actor) -> tuple[int | None, int | None, str]:
    """Who writes: the id of a member of staff, or of a person; and the name."""
    if by.impersonator is not None:
        return by.impersonator.staff_id, None, by.impersonator.name
    return (None, by.person_id, by.name) if by.kind == "user" else (by.staff_id, None, by.name)


async def _insert(
    ticket_id: int, text: str, key: str, side: Side, *, is_note: bool, origin: Origin, by: Actor
) -> Record:
    values: tuple[Any, ...] = (
        ticket_id,
        key or uuid4().hex,
        side,
        is_note,
        origin,
        text,
        *author(by),
        clock.now(),
    )
    made = await db.row(
        """INSERT INTO ticket_messages (ticket_id, key, side, is_note, origin, text, staff_id, person_id,
               author_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *""",
        *values,
    )
    assert made is not None
    return made


async def _wait_for_client(ticket_id: int) -> None:
    await db.execute(
        """UPDATE tickets SET state = 'waiting_client', status_id = NULL, changed_at = $2, waiting_since = NULL,
               first_answered_at = coalesce(first_answered_at, $2), closed_at = NULL, version = version + 1
            WHERE id = $1""",
        ticket_id,
        clock.now(),
    )


async def _wait_for_staff(ticket_id: int) -> None:
    """What nobody has answered yet is still new. Whom it returns to has to be at work."""
    await db.execute(
        """UPDATE tickets t SET status_id = NULL, changed_at = $2, waiting_since = coalesce(waiting_since, $2),
               state = CASE WHEN first_answered_at IS NULL AND closed_at IS NULL THEN 'new'
                   ELSE 'waiting_staff' END,
               assignee_id = coalesce((SELECT s.id FROM staff s
                   WHERE s.id = t.returns_to_staff_id AND s.state = 'active'), assignee_id),
               closed_at = NULL, version = version + 1
            WHERE id = $1""",
        ticket_id,
        clock.now(),
    )
