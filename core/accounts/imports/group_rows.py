"""Rows of account groups: found by their id or name, made and changed by the verbs of the single form."""

from collections.abc import Mapping
from typing import Any

from core import db
from core.accounts import groups
from core.accounts.groups import GroupChanges, NewGroup
from core.accounts.imports.rows import Batch, Row, check_once, sound, unhurried
from core.actor import Actor
from core.errors import Invalid, Refusal


class _Undone(Exception):
    """It was only tried."""


async def work(batch: Batch, by: Actor) -> None:
    """Handle the rows of a batch. Groups are few, so one after the other."""
    names = [(row, "name", row.values.get("name", "").strip()) for row in batch.rows]
    await check_once(batch, names, folded=frozenset({"name"}))
    there = await groups.every(by=by)
    by_id = {str(group["id"]): group for group in there}
    by_name = {group["name"].casefold(): group for group in there}
    async for row in unhurried(list(sound(batch.rows))):
        row.kind, row.name = "group", row.values.get("name", "").strip()
        found = by_id.get(row.values.get("id", "").strip()) or by_name.get(row.name.casefold())
        try:
            async with db.savepoint():
                await _one(row, found, by=by)
                if batch.is_dry:
                    raise _Undone
        except _Undone:
            continue
        except Invalid as refusal:
            row.errors_of(refusal.errors)
        except Refusal as refusal:
            row.error("", refusal.message)


async def _one(row: Row, found: Mapping[str, Any] | None, *, by: Actor) -> None:
    given = {key: row.values[key] for key in ("name", "description") if key in row.values}
    if found is None:
        made = await groups.create(
            NewGroup(name=given.get("name", ""), description=given.get("description", "")), by=by
        )
        row.what, row.id = "added", made["id"]
        return
    row.id = found["id"]
    changed = {key: value for key, value in given.items() if value != found[key]}
    if changed:
        saved = await groups.update(found["id"], GroupChanges(**changed), version=found["version"], by=by)
        row.what = "changed" if saved["version"] != found["version"] else "unchanged"
