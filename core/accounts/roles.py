"""Roles: the built-in ones and those a provider makes. Nobody puts into a role, or gives, a right that he lacks.

A role is named by one text everywhere: a built-in one by its name, one of the provider's own by its id.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Array, Integer, Text, Timestamptz

from core import audit, clock, db, freshness, policies
from core.accounts import rows
from core.actor import Actor, Tenant
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import N_, _, ngettext
from core.permissions import FEATURES, Permission, feature_of, parts_of

BUILT_IN = {
    "owner": (N_("Owner"), N_("May do everything, and decides who else may do what.")),
    "manager": (N_("Manager"), N_("Keeps the clients and all about them; decides nothing about staff.")),
    "support": (N_("Support"), N_("Registers and edits clients, and answers them.")),
    "accountant": (N_("Accountant"), N_("Sees clients and what was done; looks after the money.")),
    "auditor": (N_("Auditor"), N_("Sees everything and changes nothing.")),
    "operator": (N_("Operator"), N_("Runs the platform.")),
    "reseller": (N_("Reseller"), N_("Looks after the providers of a reseller.")),
}
"""Name and description of the roles that the editions know."""

PLATFORM_NOUNS = frozenset({"platform", "provider", "reseller"})
ASSIGNABLE = tuple(p.value for p in Permission if parts_of(p)[0] not in PLATFORM_NOUNS)
"""The permissions a provider's own role can hold."""


class Role(db.Owned, tablename="roles"):
    """A role that the provider made."""

    name = Text()
    permissions = Array(base_column=Text())
    created_at = Timestamptz()
    version = Integer()


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to be made."""

    name: str
    permissions: tuple[str, ...] = ()


class RoleChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    permissions: tuple[str, ...] | UnsetType = UNSET


async def every(*, by: Actor) -> list[dict[str, Any]]:
    """All roles, the built-in ones first; `key` names one, `members` counts those who have it."""
    _require_reader(by)
    counts = await db.fetch("SELECT role, role_id, count(*) FROM staff WHERE state = 'active' GROUP BY 1, 2")
    members = {row["role"] or str(row["role_id"]): row["count"] for row in counts}
    own = await db.fetch("SELECT id, name, permissions, version FROM roles ORDER BY name_folded, id")
    listed = [_built_in(name, by.tenant) for name in policies.roles(by.tenant)] + [_own(row) for row in own]
    return [role | {"members": members.get(role["key"], 0)} for role in listed]


async def get(role_id: int, *, by: Actor) -> dict[str, Any]:
    """One of the provider's own roles, with `members` of whatever state."""
    _require_reader(by)
    return await _read(role_id)


async def find(key: str) -> Record | None:
    """The role of the provider's own behind a key, if there is one; it then stays until the transaction ends."""
    if not key.isascii() or not key.isdecimal() or len(key) > 19 or not rows.is_id(int(key)):
        return None
    return await db.row("SELECT id, name, permissions FROM roles WHERE id = $1 FOR KEY SHARE", int(key))


async def why_it_stays(role_id: int, *, by: Actor) -> str:
    """Why a role cannot be deleted now, "" when it can."""
    policies.require(by, Permission.ROLE_MANAGE)
    return await _why_it_stays(role_id) if rows.is_id(role_id) else ""


async def create(new: NewRole, *, by: Actor) -> dict[str, Any]:
    """Make a role out of permissions that the maker has himself."""
    policies.require(by, Permission.ROLE_MANAGE)
    values = await _checked(msgspec.to_builtins(new), before=(), by=by)
    async with rows.free_name():
        role_id = await db.value(
            "INSERT INTO roles (name, permissions, created_at) VALUES ($1, $2, $3) RETURNING id",
            values["name"],
            values["permissions"],
            clock.now(),
        )
    await audit.record("role:created", "role", role_id, by=by, name=values["name"], new=values)
    return await _read(role_id)


