"""What users of clients may do with their services by themselves. Nothing until the provider switches it on."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer

from core import db, policies
from core.accounts import decided_once
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
    return await decided_once.in_force("portal_settings", DEFAULTS)


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await in_force()


async def update(changes: PortalChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile."""
    await decided_once.update("portal_settings", changes, version=version, action="portal:updated", by=by)
    return await in_force()
