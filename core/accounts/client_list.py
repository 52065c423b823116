"""The list of clients: what it shows, what it is sorted by, and how it is paged.

Pages go by key, never by offset, so that their cost does not grow with the list.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access, account_source, balance_filter, client_fields, client_filter, field_values, focus
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.accounts.client_source import Source, source_of
from core.accounts.focus import Focus
from core.actor import Actor
from core.errors import Invalid
from core.filters import EPOCH, Cursor, read_cursor
from core.i18n import _
from core.permissions import Permission

PAGE = 50
SORTS: dict[str, str] = {
    "code": "c.code",
    "country": "c.country",
    "email": "c.email_folded",
    "kind": "c.kind",
    "language": "c.language",
    "login": "c.login_folded",
    "name": "c.name_folded",
    "registered": "c.registered_at",
    "status": "c.status",
}
"""What a list can be sorted by, and its column."""
NUMBERS = ("code", "registered")
"""Sorts whose value in a cursor is a number: the code itself, or microseconds since 1970."""
SHARED = ("country", "kind", "language", "status")
"""Sorts by what many clients share; those are in the order of their registration, and a cursor tells both."""

COLUMNS: dict[str, str] = {
    "attitude": "c.attitude_id",
    "balance": "c.id",
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
    "phone_verified": "c.phone_verified",
    "project": "c.project_id",
    "projects": "c.id",
    "registered": "c.registered_at",
    "status": "CASE WHEN c.merged_into_id IS NULL THEN c.status ELSE 'merged' END",
}
"""What a list can show."""
OF_FIELD = "field:"
"""How the columns of the fields begin that a provider defines."""
ALWAYS = ("code", "login")
DEFAULT_COLUMNS = ("code", "login", "name", "email", "country", "attitude", "status", "registered")
DAYS = dict.fromkeys(("registered_from", "registered_to", "newer_than", "older_than"), "registered")
UNCOUNTED = {"balance", "custom", "name", "segment"}
"""Filters that no single index can count."""
GATED = {"groups": "groups", "project": "projects", "projects": "projects"}
"""Columns and filters that belong to a feature."""
RIGHTS = {"balance": Permission.ACCOUNT_READ, "groups": Permission.GROUP_READ}


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
    within: Focus | None = None,
    with_merged: bool = False,
) -> Page:
    """The page of clients inside a focus that stands after, or before, a cursor; the first one without.

    `sort` is a key of SORTS, with "-" in front for the other way round. Raises `Invalid` for a filter, sort or
    cursor that cannot be, `NotInEdition` for a filter or column that the edition lacks.
    """
    policies.require(by, Permission.CLIENT_READ)
    key, is_descending = _sorting(sort)
    is_backward = bool(before)
    direction = "DESC" if is_descending != is_backward else "ASC"
    fields = await client_fields.in_use() if any(column.startswith(OF_FIELD) for column in columns) else []
    usual = direction if key == "registered" else None
    source = await _source(chosen, within, direction=usual, by=by, with_merged=with_merged)
    order = _order(key, source)
    if text := before or after:
        _continue(source, text, order, key=key, sign="<" if direction == "DESC" else ">")
    listed = await db.fetch(
        f"""SELECT {selected(columns, fields, by=by)}, {_sort_key(key, order)}
            FROM {source.tables} WHERE {source.conditions.sql}
            ORDER BY {", ".join(f"{column} {direction}" for column in order)} LIMIT {size + 1:d}""",
        *source.conditions.arguments,
    )
    has_more, rows = len(listed) > size, listed[:size]
    if is_backward:
        rows.reverse()
    is_first, is_last = (not has_more, False) if is_backward else (not after, not has_more)
    return Page(
        rows=rows,
        previous=None if is_first or not rows else _place(rows[0], key),
        next=None if is_last or not rows else _place(rows[-1], key),
    )


async def count(chosen: ClientFilter, *, by: Actor, most: int = 10_000, within: Focus | None = None) -> int:
    """How many clients match, counted up to `most`. Quick when `is_countable`."""
    policies.require(by, Permission.CLIENT_READ)
    is_alone = is_countable(chosen, by=by) and within is None
    is_group_or_project = is_alone and (chosen.group or chosen.project) is not None
    # Clients that were merged are in no group and in no project.
    source = await _source(chosen, within, direction="DESC", by=by, with_merged=is_group_or_project)
    tables = source.tables
    if is_alone and chosen.group is not None:
        tables = "group_members of_it"
    elif is_alone and chosen.project is not None:
        tables = f"{account_source.of(frozenset({chosen.project}), None)} of_it"
    return int(
        await db.value(
            f"""SELECT count(*) FROM (
                    SELECT FROM {tables} WHERE {source.conditions.sql} LIMIT {most:d}) counted""",
            *source.conditions.arguments,
        )
    )


async def total(
    chosen: ClientFilter, listed: Page, *, by: Actor, most: int, within: Focus | None = None
) -> int | None:
    """How many match the filter of a page, counted up to `most`; None without a filter, or when it costs much."""
    if chosen.is_empty and within is None:
        return None
    if listed.previous is None and listed.next is None:
        return len(listed.rows)
    if (within is not None and within.filters) or not is_countable(chosen, by=by):
        return None
    return await count(chosen, by=by, most=most, within=within)


async def _source(
    chosen: ClientFilter, within: Focus | None, *, direction: str | None, by: Actor, with_merged: bool = False
) -> Source:
    """The clients of the filter inside the focus; a saved filter is read together with what is asked besides."""
    besides = within.filters if within else []
    source = await source_of(chosen, by=by, direction=direction, also=besides, with_merged=with_merged)
    if not besides:
        focus.limit(source.conditions, within)
    return source


def is_countable(chosen: ClientFilter, *, by: Actor) -> bool:
    """Whether an index alone can count them: one thing is asked for, it is no word, and `by` sees all clients."""
    asked = {DAYS.get(field, field) for field in client_filter.given(chosen)}
    return len(asked) <= 1 and not asked & UNCOUNTED and by.projects is None and by.groups is None


def columns_of(chosen: list[str], *, by: Actor, fields: Sequence[Field] = ()) -> tuple[str, ...]:
    """The columns a viewer gets: those he chose that exist and his edition has, the code and login always.

    `fields` are those that the provider defines; their columns are `field:<key>`.
    """
    own = {column_of(field) for field in fields}
    allowed = [key for key in chosen if key in own or (key in COLUMNS and _has(key, by=by))]
    return tuple(dict.fromkeys((*ALWAYS, *allowed))) if allowed else DEFAULT_COLUMNS


def offered_columns(*, by: Actor, fields: Sequence[Field] = ()) -> tuple[str, ...]:
    """The columns a viewer can choose from, in their usual order; those of the provider's `fields` come last."""
    usual = (*DEFAULT_COLUMNS, *(key for key in COLUMNS if key not in DEFAULT_COLUMNS))
    return (*(key for key in usual if _has(key, by=by)), *(column_of(field) for field in fields))


