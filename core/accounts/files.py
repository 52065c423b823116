"""Files that the team keeps with a client: contracts, scans, letters. Clients never see them.

They are kept in the database under our own ids, and given out as downloads only. A file is never changed.
"""

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Bytea, Integer, Text, Timestamptz

from core import audit, clock, db, file_names, policies
from core.accounts import access, cleared, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import NotFound
from core.i18n import _
from core.permissions import Permission

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 100
ENDINGS = tuple(file_names.KINDS)
COLUMNS = "id, client_id, name, kind, size, uploader_id, uploader_name, uploaded_at"


class File(db.Owned, tablename="client_files"):
    """One file. `kind` is its media type; the uploader's name stays when he has left."""

    client_id = BigInt()
    name = Text()
    kind = Text()
    size = Integer()
    content = Bytea()
    uploader_id = BigInt(null=True)
    uploader_name = Text()
    uploaded_at = Timestamptz()


class NewFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was uploaded, under the name that the sender gave it."""

    name: str
    content: bytes


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The files of a client, the newest first, without their content."""
    policies.require(by, Permission.FILE_READ)
    await access.client(client_id, by=by)
    return await db.fetch(
        f"SELECT {COLUMNS} FROM client_files WHERE client_id = $1 ORDER BY uploaded_at DESC, id DESC", client_id
    )


async def of_client_if_allowed(client_id: int, *, by: Actor) -> list[Record]:
    """The same; none to who may not see them."""
    return await of_client(client_id, by=by) if policies.allows(by, Permission.FILE_READ) else []


async def get(file_id: int, *, by: Actor) -> Record:
    """What is known of one file; `NotFound` like its client."""
    return await _one(COLUMNS, file_id, by=by)


async def content(file_id: int, *, by: Actor) -> Record:
    """Name and content of one file."""
    return await _one("id, client_id, name, content", file_id, by=by)


async def create(client_id: int, new: NewFile, *, by: Actor) -> Record:
    """Keep a file with a client, also with a closed one; `Invalid` under "file" for what is not taken.

    `ReadOnly` for a client that was cleared.
    """
    policies.require(by, Permission.FILE_CREATE)
    client = await access.client(client_id, by=by, lock=True)
    cleared.require_kept(client)
    name = file_names.cleaned(new.name)
    kind = await _checked(client_id, name, new.content)
    made = await db.row(
        f"""INSERT INTO client_files
                (client_id, name, kind, size, content, uploader_id, uploader_name, uploaded_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}""",
        *(client_id, name, kind, len(new.content), new.content, by.staff_id, by.name, clock.now()),
    )
    assert made is not None
    told = {"kind": kind, "size": len(new.content)}
    await audit.record("file:created", "file", made["id"], by=by, name=name, client_id=client["id"], new=told)
    return made


async def delete(file_id: int, *, by: Actor) -> None:
    """Remove a file for good."""
    policies.require(by, Permission.FILE_DELETE)
    file = await get(file_id, by=by)
    await db.execute("DELETE FROM client_files WHERE id = $1", file_id)
    await audit.record("file:deleted", "file", file_id, by=by, name=file["name"], client_id=file["client_id"])


async def _one(columns: str, file_id: int, *, by: Actor) -> Record:
    policies.require(by, Permission.FILE_READ)
    asked = f"SELECT {columns} FROM client_files WHERE id = $1"
    found = await db.row(asked, file_id) if rows.is_id(file_id) else None
    if found is None:
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def _checked(client_id: int, name: str, content: bytes) -> str:
    """The kind of what was uploaded."""
    checks = Checks()
    kind = file_names.kind_of(name, content)
    if not content:
        checks.error("file", _("Please choose a file."))
    elif len(content) > MOST_BYTES:
        checks.error("file", _("At most %(count)s MB, please.") % {"count": MOST_BYTES // 1024**2})
    elif not kind:
        told = _("Files of this kind are not taken, only: %(kinds)s.")
        checks.error("file", told % {"kinds": ", ".join(file_names.KINDS)})
    elif await db.value("SELECT count(*) FROM client_files WHERE client_id = $1", client_id) >= MOST_FILES:
        checks.error("file", _("There are %(count)s files already; remove one first.") % {"count": MOST_FILES})
    checks.done()
    return kind
