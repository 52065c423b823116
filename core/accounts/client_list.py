"""The list of clients: what it shows, what it is sorted by, and how it is paged.

Pages go by key, never by offset, so that their cost does not grow with the list.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access
from core.accounts.client_filter import ClientFilter, conditions_of
from core.actor import Actor
from core.errors import Invalid
from core.filters import Conditions, Cursor, read_cursor
from core.i18n import _
from core.permissions import Permission

PAGE = 50
SORTS: dict[str, tuple[str, type]] = {
    "code": ("c.code", int),
    "country": ("c.country", str),
    "email": ("c.email_folded", str),
    "kind": ("c.kind", str),
    "language": ("c.language", str),
    "login": ("c.login_folded", str),
    "name": ("c.name_folded", str),
    "registered": ("c.registered_at", int),
    "status": ("c.status", str),
}
"""What a list can be sorted by: its column, and the type of its value in a cursor."""

COLUMNS: dict[str, str] = {
    "attitude": "c.attitude_id",
    "code": "c.code",
    "contact": "c.contact_person",
    "country": "c.country",
    "email": "c.email",
    "groups": "c.id",
    "kind": "c.kind",
    "language": "c.language",
    "login": "c.login",
    "name": "c.name",
    "phone": "c.phone",
    "project": "c.project_id",
    "registered": "c.registered_at",
    "status": "c.status",
}
"""What a list can show."""

ALWAYS = ("code", "login")
DEFAULT_COLUMNS = ("code", "login", "name", "email", "country", "attitude", "status", "registered")
GATED = {"groups": "groups", "project": "projects"}
"""Columns and filters that belong to a feature."""


class Page(msgspec.Struct, kw_only=True):
    """One page: records, and the cursors that lead on (None at an end)."""

    rows: list[Record]
    previous: str | None
    next: str | None


async def page(
    chosen: ClientFilter,
    *,
    by: Actor,
    sort: str = "-registered",
    after: str = "",
    before: str = "",
    columns: tuple[str, ...] = DEFAULT_COLUMNS,
    size: int = PAGE,
) -> Page:
    """The page of clients that stands after, or before, a cursor; the first one without.

    `sort` is a key of SORTS, with "-" in front for the other way round. Raises `Invalid` for a filter, sort or
    cursor that cannot be, `NotInEdition` for a filter or column that the edition lacks.
    """
    policies.require(by, Permission.CLIENT_READ)
    expression, kind, is_descending = _sorting(sort)
    conditions = await conditions_of(chosen, by=by)
    is_backward = bool(before)
    if text := before or after:
        _continue(conditions, _cursor(text, kind), expression, descending=is_descending != is_backward)
    direction = "DESC" if is_descending != is_backward else "ASC"
    listed = await db.fetch(
        f"""SELECT {_selected(columns, by=by)}, {expression} AS sort_key FROM clients c
            WHERE {conditions.sql} ORDER BY {expression} {direction}, c.id {direction} LIMIT {size + 1:d}""",
        *conditions.arguments,
    )
    has_more, rows = len(listed) > size, listed[:size]
    if is_backward:
        rows.reverse()
    is_first, is_last = (not has_more, False) if is_backward else (not after, not has_more)
    return Page(
        rows=rows,
        previous=None if is_first or not rows else _place(rows[0]),
        next=None if is_last or not rows else _place(rows[-1]),
    )


async def count(chosen: ClientFilter, *, by: Actor, most: int = 10_000) -> int:
    """How many clients match, counted up to `most`."""
    policies.require(by, Permission.CLIENT_READ)
    conditions = await conditions_of(chosen, by=by)
    return int(
        await db.value(
            f"SELECT count(*) FROM (SELECT FROM clients c WHERE {conditions.sql} LIMIT {most:d}) counted",
            *conditions.arguments,
        )
    )


def columns_of(chosen: list[str], *, by: Actor) -> tuple[str, ...]:
    """The columns a viewer gets: those he chose that exist and his edition has, the code and login always."""
    allowed = [key for key in chosen if key in COLUMNS and _has(key, by=by)]
    return tuple(dict.fromkeys((*ALWAYS, *allowed))) if allowed else DEFAULT_COLUMNS


def offered_columns(*, by: Actor) -> tuple[str, ...]:
    """The columns a viewer can choose from, in their usual order."""
    usual = (*DEFAULT_COLUMNS, *(key for key in COLUMNS if key not in DEFAULT_COLUMNS))
    return tuple(key for key in usual if _has(key, by=by))


def _has(column: str, *, by: Actor) -> bool:
    return column not in GATED or policies.has_feature(by.tenant, GATED[column])


def _selected(columns: tuple[str, ...], *, by: Actor) -> str:
    for column in columns:
        if column in GATED:
            policies.require_feature(by, GATED[column])
    wanted = [f"{COLUMNS[column]} AS {column}" for column in columns if column not in ("groups", "code")]
    if "groups" in columns:
        known = "" if by.groups is None else f"AND g.id IN ({access.listed(by.groups)})"
        wanted.append(
            f"""ARRAY(SELECT g.name FROM group_members m JOIN account_groups g ON g.id = m.group_id
                      WHERE m.client_id = c.id {known} ORDER BY g.name_folded) AS groups"""
        )
    return ", ".join(["c.id", "c.code", *wanted])


def _sorting(sort: str) -> tuple[str, type, bool]:
    key = sort.removeprefix("-")
    if key not in SORTS:
        raise Invalid({"sort": _("This is not one of the choices.")})
    return *SORTS[key], sort.startswith("-")


def _cursor(text: str, kind: type) -> Cursor:
    cursor = read_cursor(text, kind)
    if cursor is None:
        raise Invalid({"after": _("This page has gone; begin again from the first one.")})
    return cursor


def _continue(conditions: Conditions, cursor: Cursor, expression: str, *, descending: bool) -> None:
    value: Any = cursor.value
    if expression == "c.registered_at":
        try:
            value = datetime.fromtimestamp(cursor.value / 1_000_000, UTC)  # type: ignore[operator]
        except (OverflowError, ValueError, OSError) as error:
            raise Invalid({"after": _("This page has gone; begin again from the first one.")}) from error
    elif isinstance(value, int) and not 0 <= value < 2**63:
        raise Invalid({"after": _("This page has gone; begin again from the first one.")})
    sign = "<" if descending else ">"
    conditions.add(f"({expression}, c.id) {sign} ({conditions.bind(value)}, {conditions.bind(cursor.id)})")


def _place(row: Record) -> str:
    value = row["sort_key"]
    if isinstance(value, datetime):
        value = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return str(Cursor(value, row["id"]))