def column_of(field: Field) -> str:
    """The key of a field's column."""
    return OF_FIELD + field.key


def _has(column: str, *, by: Actor) -> bool:
    if column in RIGHTS:
        return policies.allows(by, RIGHTS[column])
    return column not in GATED or policies.has_feature(by.tenant, GATED[column])


def selected(columns: tuple[str, ...], fields: Sequence[Field], *, by: Actor) -> str:
    """The columns as they stand in a SELECT from clients `c`, under their keys; the id and the code besides."""
    for column in columns:
        if column in GATED:
            policies.require_feature(by, GATED[column])
    for column in RIGHTS.keys() & set(columns):
        policies.require(by, RIGHTS[column])
    own = {column_of(field): field for field in fields}
    wanted = [
        _own(own[column]) if column in own else f"{_column(column, by=by)} AS {column}"
        for column in columns
        if column not in ("groups", "code") and (column in own or not column.startswith(OF_FIELD))
    ]
    if "groups" in columns:
        known = "" if by.groups is None else f"AND g.id IN ({access.listed(by.groups)})"
        wanted.append(
            f"""ARRAY(SELECT g.name FROM group_members m JOIN account_groups g ON g.id = m.group_id
                      WHERE m.client_id = c.id {known} ORDER BY g.name_folded) AS groups"""
        )
    return ", ".join(["c.id", "c.code", *wanted])


def _column(key: str, *, by: Actor) -> str:
    """A column of the list as `by` may see it: of projects only those that are his."""
    if key == "project":
        return access.visible_project(COLUMNS[key], by=by)
    if key == "balance":
        return balance_filter.column(by=by)
    if key != "projects":
        return COLUMNS[key]
    known = "" if by.projects is None else f"AND p.id IN ({access.listed(by.projects)})"
    return f"""ARRAY(SELECT p.name FROM client_projects a JOIN projects p ON p.id = a.project_id
                      WHERE a.client_id = c.id {known} ORDER BY p.name_folded)"""


def _own(field: Field) -> str:
    column = field_values.COLUMN[field.kind]
    return f"""(SELECT v.{column} FROM client_field_values v
                 WHERE v.client_id = c.id AND v.field_id = {field.id:d}) AS "{column_of(field)}\""""


def _sorting(sort: str) -> tuple[str, bool]:
    key = sort.removeprefix("-")
    if key not in SORTS:
        raise Invalid({"sort": _("This is not one of the choices.")})
    return key, sort.startswith("-")


def _order(key: str, source: Source) -> tuple[str, ...]:
    """The columns that the list is sorted by; together they differ in every client."""
    if key == "registered":
        return source.registered
    return (SORTS[key], "c.registered_at", "c.id") if key in SHARED else (SORTS[key], "c.id")


def _sort_key(key: str, order: tuple[str, ...]) -> str:
    """What a cursor is made of, besides the row's id."""
    return f"{order[0]} AS sort_key" + (f", {order[1]} AS sort_time" if key in SHARED else "")


def _place(row: Record, key: str) -> str:
    value = _microseconds(row["sort_key"]) if key == "registered" else row["sort_key"]
    if key in SHARED:
        value = f"{value} {_microseconds(row['sort_time'])}"
    return str(Cursor(value, row["id"]))


def _continue(source: Source, text: str, order: tuple[str, ...], *, key: str, sign: str) -> None:
    """Go on from the row that the cursor names."""
    values = [source.conditions.bind(value) for value in _values(text, key)]
    source.conditions.add(f"({', '.join(order)}) {sign} ({', '.join(values)})")


def _values(text: str, key: str) -> list[Any]:
    """The values in a cursor, one for each column of the order; `Invalid` when it is not one of this list."""
    cursor = read_cursor(text, int if key in NUMBERS else str)
    try:
        if cursor is None:
            raise ValueError(text)
        if key in SHARED:
            shared, _space, time = str(cursor.value).rpartition(" ")
            return [shared, _moment(int(time)), cursor.id]
        value = int(cursor.value) if key in NUMBERS else cursor.value
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(text)
        return [_moment(int(value)) if key == "registered" else value, cursor.id]
    except (OverflowError, ValueError, OSError) as error:
        raise Invalid({"after": _("This page has gone; begin again from the first one.")}) from error


def _moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
