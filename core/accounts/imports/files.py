"""The files that were uploaded to be imported. Their rows are kept, packed, for some days; the files are not.

Whoever uploaded one sees it; others do who may see everybody's tasks and all clients.
"""

import zlib
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, Array, BigInt, Boolean, Bytea, Integer, Text, Timestamptz

from core import audit, clock, db, policies, sheet_reading
from core.accounts.imports import fields, mapping
from core.accounts.imports.rows import Row, row_of
from core.accounts.rows import is_id
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.filters import Conditions
from core.i18n import _
from core.permissions import Permission
from core.sheet_reading import Head

MOST_ROWS = 200_000
MOST_KEPT = 50
"""Files of one provider at the same time."""
KEPT = timedelta(days=7)
LONGEST_HEADING = 200
LISTED = 50
SAMPLES = 3


class Import(db.Owned, tablename="imports"):
    """A file. `columns` has for each of its headings the key of a field, or ""."""

    noun = Text()
    name = Text()
    format = Text()
    encoding = Text()
    separator = Text()
    headings = Array(base_column=Text())
    rows = BigInt()
    parts = Integer()
    columns = Array(base_column=Text())
    defaults = JSONB()
    is_remembered = Boolean()
    check_task_id = BigInt(null=True)
    run_task_id = BigInt(null=True)
    person_id = BigInt(null=True)
    created_by = Text()
    created_at = Timestamptz()
    version = Integer()


class ImportPart(db.Owned, tablename="import_parts"):
    """Some hundreds of rows."""

    import_id = BigInt()
    part = Integer()
    rows = Bytea()
    checked = Bytea(null=True)


async def upload(noun_key: str, name: str, content: bytes, *, by: Actor) -> Record:
    """Take a file; returns its row. What cannot be read, or is too much, is `Invalid` under "file"."""
    noun = fields.noun_of(noun_key, by=by)
    if await db.value("SELECT count(*) FROM imports") >= MOST_KEPT:
        raise Conflict(_("Many files wait to be imported already. Remove one of them."))
    made: Record | None = None
    rows = parts = 0
    async with aclosing(sheet_reading.read(content, most_rows=MOST_ROWS)) as found:
        async for one in found:
            if isinstance(one, Head):
                made = await _begin(noun, name, one, by=by)
            elif made is not None:
                await db.execute(
                    "INSERT INTO import_parts (import_id, part, rows) VALUES ($1, $2, $3)",
                    made["id"],
                    parts,
                    zlib.compress(msgspec.json.encode(one), 1),
                )
                rows, parts = rows + len(one), parts + 1
    if made is None or not rows:
        raise Invalid({"file": _("There is no row below the headings.")})
    await db.execute("UPDATE imports SET rows = $2, parts = $3 WHERE id = $1", made["id"], rows, parts)
    new = {"rows": rows, "format": made["format"]}
    await audit.record("import:uploaded", "import", made["id"], by=by, name=made["name"], new=new)
    return await get(made["id"], by=by)


async def get(import_id: int, *, by: Actor, lock: bool = False) -> Record:
    """One file; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.CLIENT_IMPORT)
    conditions = _visible(by=by)
    if not is_id(import_id):
        raise NotFound()
    conditions.equals("i.id", import_id)
    suffix = " FOR UPDATE" if lock else ""
    found = await db.row(f"SELECT i.* FROM imports i WHERE {conditions.sql}{suffix}", *conditions.arguments)
    if found is None:
        raise NotFound()
    return found


async def latest(*, by: Actor) -> list[Record]:
    """The files that `by` may see, the newest first, with `state` of what was begun last with each."""
    policies.require(by, Permission.CLIENT_IMPORT)
    conditions = _visible(by=by)
    return await db.fetch(
        f"""SELECT i.id, i.noun, i.name, i.rows, i.created_by, i.created_at, i.run_task_id IS NOT NULL AS is_run,
                   (SELECT t.state FROM tasks t WHERE t.id = coalesce(i.run_task_id, i.check_task_id)) AS state
            FROM imports i WHERE {conditions.sql} ORDER BY i.created_at DESC, i.id DESC LIMIT {LISTED}""",
        *conditions.arguments,
    )


async def delete(import_id: int, *, by: Actor) -> None:
    """Throw a file away. What was imported stays. `Conflict` while a task is at it."""
    found = await get(import_id, by=by, lock=True)
    if await is_busy(found):
        raise Conflict(_("A task is at work on this file. Stop it first."))
    await db.execute("DELETE FROM imports WHERE id = $1", import_id)
    await audit.record("import:deleted", "import", import_id, by=by, name=found["name"])


async def is_busy(found: Record) -> bool:
    """Whether a task is at work on the file."""
    ids = [number for number in (found["check_task_id"], found["run_task_id"]) if number]
    sql = "SELECT EXISTS (SELECT FROM tasks WHERE id = ANY($1::bigint[]) AND ended_at IS NULL)"
    return bool(await db.value(sql, ids))


async def part(found: Record, number: int) -> list[Row]:
    """The rows of one part, read as the columns say."""
    return [row_of(place, cells, found["columns"]) for place, cells in await _cells(found["id"], number)]


async def samples(found: Record) -> list[list[str]]:
    """What stands in the first rows, by column."""
    cells = [row for _number, row in (await _cells(found["id"], 0))[:20] if row is not None]
    width = len(found["headings"])
    columns = [[row[place][:80].replace("\0", "�") for row in cells if place < len(row)] for place in range(width)]
    return [[text for text in column if text.strip()][:SAMPLES] for column in columns]


async def purge(now: datetime) -> None:
    """Forget the files of this tenant that were uploaded some days ago, unless a task is at one."""
    await db.execute(
        """DELETE FROM imports i WHERE i.created_at < $1 AND NOT EXISTS (SELECT FROM tasks t
               WHERE t.id IN (i.check_task_id, i.run_task_id) AND t.ended_at IS NULL)""",
        now - KEPT,
    )


async def _begin(noun: fields.Noun, name: str, head: Head, *, by: Actor) -> Record:
    headings = [heading.replace("\0", "�").strip()[:LONGEST_HEADING] for heading in head.headings]
    chosen = await mapping.suggested(noun, headings, by=by)
    made = await db.row(
        """INSERT INTO imports (noun, name, format, encoding, separator, headings, columns, defaults,
               is_remembered, person_id, created_by, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING *""",
        noun.key,
        _named(name, head.format),
        head.format,
        head.encoding,
        head.separator,
        headings,
        chosen.columns,
        chosen.defaults,
        chosen.is_remembered,
        by.person_id,
        by.name,
        clock.now(),
    )
    assert made is not None
    return made


def _named(name: str, form: str) -> str:
    """The last part of a file's name, with what can be shown."""
    shown = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable())
    return shown.strip()[-120:] or f"import.{form}"


async def _cells(import_id: int, number: int) -> list[tuple[int, list[str] | None]]:
    packed = await db.value("SELECT rows FROM import_parts WHERE import_id = $1 AND part = $2", import_id, number)
    kind: Any = list[tuple[int, list[str] | None]]
    found: list[tuple[int, list[str] | None]] = msgspec.json.decode(zlib.decompress(packed), type=kind)
    return found


def _visible(*, by: Actor) -> Conditions:
    conditions = Conditions()
    is_keeper = policies.allows(by, Permission.TASK_MANAGE) and by.projects is None and by.groups is None
    if not is_keeper:
        conditions.add(f"i.person_id = {by.person_id:d}" if by.person_id is not None else "false")
    return conditions
