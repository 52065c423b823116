"""Copies of a client's personal data: asked for, gathered by a task, kept for seven days, downloaded.

Staff make them with everything that is kept; the client's owner asks for one in the portal, without what only the
provider's own people see. Nobody does from inside a client's account.
"""

from datetime import datetime, timedelta

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Bytea, Integer, Text, Timestamptz

from core import audit, clock, db, policies, tasks
from core.accounts import access, memberships, personal_sources, personal_zip
from core.accounts.memberships import RightMissing
from core.accounts.rights import OWNER
from core.accounts.rows import is_id
from core.actor import Actor, system
from core.errors import Conflict, NotFound
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Chunk, Result, Task

KEPT = timedelta(days=7)
MOST = 5
"""Copies of one client that are kept at the same time."""
KIND = "personal_data"
STEPS = len(personal_sources.SOURCES) + 2
"""One for each source, one for the plugins, one for the file."""
SHOWN = """x.id, x.client_id, x.is_internal, x.asked_by, x.state, x.done, x.total, x.size, x.created_at,
    x.ready_at, x.expires_at, x.downloaded_at, x.task_id, t.state IN ('failed', 'cancelled') AS has_failed"""


class PersonalExport(db.Owned, tablename="personal_exports"):
    """A copy. `person_id` is the owner who asked for it, None when staff did."""

    client_id = BigInt()
    person_id = BigInt(null=True)
    task_id = BigInt()
    is_internal = Boolean()
    asked_by = Text()
    locale = Text()
    state = Text()
    done = Integer()
    total = Integer()
    size = BigInt()
    content = Bytea(null=True)
    created_at = Timestamptz()
    ready_at = Timestamptz(null=True)
    expires_at = Timestamptz()
    downloaded_at = Timestamptz(null=True)


class PersonalExportPart(db.Owned, tablename="personal_export_parts"):
    """What was gathered so far."""

    export_id = BigInt()
    name = Text()
    content = Bytea()


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A copy as it is downloaded."""

    name: str
    content: bytes


async def of_client(code: int, *, by: Actor) -> list[Record]:
    """The copies of a client that are kept, the newest first, for staff."""
    policies.require(by, Permission.CLIENT_PERSONAL_DATA)
    client = await access.client_by_code(code, by=by)
    return await _listed(client["id"])


async def ask(code: int, *, by: Actor) -> int:
    """Make a copy of all that is kept about a client's people; returns its id."""
    policies.require(by, Permission.CLIENT_PERSONAL_DATA)
    policies.require_outside(by)
    client = await access.client_by_code(code, by=by, lock=True)
    return await _begin(client, runs_as=by, is_internal=True, by=by)


async def download(code: int, export_id: int, *, by: Actor) -> File:
    """A copy that is ready, for staff. Notes in the audit who took it."""
    policies.require(by, Permission.CLIENT_PERSONAL_DATA)
    policies.require_outside(by)
    client = await access.client_by_code(code, by=by)
    return await _taken(client, export_id, is_internal=None, by=by)


async def own(*, by: Actor) -> list[Record]:
    """The copies that the owner of a client asked for."""
    seat = memberships.require(by)
    return await _listed(seat.id, is_internal=False) if _may_have(by) else []


async def ask_own(*, by: Actor) -> int:
    """Ask for a copy as the client's owner; `ForbiddenInside` to staff inside, `Forbidden` to others."""
    client = await _own_client(by, lock=True)
    return await _begin(client, runs_as=system(by.tenant), is_internal=False, by=by)


async def download_own(export_id: int, *, by: Actor) -> File:
    """A copy that the owner asked for."""
    return await _taken(await _own_client(by), export_id, is_internal=False, by=by)


