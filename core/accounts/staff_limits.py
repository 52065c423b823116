"""The projects and groups that a member of staff is limited to. None of a kind is no limit of that kind."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UnsetType

from core import db, policies
from core.accounts import rows
from core.actor import Actor
from core.checks import Checks
from core.i18n import _


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Ids, sorted and each once."""

    projects: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "projects", tuple(sorted(set(self.projects))))
        msgspec.structs.force_setattr(self, "groups", tuple(sorted(set(self.groups))))


NONE = Limits()
TABLES = (("projects", "project", "projects"), ("groups", "group", "account_groups"))
"""Field and feature, the noun in columns, the table."""


def of(row: Mapping[str, Any]) -> Limits:
    """The limits in a row of `staff.READ`."""
    return Limits(projects=tuple(row["project_ids"]), groups=tuple(row["group_ids"]))


def changed(
    row: Mapping[str, Any], projects: Sequence[int] | UnsetType, groups: Sequence[int] | UnsetType
) -> Limits:
    """The limits as they are to be; a kind that was left out stays."""
    before = of(row)
    return Limits(
        projects=before.projects if isinstance(projects, UnsetType) else tuple(projects),
        groups=before.groups if isinstance(groups, UnsetType) else tuple(groups),
    )


def covers(limits: Limits, *, by: Actor) -> bool:
    """Whether `by` sees all that these limits let see."""
    return _within(limits.projects, by.projects) and _within(limits.groups, by.groups)


async def check(checks: Checks, limits: Limits, *, before: Limits, by: Actor) -> None:
    """Note what is wrong; `NotInEdition` for a change of limits that the edition does not have.

    They are kept, and stay in force, while the edition lacks them: a limit that lapses would open what it closed.
    """
    for field, noun, table in TABLES:
        ids, own = getattr(limits, field), getattr(by, field)
        if ids == getattr(before, field):
            if not _within(ids, own):
                checks.error(f"{noun}_ids", _("You are limited yourself: choose from what you see."))
            continue
        policies.require_feature(by, field)
        if not _within(ids, own):
            checks.error(f"{noun}_ids", _("You are limited yourself: choose from what you see."))
        elif not await _all_exist(table, ids):
            checks.error(f"{noun}_ids", _("This is not one of the choices."))


async def save(staff_id: int, limits: Limits) -> None:
    """Write them in place of those before."""
    for field, noun, _table in TABLES:
        ids = list(getattr(limits, field))
        await db.execute(
            f"DELETE FROM staff_{field} WHERE staff_id = $1 AND {noun}_id <> ALL ($2::bigint[])", staff_id, ids
        )
        await db.execute(
            f"""INSERT INTO staff_{field} (staff_id, {noun}_id) SELECT $1, unnest($2::bigint[])
                ON CONFLICT DO NOTHING""",
            staff_id,
            ids,
        )


async def names(limits: Limits) -> dict[str, list[str]]:
    """The names behind the ids, for the audit."""
    found = {}
    for field, _noun, table in TABLES:
        named = await db.fetch(
            f"SELECT name FROM {table} WHERE id = ANY ($1::bigint[]) ORDER BY name_folded",
            list(getattr(limits, field)),
        )
        found[field] = [row["name"] for row in named]
    return found


def _within(ids: Sequence[int], own: frozenset[int] | None) -> bool:
    """Somebody who is limited can neither lift a limit nor reach beyond his own."""
    return own is None or (len(ids) > 0 and own.issuperset(ids))


async def _all_exist(table: str, ids: Sequence[int]) -> bool:
    """Whether all are there; they then stay until the transaction ends."""
    if not all(rows.is_id(number) for number in ids):
        return False
    found = await db.fetch(f"SELECT id FROM {table} WHERE id = ANY ($1::bigint[]) FOR KEY SHARE", list(ids))
    return len(found) == len(ids)
