"""Whether and how clients of a provider may sign up by themselves. Off until the provider opens it."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer, Text

from core import db, policies
from core.accounts import decided_once
from core.actor import Actor
from core.permissions import Permission

Asked = Literal["hidden", "optional", "required"]


class SignUpSettings(db.Owned, tablename="sign_up_settings"):
    """One row a provider, once it has decided anything. What is not `hidden` is asked in the form."""

    is_open = Boolean()
    company = Text()
    phone = Text()
    country = Text()
    version = Integer()


class SignUpChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. Without `country` the client is put where the provider is."""

    is_open: bool | UnsetType = UNSET
    company: Asked | UnsetType = UNSET
    phone: Asked | UnsetType = UNSET
    country: Literal["hidden", "required"] | UnsetType = UNSET


DEFAULTS: Mapping[str, Any] = {
    "is_open": False,
    "company": "optional",
    "phone": "optional",
    "country": "required",
    "version": 1,
}


async def in_force() -> Mapping[str, Any]:
    """What holds for this provider: is_open, company, phone, country, version. Everybody may know it."""
    return await decided_once.in_force("sign_up_settings", DEFAULTS)


async def get(*, by: Actor) -> Mapping[str, Any]:
    """The same, for whoever decides about it."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    return await in_force()


async def update(changes: SignUpChanges, *, version: int, by: Actor) -> Mapping[str, Any]:
    """Change them. `EditConflict` when somebody else did meanwhile."""
    await decided_once.update("sign_up_settings", changes, version=version, action="sign_up:updated", by=by)
    return await in_force()
