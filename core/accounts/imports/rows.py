"""What an import is made of while it goes on: a row of the file, and what became of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec
from asyncpg import Record

from core import db, sheets
from core.actor import Actor
from core.i18n import _

What = Literal["added", "changed", "unchanged", "failed"]
PAUSE = 40
"""Rows that are checked before others get their turn."""


class Row(msgspec.Struct, kw_only=True):
    """A row of the file: what its cells say, by the key of the field; empty cells are not there.

    `errors` says what is wrong, by field ("" for the row as a whole), `note` what else there is to know of it.
    """

    number: int
    values: dict[str, str]
    errors: dict[str, str] = {}
    what: What = "unchanged"
    kind: str = "client"
    id: int | None = None
    code: int | None = None
    name: str = ""
    note: str = ""

    def error(self, field: str, message: str) -> None:
        """Note what is wrong with a field; the first error of a field stays."""
        self.errors.setdefault(field, message)

    def errors_of(self, errors: Mapping[str, str], names: Mapping[str, str] | None = None) -> None:
        """Note errors under other names for their fields."""
        for field, message in errors.items():
            self.error((names or {}).get(field, field), message)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one part of a file, handled in one transaction. `is_dry`: nothing is written."""

    import_id: int
    part: int
    rows: list[Row]
    defaults: Mapping[str, str]
    is_dry: bool


Work = Callable[[Batch, Actor], Awaitable[None]]
"""Handles the rows of a batch: fills in what became of each, or its errors."""


def row_of(number: int, cells: list[str] | None, columns: list[str]) -> Row:
    """The row that these cells make."""
    if cells is None:
        return Row(number=number, values={}, errors={"": _("This row is too long.")})
    row = Row(number=number, values={}, errors={})
    if len(cells) > len(columns):
        row.error("", _("This row has more cells than there are headings."))
    for key, cell in zip(columns, cells, strict=False):
        if key and cell.strip():
            row.values[key] = sheets.unquoted(cell)
    return row


async def unhurried(rows: Iterable[Row]) -> Any:
    """The rows one by one, with pauses in which the process does other things."""
    for place, row in enumerate(rows):
        if place % PAUSE == 0:
            await asyncio.sleep(0)
        yield row


async def check_once(batch: Batch, keys: Iterable[tuple[Row, str, str]], *, folded: frozenset[str]) -> None:
    """Note an error in rows whose key (row, field, key) stood further up in the file. `folded`: in any case."""
    asked = [(row, field, key) for row, field, key in keys if key and is_storable(key)]
    if not asked:
        return
    arguments = (
        batch.import_id,
        [field for _row, field, _key in asked],
        [key for _row, _field, key in asked],
        [row.number for row, _field, _key in asked],
        sorted(folded),
    )
    earlier = {} if batch.is_dry else await _earlier(arguments)
    if len(earlier) < len(asked):  # a run finds what the check has written
        await db.execute(
            f"""INSERT INTO import_keys (import_id, field, key, row)
                SELECT $1, field, key, min(row) FROM ({TOLD}) told GROUP BY field, key ON CONFLICT DO NOTHING""",
            *arguments,
        )
        earlier = await _earlier(arguments)
    for row, field, _key in asked:
        if (first := earlier[field, row.number]) < row.number:
            row.error(field, _("The same stands in row %(row)s already.") % {"row": first})


TOLD = """SELECT field, row, CASE WHEN field = ANY($5::text[]) THEN lower(key) ELSE key END AS key
          FROM unnest($2::text[], $3::text[], $4::bigint[]) AS t (field, key, row)"""


async def _earlier(arguments: Sequence[Any]) -> dict[tuple[str, int], int]:
    """In which row each key stands first, by its field and row; without those that nobody has looked at."""
    found = await db.fetch(
        f"""SELECT told.field, told.row, k.row AS first FROM ({TOLD}) told CROSS JOIN LATERAL (
                SELECT k.row FROM import_keys k
                WHERE k.import_id = $1 AND k.field = told.field AND k.key = told.key LIMIT 1) k""",
        *arguments,
    )
    return {(one["field"], one["row"]): one["first"] for one in found}


async def rows_of(batch: Batch, field: str, keys: Sequence[str]) -> dict[str, int]:
    """In which row of the file, as far as it was looked at, these keys of a field stand."""
    sql = "SELECT key, row FROM import_keys WHERE import_id = $1 AND field = $2 AND key = ANY($3::text[])"
    return {one["key"]: one["row"] for one in await db.fetch(sql, batch.import_id, field, list(keys))}


@asynccontextmanager
async def planned_anew() -> AsyncIterator[None]:
    """Inside, PostgreSQL plans every statement for the values it has.

    A provider that begins to grow is bigger than the statistics know. With the values at hand a lookup of a
    thousand of them costs at most one look at all its rows; without, it could cost one for each.
    """
    await db.execute("SET LOCAL plan_cache_mode = force_custom_plan")
    yield
    await db.execute("SET LOCAL plan_cache_mode = auto")


async def lowered(texts: Iterable[str]) -> dict[str, str]:
    """Texts as the database folds them, by the texts."""
    listed = [text for text in texts if is_storable(text)]
    found = await db.fetch("SELECT text, lower(text) AS folded FROM unnest($1::text[]) AS text", listed)
    return {one["text"]: one["folded"] for one in found}


async def people_of(emails: Iterable[str]) -> dict[str, Record]:
    """The people with these addresses (id, name, email), by the address as it was asked for."""
    folded = await lowered(emails)
    if not folded:
        return {}
    sql = "SELECT id, name, email, email_folded FROM people WHERE email_folded = ANY($1::text[])"
    async with planned_anew():
        found = {one["email_folded"]: one for one in await db.fetch(sql, list(set(folded.values())))}
    return {email: found[key] for email, key in folded.items() if key in found}


def is_storable(text: str) -> bool:
    """Whether the database can be asked for it."""
    return "\0" not in text and len(text) <= 500


def sound(rows: Iterable[Row]) -> Iterator[Row]:
    """Those without an error."""
    return (row for row in rows if not row.errors)
