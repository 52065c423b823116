"""Files of messages in tickets: what is taken, where it is kept, and who gets it.

    taken = await attachments.checked(files, by=by)      # Invalid beside "files"
    await attachments.keep(message["id"], taken)         # in the transaction that says the message

They are kept in the database under our own ids, are never changed, and are given out as downloads only.
"""

from collections.abc import Sequence

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Bytea, Integer, Text, Timestamptz

from core import clock, db, file_names, hooks
from core.accounts import rows
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.i18n import _
from core.plugin_calls import PluginFailed
from core.support import attachment_settings, own_tickets, tickets

SCAN_SECONDS = 5.0
COLUMNS = "a.id, a.message_id, a.name, a.kind, a.size, a.created_at"


class TicketAttachment(db.Owned, tablename="ticket_attachments"):
    """One file. `kind` is its media type."""

    message_id = BigInt()
    name = Text()
    kind = Text()
    size = Integer()
    content = Bytea()
    created_at = Timestamptz()


class Attached(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as it was sent, under the name that the sender gave it."""

    name: str
    content: bytes


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is taken: its name is harmless, and its kind is what its first bytes say."""

    name: str
    kind: str
    content: bytes


async def checked(files: Sequence[Attached], *, by: Actor) -> list[Taken]:
    """The files as they are kept; `Invalid` under "files" names the first that is not taken and says why."""
    if not files:
        return []
    settings = await attachment_settings.in_force()
    if len(files) > settings["most_files"]:
        raise Invalid({"files": _("At most %(count)s files, please.") % {"count": settings["most_files"]}})
    if sum(len(file.content) for file in files) > attachment_settings.MOST_BYTES:
        told = _("At most %(count)s MB together, please.")
        raise Invalid({"files": told % {"count": attachment_settings.MOST_BYTES // 1024**2}})
    endings = settings["endings"] or list(file_names.KINDS)
    return [await _taken(file, endings, settings["most_megabytes"], by=by) for file in files]


async def keep(message_id: int, taken: Sequence[Taken]) -> None:
    """Keep files with a message that was just said; nothing for one that has its files already."""
    if not taken or await db.value(
        "SELECT EXISTS (SELECT FROM ticket_attachments WHERE message_id = $1)", message_id
    ):
        return
    for file in taken:
        await db.execute(
            """INSERT INTO ticket_attachments (message_id, name, kind, size, content, created_at)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            *(message_id, file.name, file.kind, len(file.content), file.content, clock.now()),
        )


async def keep_first(ticket_id: int, taken: Sequence[Taken]) -> None:
    """Keep files with the first message of a ticket that was just opened."""
    if taken:
        asked = "SELECT id FROM ticket_messages WHERE ticket_id = $1 ORDER BY created_at, id LIMIT 1"
        await keep(await db.value(asked, ticket_id), taken)


async def of_messages(message_ids: Sequence[int]) -> dict[int, list[Record]]:
    """The files of these messages, without their content, for who has asked whether they may be seen."""
    found: dict[int, list[Record]] = {}
    for row in await db.fetch(
        f"SELECT {COLUMNS} FROM ticket_attachments a WHERE a.message_id = ANY($1::bigint[]) ORDER BY a.name, a.id",
        list(message_ids),
    ):
        found.setdefault(row["message_id"], []).append(row)
    return found


async def content(attachment_id: int, *, by: Actor) -> Record:
    """Name, kind and content of a file, for staff who see its ticket."""
    found = await _find(attachment_id)
    await tickets.get(found["ticket_id"], by=by)
    return found


async def own_content(attachment_id: int, *, by: Actor) -> Record:
    """The same for users of the client, who see no notes."""
    found = await _find(attachment_id)
    if found["is_note"]:
        raise NotFound()
    await own_tickets.get(found["ticket_id"], by=by)
    return found


async def _find(attachment_id: int) -> Record:
    found = None
    if rows.is_id(attachment_id):
        found = await db.row(
            """SELECT a.name, a.kind, a.content, m.ticket_id, m.is_note FROM ticket_attachments a
               JOIN ticket_messages m ON m.id = a.message_id WHERE a.id = $1""",
            attachment_id,
        )
    if found is None:
        raise NotFound()
    return found


async def _taken(file: Attached, endings: Sequence[str], megabytes: int, *, by: Actor) -> Taken:
    name = file_names.cleaned(file.name)
    kind = file_names.kind_of(name, file.content)
    trouble = ""
    if not file.content:
        trouble = _("%(name)s is empty.")
    elif len(file.content) > megabytes * 1024**2:
        trouble = _("%(name)s has more than %(count)s MB.")
    elif not kind or name.rpartition(".")[2].lower() not in endings:
        trouble = _("%(name)s is not taken. What is taken: %(kinds)s.")
    if trouble:
        raise Invalid({"files": trouble % {"name": name, "count": megabytes, "kinds": ", ".join(endings)}})
    taken = Taken(name=name, kind=kind, content=file.content)
    await _scan(taken, by=by)
    return taken


async def _scan(file: Taken, *, by: Actor) -> None:
    """Ask the plugins that look into files. One that does not answer lets nothing in."""
    shown = {"name": file.name, "kind": file.kind, "size": len(file.content), "content": file.content}
    for plugin in hooks.heard("validate_attachment", by=by):
        try:
            reason = await hooks.ask("validate_attachment", plugin, seconds=SCAN_SECONDS, by=by, attachment=shown)
        except PluginFailed as error:
            told = _("%(name)s could not be checked. Please send it later.")
            raise Invalid({"files": told % {"name": file.name}}) from error
        if reason:
            raise Invalid({"files": f"{file.name}: {reason}"})
