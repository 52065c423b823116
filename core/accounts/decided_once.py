"""Settings of which a provider has one row, with id 1, once it has decided anything; until then defaults hold."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import audit, db, policies
from core.accounts import rows
from core.actor import Actor
from core.permissions import Permission


async def in_force(table: str, defaults: Mapping[str, Any]) -> Mapping[str, Any]:
    """What holds for this provider. Needs no permission."""
    return await db.row(f"SELECT * FROM {table}") or defaults


async def update(table: str, changes: msgspec.Struct, *, version: int, action: str, by: Actor) -> None:
    """Change what is given of `changes`; `EditConflict` when somebody else changed it since `version`."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    await db.execute(f"INSERT INTO {table} DEFAULT VALUES ON CONFLICT DO NOTHING")
    row = await rows.locked(table, 1, version=version)
    values = rows.given(changes)
    if await rows.save(table, row, values):
        old = {field: row[field] for field in values}
        await audit.record(action, "provider", by.tenant.id, by=by, name=by.tenant.name, old=old, new=values)
