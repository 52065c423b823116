"""What a provider decides about itself: its name and looks, where it is, and who needs a second factor.

Its code, state, edition and reseller are the platform's to decide; a trigger of the database keeps it so.
"""

from typing import Any
from zoneinfo import available_timezones

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType

from core import audit, db, freshness, i18n, policies
from core.accounts import roles, rows
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import Permission

COLORS = ("blue", "azure", "indigo", "purple", "pink", "red", "orange", "yellow", "lime", "green", "teal", "cyan")
"""The brand colours of the stylesheet."""

_PLACES = {name for name in available_timezones() if "/" in name and not name.startswith("Etc/")}
TIMEZONES = ("UTC", *sorted(_PLACES))
"""IANA names of places; not the old names of countries and offsets."""


class SettingsChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. `mfa_roles` are built-in roles and the ids of own ones."""

    name: str | UnsetType = UNSET
    color: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    mfa_roles: tuple[str, ...] | UnsetType = UNSET


async def get(*, by: Actor) -> Record:
    """The provider's own row: what it may change, and its code, edition and state."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    found = await db.row(
        """SELECT id, code, name, color, locale, timezone, country, mfa_roles, edition, state, version
           FROM providers WHERE id = $1""",
        by.tenant.id,
    )
    assert found is not None
    return found


async def roles_to_choose(*, by: Actor) -> dict[str, str]:
    """The roles that can be made to need a second factor: key to name, the built-in ones first."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    own = await db.fetch("SELECT id, name FROM roles ORDER BY name_folded, id")
    names = {name: roles.title(name) for name in policies.roles(by.tenant)}
    return names | {str(row["id"]): row["name"] for row in own}


async def update(changes: SettingsChanges, *, version: int, by: Actor) -> Record:
    """Change them; every process sees it at the next request. `EditConflict` when somebody else did meanwhile."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    row = await rows.locked("providers", by.tenant.id, version=version)
    values = await _checked(rows.given(changes), before=row)
    if await rows.save("providers", row, values):
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("provider:updated", "provider", row["id"], by=by, name=name, old=old, new=values)
        await freshness.forget_tenant(by.tenant.id)
    return await get(by=by)


async def _checked(values: dict[str, Any], *, before: Record) -> dict[str, Any]:
    checks = Checks()
    choices = {"color": COLORS, "locale": i18n.LOCALES, "timezone": (*TIMEZONES, before["timezone"])}
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=100)
    for field in choices.keys() & values.keys():
        checks.choice(field, values[field], choices[field])
    if "country" in values:
        values["country"] = checks.country("country", values["country"])
    if "mfa_roles" in values:
        values["mfa_roles"] = await _checked_roles(checks, set(values["mfa_roles"]))
    checks.done()
    return values


async def _checked_roles(checks: Checks, wanted: set[str]) -> list[str]:
    own = {str(row["id"]) for row in await db.fetch("SELECT id FROM roles")}
    if not wanted <= own | set(policies.PROVIDER_ROLES):
        checks.error("mfa_roles", _("This is not one of the choices."))
    return sorted(wanted)
