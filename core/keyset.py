"""A page of a list by key, never by offset, so that it costs the same however long the list is.

The newest come first (or last): by a moment and the id, or by the id alone. A cursor is the place of a row, so it
survives what is added meanwhile.
"""

import msgspec
from asyncpg import Record

from core import db
from core.errors import Invalid
from core.filters import EPOCH, Conditions, cursor_at, moment_of, read_cursor
from core.i18n import _

PAGE = 50


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, and the cursors of the pages around them (None at an end)."""

    rows: list[Record]
    previous: str | None = None
    next: str | None = None


async def page(
    sql: str,
    alias: str,
    bound: Conditions,
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE,
    moment: str | None = "created_at",
    is_oldest_first: bool = False,
) -> Page:
    """The rows of a statement, whose table has this alias, that stand after a cursor or before one.

    `moment` is the column that sorts them before their id does, None for the id alone; the statement selects it.
    `Invalid` for a cursor that cannot be.
    """
    keys = [f"{alias}.{moment}", f"{alias}.id"] if moment else [f"{alias}.id"]
    is_back, text = bool(before), before or after
    if text:
        cursor = read_cursor(text, int)
        if cursor is None:
            raise Invalid({"after": _("This page has gone; begin again from the first one.")})
        values = [moment_of(cursor), cursor.id] if moment else [cursor.id]
        place = ", ".join(bound.bind(value) for value in values)
        bound.add(f"({', '.join(keys)}) {'>' if is_back != is_oldest_first else '<'} ({place})")
    direction = "ASC" if is_back != is_oldest_first else "DESC"
    order = ", ".join(f"{key} {direction}" for key in keys)
    found = await db.fetch(f"{sql} WHERE {bound.sql} ORDER BY {order} LIMIT {size + 1:d}", *bound.arguments)
    has_more, listed = len(found) > size, found[:size]
    if is_back:
        listed.reverse()
    has_previous, has_next = (has_more, True) if is_back else (bool(text), has_more)
    return Page(
        rows=listed,
        previous=_at(listed[0], moment) if listed and has_previous else None,
        next=_at(listed[-1], moment) if listed and has_next else None,
    )


def _at(row: Record, moment: str | None) -> str:
    return cursor_at(row[moment] if moment else EPOCH, row["id"])