async def update(role_id: int, changes: RoleChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change a role; those who have it feel it at their next request.

    What the edition lacks at the moment stays in the role unseen, and counts again when the edition has it.
    """
    policies.require(by, Permission.ROLE_MANAGE)
    row = await rows.locked("roles", role_id, version=version)
    _require_cover(row["permissions"], by=by)
    values = await _checked(rows.given(changes), before=row["permissions"], by=by, but=role_id)
    async with rows.free_name():
        is_changed = await rows.save("roles", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("role:updated", "role", role_id, by=by, name=name, old=old, new=values)
        await freshness.forget_tenant(by.tenant.id)
    return await _read(role_id)


async def delete(role_id: int, *, by: Actor) -> None:
    """Remove a role; `Conflict` while anybody has it, even somebody who was removed and may come back."""
    policies.require(by, Permission.ROLE_MANAGE)
    row = await rows.locked("roles", role_id)
    _require_cover(row["permissions"], by=by)
    if reason := await _why_it_stays(role_id):
        raise Conflict(reason)
    await db.execute("DELETE FROM roles WHERE id = $1", role_id)
    await db.execute(
        "UPDATE providers SET mfa_roles = array_remove(mfa_roles, $1) WHERE id = $2", str(role_id), by.tenant.id
    )
    old = {"name": row["name"], "permissions": row["permissions"]}
    await audit.record("role:deleted", "role", role_id, by=by, name=row["name"], old=old)
    await freshness.forget_tenant(by.tenant.id)


async def giveable(*, by: Actor) -> dict[str, str]:
    """The roles that `by` may give to others, for a choice: key to name."""
    own = await db.fetch("SELECT id, name, permissions FROM roles ORDER BY name_folded, id")
    names = {name: title(name) for name in policies.roles(by.tenant) if name != "reseller"}
    names |= {str(row["id"]): row["name"] for row in own}
    held = {str(row["id"]): row["permissions"] for row in own}
    return {key: name for key, name in names.items() if covers(key, held.get(key), by=by)}


def title(name: str) -> str:
    """The name of a built-in role in the reader's language."""
    return _(BUILT_IN[name][0]) if name in BUILT_IN else name


def choices(*, by: Actor) -> list[str]:
    """The permissions that `by` may put into a role, in their order."""
    may = policies.permissions_of(by)
    return [name for name in ASSIGNABLE if name in may]


def covers(role: str, permissions: Iterable[str] | None, *, by: Actor) -> bool:
    """Whether `by` has every right of a role himself, counted as if the edition had all features.

    `permissions` are those of a role the provider made, None for a built-in one.
    """
    tenant = _with_all_features(by.tenant)
    given = None if permissions is None else frozenset(permissions)
    kind = by.tenant.is_platform and role in policies.PLATFORM_ROLES
    other = Actor(kind=role if kind else "staff", tenant=tenant, name="", role=role, permissions=given)  # type: ignore[arg-type]
    mine = msgspec.structs.replace(by, tenant=tenant)
    return policies.permissions_of(other) <= policies.permissions_of(mine)


async def _why_it_stays(role_id: int) -> str:
    members = await db.value("SELECT count(*) FROM staff WHERE role_id = $1", role_id)
    if not members:
        return ""
    message = ngettext(
        "%(count)s member of staff has this role. Choose another role there first.",
        "%(count)s members of staff have this role. Choose another role there first.",
        members,
    )
    return message % {"count": members}


async def _read(role_id: int) -> dict[str, Any]:
    found = await db.row(
        """SELECT id, name, permissions, version, (SELECT count(*) FROM staff s WHERE s.role_id = r.id) AS members
           FROM roles r WHERE id = $1""",
        role_id if rows.is_id(role_id) else 0,
    )
    if found is None:
        raise NotFound()
    return _own(found) | {"members": found["members"]}


def _require_reader(by: Actor) -> None:
    if not policies.allows(by, Permission.STAFF_READ):
        policies.require(by, Permission.ROLE_MANAGE)


def _require_cover(permissions: Iterable[str], *, by: Actor) -> None:
    if not covers("", permissions, by=by):
        raise Forbidden(_("This role may do more than you, so you cannot change it."))


def _with_all_features(tenant: Tenant) -> Tenant:
    return msgspec.structs.replace(tenant, granted=frozenset(FEATURES), refused=frozenset())


def _built_in(name: str, tenant: Tenant) -> dict[str, Any]:
    kind = name if tenant.is_platform else "staff"
    holder = Actor(kind=kind, tenant=tenant, name="", role=name)  # type: ignore[arg-type]
    return {
        "key": name,
        "id": None,
        "name": title(name),
        "description": _(BUILT_IN[name][1]),
        "permissions": sorted(policies.permissions_of(holder)),
        "is_built_in": True,
        "version": 0,
    }


def _own(row: Record) -> dict[str, Any]:
    return {
        "key": str(row["id"]),
        "id": row["id"],
        "name": row["name"],
        "description": "",
        "permissions": list(row["permissions"]),
        "is_built_in": False,
        "version": row["version"],
    }


async def _checked(values: dict[str, Any], *, before: Iterable[str], by: Actor, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=60)
        taken = {name.casefold() for key in BUILT_IN for name in (key, BUILT_IN[key][0], title(key))}
        if values["name"].casefold() in taken:
            checks.error("name", _("This name is taken."))
        await rows.check_name_is_free(checks, "roles", values["name"], but=but)
    if "permissions" in values:
        values["permissions"] = _checked_permissions(checks, set(values["permissions"]), set(before), by=by)
    checks.done()
    return values


def _checked_permissions(checks: Checks, wanted: set[str], before: set[str], *, by: Actor) -> list[str]:
    may = policies.permissions_of(by)
    if not wanted <= set(ASSIGNABLE):
        checks.error("permissions", _("This is not one of the choices."))
    elif not wanted - before <= may:
        checks.error("permissions", _("You can only give what you may do yourself."))
    elif not wanted:
        checks.error("permissions", _("Choose at least one."))
    unseen = {name for name in before if _is_out_of_edition(name, by.tenant)}
    return sorted((wanted | unseen) & set(ASSIGNABLE))


def _is_out_of_edition(permission: str, tenant: Tenant) -> bool:
    """A right that was put in under a higher edition; an unknown one came with a later version and goes."""
    if permission not in ASSIGNABLE:
        return False
    feature = feature_of(permission)
    return feature is not None and not policies.has_feature(tenant, feature)
