"""Where a product is sold, and to whom: in all projects or in chosen ones, to all clients or to account groups.

Choosing projects and groups belongs to the editions that have them. In one that does not, what was chosen before
is kept and has no effect.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from piccolo.columns import BigInt

from core import db, policies
from core.accounts import rows
from core.actor import Actor
from core.checks import Checks
from core.i18n import N_, _


class ProductProject(db.Owned, tablename="product_projects"):
    """That a product is sold in a project."""

    product_id = BigInt()
    project_id = BigInt()


class ProductGroup(db.Owned, tablename="product_groups"):
    """That a product is sold to an account group."""

    product_id = BigInt()
    group_id = BigInt()


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """The projects and account groups by their ids; None is all of them, which is more than those of today."""

    project_ids: tuple[int, ...] | None = None
    group_ids: tuple[int, ...] | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What changed, in words for the audit. False when nothing did."""

    old: dict[str, Any] = {}
    new: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self.old or self.new)


class _Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: its field here and in the audit, its table, that of the names, the flag, the feature."""

    field: str
    label: str
    table: str
    column: str
    names: str
    flag: str
    feature: str
    every: str
    ask: str


_SIDES = (
    _Side(
        field="project_ids",
        label="projects",
        table="product_projects",
        column="project_id",
        names="projects",
        flag="is_for_all_projects",
        feature="projects",
        every=N_("All projects"),
        ask=N_("Choose one project or more, or all of them."),
    ),
    _Side(
        field="group_ids",
        label="groups",
        table="product_groups",
        column="group_id",
        names="account_groups",
        flag="is_for_all_groups",
        feature="groups",
        every=N_("All clients"),
        ask=N_("Choose one account group or more, or all clients."),
    ),
)


async def of(product: Mapping[str, Any]) -> Audience:
    """The audience of a row of `products`."""
    found: dict[str, tuple[int, ...]] = {}
    for side in _SIDES:
        if not product[side.flag]:
            listed = await db.fetch(
                f"SELECT {side.column} AS id FROM {side.table} WHERE product_id = $1 ORDER BY 1", product["id"]
            )
            found[side.field] = tuple(row["id"] for row in listed)
    return Audience(**found)


async def names_of(product: Mapping[str, Any], *, by: Actor) -> dict[str, list[str] | None]:
    """The names of its `projects` and `groups` that `by` may see, None for all of them."""
    audience = await of(product)
    found: dict[str, list[str] | None] = {}
    for side, limit in zip(_SIDES, (by.projects, by.groups), strict=True):
        ids = getattr(audience, side.field)
        seen = None if ids is None else [row_id for row_id in ids if limit is None or row_id in limit]
        found[side.label] = None if seen is None else await _names(side, seen)
    return found


async def check(checks: Checks, audience: Audience, *, before: Audience | None, by: Actor) -> None:
    """Note what is wrong with an audience; `NotInEdition` for a change that the edition does not have."""
    for side in _SIDES:
        ids = getattr(audience, side.field)
        if ids == (None if before is None else getattr(before, side.field)):
            continue
        policies.require_feature(by, side.feature)
        if ids is not None and not ids:
            checks.error(side.field, _(side.ask))
        elif ids is not None and not await _are_there(side, ids):
            checks.error(side.field, _("This is not one of the choices."))


async def choose(product_id: int, audience: Audience, *, by: Actor) -> Told:
    """Write an audience that was checked; tells what is different from before."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    row = await db.row("SELECT * FROM products WHERE id = $1", product_id)
    assert row is not None
    before = await of(row)
    for side in _SIDES:
        ids, was = getattr(audience, side.field), getattr(before, side.field)
        if (ids is None) == (was is None) and set(ids or ()) == set(was or ()):
            continue
        await _write(side, product_id, ids)
        old[side.label] = _(side.every) if was is None else await _names(side, was)
        new[side.label] = _(side.every) if ids is None else await _names(side, ids)
    return Told(old=old, new=new)


async def _write(side: _Side, product_id: int, ids: tuple[int, ...] | None) -> None:
    await db.execute(f"UPDATE products SET {side.flag} = $2 WHERE id = $1", product_id, ids is None)
    await db.execute(f"DELETE FROM {side.table} WHERE product_id = $1", product_id)
    await db.execute(
        f"""INSERT INTO {side.table} (product_id, {side.column})
            SELECT $1, id FROM (SELECT DISTINCT unnest($2::bigint[]) AS id) chosen""",
        product_id,
        list(ids or ()),
    )


async def _are_there(side: _Side, ids: tuple[int, ...]) -> bool:
    """Whether there are all of them; they then stay until the transaction ends."""
    wanted = {row_id for row_id in ids if rows.is_id(row_id)}
    found = await db.fetch(f"SELECT id FROM {side.names} WHERE id = ANY($1::bigint[]) FOR KEY SHARE", list(wanted))
    return len(found) == len(set(ids))


async def _names(side: _Side, ids: tuple[int, ...] | list[int]) -> list[str]:
    wanted = [row_id for row_id in ids if rows.is_id(row_id)]
    found = await db.fetch(
        f"SELECT name FROM {side.names} WHERE id = ANY($1::bigint[]) ORDER BY name_folded, id", wanted
    )
    return [row["name"] for row in found]
