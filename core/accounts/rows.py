"""What every editable row of this folder needs: a name nobody has yet, a row locked for its edit, and the edit."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record

from core import db
from core.checks import Checks
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import _


def is_id(number: int) -> bool:
    """Whether a number from outside can be the id of a row; the database refuses what is no bigint."""
    return 0 < number < 2**63


def check_ids(checks: Checks, chosen: object, *fields: str) -> None:
    """An error beside each of these fields that holds a number which cannot be an id."""
    for field in fields:
        number = getattr(chosen, field)
        if number is not None and not is_id(number):
            checks.error(field, _("This is not one of the choices."))


async def locked(table: str, row_id: int, *, version: int | None = None) -> Record:
    """The row, locked until the transaction ends.

    `NotFound` when there is none; `EditConflict` with the row as it is now when it is not of `version` any more.
    """
    found = await db.row(f"SELECT * FROM {table} WHERE id = $1 FOR UPDATE", row_id) if is_id(row_id) else None
    if found is None:
        raise NotFound()
    if version is not None and found["version"] != version:
        raise EditConflict(dict(found))
    return found


async def save(table: str, row: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Write what differs from the locked row, and give it the next version; False when nothing differs."""
    changed = {column: value for column, value in values.items() if row[column] != value}
    if changed:
        assignments = ", ".join(f"{column} = ${place}" for place, column in enumerate(changed, start=2))
        await db.execute(
            f"UPDATE {table} SET {assignments}, version = version + 1 WHERE id = $1", row["id"], *changed.values()
        )
    return bool(changed)


def given(changes: msgspec.Struct) -> dict[str, Any]:
    """The fields that were given; one that was left out stays as it is."""
    fields = {name: getattr(changes, name) for name in changes.__struct_fields__}
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


async def check_name_is_free(checks: Checks, table: str, name: str, *, but: int = 0) -> None:
    """Note an error when another row than `but` has this name, in whatever case."""
    if "name" not in checks.errors and await db.value(
        f"SELECT EXISTS (SELECT FROM {table} WHERE name_folded = lower($1) AND id <> $2)", name, but
    ):
        checks.error("name", _("This name is taken."))


@asynccontextmanager
async def free_name() -> AsyncIterator[None]:
    """Two who take the same name at the same moment: the second is told so, and nothing of his is written."""
    try:
        async with db.savepoint():
            yield
    except asyncpg.UniqueViolationError as error:
        if "name_folded" not in str(error.constraint_name):
            raise
        raise Invalid({"name": _("This name is taken.")}) from error
