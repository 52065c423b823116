"""The clients that rows name by an external id or a code. One that was merged leads to the one that stays."""

from collections.abc import Mapping, Sequence

import msgspec
from asyncpg import Record

from core import db
from core.accounts import access
from core.accounts.imports.rows import Row, planned_anew
from core.actor import Actor
from core.checks import Checks
from core.filters import Conditions
from core.i18n import _

HIGHEST_CODE = 999_999_999
LONGEST_EXTERNAL = 100


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A client, with `is_seen`: whether the caller may see it. `merged` is the one that was named, when that one
    was merged into it."""

    client: Record
    merged: Record | None = None

    @property
    def named(self) -> Record:
        """The one whose external id or code it was."""
        return self.client if self.merged is None else self.merged


async def found_by(externals: Sequence[str], codes: Sequence[int], *, by: Actor, lock: bool) -> list[Found]:
    """The clients with these external ids and codes, or those that they were merged into."""
    async with planned_anew():
        by_external = await _read("c.external_id = ANY($1::text[]) AND c.external_id <> ''", externals, by, lock)
        by_code = await _read("c.code = ANY($1::bigint[])", codes, by, lock)
        named = [*by_external, *by_code]
        leading = sorted({one["merged_into_id"] for one in named if one["merged_into_id"]})
        stays = {one["id"]: one for one in await _read("c.id = ANY($1::bigint[])", leading, by, lock)}
    return [_found(one, stays) for one in named]


def _found(named: Record, stays: Mapping[int, Record]) -> Found:
    into = named["merged_into_id"]
    return Found(client=named) if into is None else Found(client=stays[into], merged=named)


async def _read(condition: str, values: Sequence[str | int], by: Actor, lock: bool) -> list[Record]:
    if not values:
        return []
    limits = Conditions()
    access.limit_to_visible(limits, by=by)
    suffix = "ORDER BY c.id FOR UPDATE OF c" if lock else ""
    sql = f"SELECT c.*, ({limits.sql}) AS is_seen FROM clients c WHERE {condition} {suffix}"
    return await db.fetch(sql, list(values))


def note_merged(row: Row, found: Found) -> None:
    """Say in the row's note that the client it names was merged into another one."""
    if found.merged is not None:
        told = {"gone": found.merged["code"], "stays": found.client["code"]}
        row.note = _("Client %(gone)s was merged into client %(stays)s.") % told


def code_of(row: Row, field: str) -> int | None:
    """The code in a cell; an error when it cannot be one."""
    text = row.values.get(field, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:20]) <= HIGHEST_CODE:
        row.error(field, _("Please enter a whole number."))
        return None
    return int(text)


def external_of(row: Row, field: str) -> str:
    """The external id in a cell; an error when it cannot be one."""
    checks = Checks()
    text = checks.text(field, row.values.get(field, ""), longest=LONGEST_EXTERNAL, required=False)
    row.errors_of(checks.errors)
    return "" if checks.errors else text