@tasks.kind(KIND, N_("Copy of personal data"))
async def gather(task: Task, by: Actor) -> Chunk:
    """One source, the plugins, or at last the file."""
    policies.require(by, Permission.CLIENT_PERSONAL_DATA)
    row = await db.row(f"SELECT x.*, {personal_zip.CLIENT} WHERE x.id = $1", int(task.payload["export"]))
    if row is None:
        return Chunk(is_last=True)
    await access.client(row["client_id"], by=by)
    place = int(task.position.get("place", 0))
    label = await personal_zip.step(row, place, by=by)
    is_last = place == STEPS - 1
    now = clock.now()
    await db.execute(
        """UPDATE personal_exports SET done = $2, expires_at = CASE WHEN $3 THEN $4 ELSE expires_at END
           WHERE id = $1""",
        row["id"],
        place + 1,
        is_last,
        now + KEPT,
    )
    return Chunk(results=[Result(kind="part", name=_(label))], position={"place": place + 1}, is_last=is_last)


async def purge(now: datetime) -> None:
    """Forget the copies of this tenant that are too old."""
    await db.execute("DELETE FROM personal_exports WHERE expires_at <= $1", now)


async def _begin(client: Record, *, runs_as: Actor, is_internal: bool, by: Actor) -> int:
    if client["cleared_at"] is not None:
        raise Conflict(_("The personal data of this client is cleared already."))
    listed = await _listed(client["id"])
    if any(row["state"] == "waiting" and not row["has_failed"] for row in listed):
        raise Conflict(_("A copy is being made already."))
    if len(listed) >= MOST:
        raise Conflict(_("There are %(count)s copies already; they go after seven days.") % {"count": MOST})
    now = clock.now()
    export_id = await db.value("SELECT new_id()")
    task_id = await tasks.start(
        KIND,
        _("Copy of the personal data of client %(code)s") % {"code": client["code"]},
        total=STEPS,
        by=runs_as,
        payload={"export": export_id},
    )
    await db.execute(
        """INSERT INTO personal_exports (id, client_id, person_id, task_id, is_internal, asked_by, locale, total,
               created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)""",
        export_id,
        client["id"],
        None if is_internal else by.person_id,
        task_id,
        is_internal,
        by.name,
        by.locale,
        STEPS,
        now,
        now + KEPT,
    )
    await audit.record("personal_data:asked", "client", client["id"], by=by, name=client["name"],
                       client_id=client["id"])  # fmt: skip
    return int(export_id)


async def _taken(client: Record, export_id: int, *, is_internal: bool | None, by: Actor) -> File:
    found = None
    if is_id(export_id):
        found = await db.row(
            """UPDATE personal_exports SET downloaded_at = $3 WHERE id = $1 AND client_id = $2 AND state = 'ready'
                 AND expires_at > $3 AND ($4::boolean IS NULL OR is_internal = $4) RETURNING content""",
            export_id,
            client["id"],
            clock.now(),
            is_internal,
        )
    if found is None:
        raise NotFound()
    await audit.record("personal_data:downloaded", "client", client["id"], by=by, name=client["name"],
                       client_id=client["id"])  # fmt: skip
    return File(name=f"personal-data-{client['code']}.zip", content=found["content"])


async def _listed(client_id: int, *, is_internal: bool | None = None) -> list[Record]:
    return await db.fetch(
        f"""SELECT {SHOWN} FROM personal_exports x LEFT JOIN tasks t ON t.id = x.task_id
            WHERE x.client_id = $1 AND x.expires_at > $2 AND ($3::boolean IS NULL OR x.is_internal = $3)
            ORDER BY x.created_at DESC, x.id DESC""",
        client_id,
        clock.now(),
        is_internal,
    )


def _may_have(by: Actor) -> bool:
    return by.client is not None and by.client.is_owner and by.impersonator is None


async def _own_client(by: Actor, *, lock: bool = False) -> Record:
    policies.require_outside(by)
    seat = memberships.require(by)
    if not seat.is_owner:
        raise RightMissing(OWNER)
    found = await db.row(f"SELECT * FROM clients WHERE id = $1{' FOR UPDATE' if lock else ''}", seat.id)
    if found is None:
        raise NotFound()
    return found
