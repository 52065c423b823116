"""What a provider decides about fraud checks: what a plugin that does not answer counts as, and who is checked."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer, Text

from core import db, policies
from core.accounts import decided_once
from core.actor import Actor
from core.permissions import Permission


class FraudSettings(db.Owned, tablename="fraud_settings"):
    """One row a provider, once it has decided anything."""

    on_failure = Text()
    checks_staff = Boolean()
    version = Integer()


class FraudChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays.

    `on_failure` is what a plugin that fails counts as. `checks_staff`: also what staff register and order.
    """

    on_failure: Literal["pass", "review"] | UnsetType = UNSET
    checks_staff: bool | UnsetType = UNSET


DEFAULTS: Mapping[str, Any] = {"on_failure": "review", "checks_staff": True, "version": 1}


async def in_force() -> Mapping[str, Any]:
    """What holds for this provider: on_failure, checks_staff, version. For whoever checks."""
    return await decided_once.in_force("fraud_settings", DEFAULTS)


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await in_force()


async def update(changes: FraudChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile."""
    await decided_once.update("fraud_settings", changes, version=version, action="fraud:updated", by=by)
    return await in_force()
