"""Notes of the team about a client: several, each with its author and time, one of them pinned. Clients see none.

Whoever adds notes may change his own; those of others are for who has `note:manage`. What they say stands here
alone and not in the audit, so that what is removed is gone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, cleared, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Forbidden, NotFound
from core.filters import Conditions, Cursor, read_cursor
from core.i18n import _
from core.permissions import Permission

PAGE = 30
LONGEST = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = 9_000_000 * 10**10


class Note(db.Owned, tablename="client_notes"):
    """One note. `author_id` is a member of staff; his name stays when he has left."""

    client_id = BigInt()
    text = Text()
    is_pinned = Boolean()
    author_id = BigInt(null=True)
    author_name = Text()
    created_at = Timestamptz()
    edited_at = Timestamptz(null=True)
    edited_by = Text()
    version = Integer()


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note to be added. A pinned one takes the place of the one that was."""

    text: str
    is_pinned: bool = False


class NoteChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    text: str | UnsetType = UNSET


class Page(msgspec.Struct, kw_only=True):
    """Notes, the newest first, and the cursor to older ones ("" at the end)."""

    notes: list[Record]
    older: str = ""


async def of_client(client_id: int, *, older_than: str = "", by: Actor) -> Page:
    """A page of the notes about a client, without the pinned one."""
    policies.require(by, Permission.NOTE_READ)
    await access.client(client_id, by=by)
    conditions = Conditions()
    conditions.equals("client_id", client_id)
    conditions.add("NOT is_pinned")
    if (cursor := read_cursor(older_than, int)) is not None:
        at = EPOCH + timedelta(microseconds=max(0, min(int(cursor.value), FAR)))
        conditions.add(f"(created_at, id) < ({conditions.bind(at)}, {conditions.bind(cursor.id)})")
    found = await db.fetch(
        f"SELECT * FROM client_notes WHERE {conditions.sql} ORDER BY created_at DESC, id DESC LIMIT {PAGE + 1}",
        *conditions.arguments,
    )
    kept = found[:PAGE]
    is_last = len(found) <= PAGE
    return Page(notes=kept, older="" if is_last else str(Cursor(_microseconds(kept[-1]), kept[-1]["id"])))


async def pinned(client_id: int, *, by: Actor) -> Record | None:
    """The note that stands above all others; None when there is none, or it is not for `by` to read."""
    if not policies.allows(by, Permission.NOTE_READ):
        return None
    await access.client(client_id, by=by)
    return await db.row("SELECT * FROM client_notes WHERE client_id = $1 AND is_pinned", client_id)


async def get(note_id: int, *, by: Actor) -> Record:
    """One note; `NotFound` like its client."""
    policies.require(by, Permission.NOTE_READ)
    found = await db.row("SELECT * FROM client_notes WHERE id = $1", note_id) if rows.is_id(note_id) else None
    if found is None:
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


def may_change(note: Mapping[str, Any], *, by: Actor) -> bool:
    """Whether `by` may edit and delete this note: his own, or all."""
    is_own = note["author_id"] is not None and note["author_id"] == by.staff_id
    return policies.allows(by, Permission.NOTE_MANAGE if not is_own else Permission.NOTE_CREATE)


def require_change(note: Mapping[str, Any], *, by: Actor) -> None:
    """Nothing when `by` may change this note; else `Forbidden`."""
    if not may_change(note, by=by):
        raise Forbidden(_("This note is somebody else’s, and your role changes your own only."))


async def create(client_id: int, new: NewNote, *, by: Actor) -> Record:
    """Add a note, also to a closed client; `ReadOnly` to one that was cleared."""
    policies.require(by, Permission.NOTE_CREATE)
    client = await access.client(client_id, by=by, lock=True)
    cleared.require_kept(client)
    text = _checked(new.text)
    if new.is_pinned:
        await _unpin(client_id)
    made = await db.row(
        """INSERT INTO client_notes (client_id, text, is_pinned, author_id, author_name, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) RETURNING *""",
        *(client_id, text, new.is_pinned, by.staff_id, by.name, clock.now()),
    )
    assert made is not None
    await _tell("note:created", made, client, by=by)
    return made


async def update(note_id: int, changes: NoteChanges, *, version: int, by: Actor) -> Record:
    """Change what a note says; `EditConflict` when somebody else did since it was read."""
    note, client = await _to_change(note_id, by=by, version=version)
    text = note["text"] if isinstance(changes.text, UnsetType) else _checked(changes.text)
    if await rows.save("client_notes", note, {"text": text}):
        await db.execute(
            "UPDATE client_notes SET edited_at = $2, edited_by = $3 WHERE id = $1", note_id, clock.now(), by.name
        )
        await _tell("note:updated", note, client, by=by)
    return await get(note_id, by=by)


async def pin(note_id: int, *, is_pinned: bool = True, by: Actor) -> Record:
    """Put a note above all others, in the place of the one that was there; or take it down."""
    policies.require(by, Permission.NOTE_CREATE)
    note = await get(note_id, by=by)
    client = await access.client(note["client_id"], by=by, lock=True)
    if note["is_pinned"] == is_pinned:
        return note
    if is_pinned:
        await _unpin(note["client_id"])
    await db.execute("UPDATE client_notes SET is_pinned = $2 WHERE id = $1", note_id, is_pinned)
    await _tell("note:pinned" if is_pinned else "note:unpinned", note, client, by=by)
    return await get(note_id, by=by)


async def delete(note_id: int, *, by: Actor) -> None:
    """Remove a note for good."""
    note, client = await _to_change(note_id, by=by)
    await db.execute("DELETE FROM client_notes WHERE id = $1", note_id)
    await _tell("note:deleted", note, client, by=by)


async def _to_change(note_id: int, *, by: Actor, version: int | None = None) -> tuple[Record, Record]:
    """The note, locked, and its client; `Forbidden` for one that is not for `by` to change."""
    require_change(await get(note_id, by=by), by=by)
    note = await rows.locked("client_notes", note_id, version=version)
    return note, await access.client(note["client_id"], by=by)


async def _unpin(client_id: int) -> None:
    await db.execute("UPDATE client_notes SET is_pinned = false WHERE client_id = $1 AND is_pinned", client_id)


async def _tell(action: str, note: Mapping[str, Any], client: Mapping[str, Any], *, by: Actor) -> None:
    await audit.record(action, "note", note["id"], by=by, name=client["name"], client_id=client["id"])


def _checked(text: str) -> str:
    checks = Checks()
    kept = checks.text("text", text, longest=LONGEST, lines=True)
    checks.done()
    return kept


def _microseconds(note: Mapping[str, Any]) -> int:
    return int((note["created_at"] - EPOCH) // timedelta(microseconds=1))
