"""What users of clients may do with their services by themselves. Nothing until the provider switches it on."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer

from core import audit, db, policies
from core.accounts import rows
from core.actor import Actor
from core.permissions import Permission


class PortalSettings(db.Owned, tablename="portal_settings"):
    """One row a provider, once it has decided anything."""

    may_renew = Boolean()
    may_change = Boolean()
    may_cancel = Boolean()
    version = Integer()


class PortalChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    may_renew: bool | UnsetType = UNSET
    may_change: bool | UnsetType = UNSET
    may_cancel: bool | UnsetType = UNSET


DEFAULTS: Mapping[str, Any] = {"may_renew": False, "may_change": False, "may_cancel": False, "version": 1}


async def in_force() -> Mapping[str, Any]:
    """What holds for this provider: may_renew, may_change, may_cancel, version. Everybody may know it."""
    return await db.row("SELECT * FROM portal_settings") or DEFAULTS


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await in_force()


async def update(changes: PortalChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    await db.execute("INSERT INTO portal_settings DEFAULT VALUES ON CONFLICT DO NOTHING")
    row = await rows.locked("portal_settings", 1, version=version)
    values = rows.given(changes)
    if await rows.save("portal_settings", row, values):
        old = {field: row[field] for field in values}
        await audit.record(
            "portal:updated", "provider", by.tenant.id, by=by, name=by.tenant.name, old=old, new=values
        )
    return await in_force()
