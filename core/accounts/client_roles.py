"""Roles that a client makes for its users, beside the built-in ones; and which roles somebody may give.

A role is named by one text everywhere: a built-in one by its name, one of the client's own by its id.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Array, BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, freshness
from core.accounts import rights, rows, user_access
from core.accounts.rights import BUILT_IN, GIVEABLE, ROLE_NAMES
from core.accounts.user_access import Managed
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, EditConflict, Forbidden, NotFound
from core.i18n import _, ngettext
from core.permissions import Permission

MOST = 50
"""Roles of one client."""

READ = """SELECT o.*, (SELECT count(*) FROM membership_roles l
        WHERE l.client_id = o.client_id AND l.role_id = o.id) AS members
    FROM client_roles o WHERE o.client_id = $1"""


class ClientRole(db.Owned, tablename="client_roles"):
    """A role that a client made."""

    client_id = BigInt()
    name = Text()
    rights = Array(base_column=Text())
    created_at = Timestamptz()
    version = Integer()


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to be made. `rights` as `core/accounts/rights.py` names them."""

    name: str
    rights: tuple[str, ...] = ()


class RoleChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    rights: tuple[str, ...] | UnsetType = UNSET


class Given(msgspec.Struct, frozen=True):
    """Roles that were chosen for somebody: `names` is how they are told of, `rights` what they bring."""

    roles: list[str]
    role_ids: list[int]
    names: list[str]
    rights: frozenset[str]


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The client's own roles by name, with the number of their `members`."""
    await user_access.looked_at(client_id, by=by)
    return await db.fetch(f"{READ} ORDER BY o.name_folded, o.id", client_id)


async def get(client_id: int, role_id: int, *, by: Actor) -> Record:
    """One of them."""
    await user_access.looked_at(client_id, by=by)
    return await _find(client_id, role_id)


async def choices(client_id: int, *, by: Actor) -> list[tuple[str, str, frozenset[str]]]:
    """The roles that `by` may give in this client: key, name and rights; the built-in ones first."""
    found = await user_access.looked_at(client_id, by=by)
    own = await db.fetch("SELECT * FROM client_roles WHERE client_id = $1 ORDER BY name_folded, id", client_id)
    listed = [(key, _(ROLE_NAMES[key]), rights.of([key])) for key in GIVEABLE]
    listed += [(str(row["id"]), row["name"], rights.of((), row["rights"])) for row in own]
    return [choice for choice in listed if found.covers(choice[2])]


async def chosen(checks: Checks, keys: Sequence[str], found: Managed) -> Given:
    """These roles, as they are kept; errors under "roles" when one cannot be given, or none was chosen."""
    built_in = [key for key in GIVEABLE if key in keys]
    ids = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 19]
    own = await db.fetch(
        "SELECT * FROM client_roles WHERE client_id = $1 AND id = ANY($2) ORDER BY name_folded, id",
        found.client["id"],
        ids,
    )
    if not keys:
        checks.error("roles", _("Please choose at least one."))
    if len(built_in) + len(own) < len(set(keys)):
        checks.error("roles", _("This is not one of the choices."))
    brought = rights.of(built_in, [right for row in own for right in row["rights"]])
    if not found.covers(brought):
        checks.error("roles", _("This role may do more than you, so you cannot give it."))
    names = [*built_in, *(row["name"] for row in own)]
    return Given(roles=built_in, role_ids=[row["id"] for row in own], names=names, rights=brought)


async def create(client_id: int, new: NewRole, *, by: Actor) -> Record:
    """Make a role; returns its row. Raises `Invalid` with errors under "name" and "rights"."""
    found = await user_access.managed(client_id, Permission.USER_UPDATE, by=by)
    if await db.value("SELECT count(*) FROM client_roles WHERE client_id = $1", client_id) >= MOST:
        raise Conflict(_("A client has room for %(count)s roles.") % {"count": MOST})
    values = await _checked(found, new.name, new.rights)
    async with rows.free_name():
        role_id = await db.value(
            "INSERT INTO client_roles (client_id, name, rights, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            client_id,
            values["name"],
            values["rights"],
            clock.now(),
        )
    await audit.record("client_role:created", "client_role", role_id, by=by, name=values["name"],
                       client_id=client_id, new=values)  # fmt: skip
    return await _find(client_id, role_id)


async def update(client_id: int, role_id: int, changes: RoleChanges, *, version: int, by: Actor) -> Record:
    """Change a role, for all who have it at once; `EditConflict` when somebody else did meanwhile."""
    found = await user_access.managed(client_id, Permission.USER_UPDATE, by=by)
    row = await _find(client_id, role_id)
    if row["version"] != version:
        raise EditConflict(dict(row))
    _require_reach(found, row)
    kept = {"name": row["name"], "rights": row["rights"]} | rows.given(changes)
    values = await _checked(found, kept["name"], kept["rights"], but=role_id)
    async with rows.free_name():
        is_changed = await rows.save("client_roles", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        await audit.record("client_role:updated", "client_role", role_id, by=by, name=values["name"],
                           client_id=client_id, old=old, new=values)  # fmt: skip
        await freshness.forget_tenant(by.tenant.id)
    return await _find(client_id, role_id)


async def why_it_stays(client_id: int, role_id: int, *, by: Actor) -> str:
    """Why a role cannot be deleted now, "" when it can."""
    return await _why_it_stays(await get(client_id, role_id, by=by))


async def delete(client_id: int, role_id: int, *, by: Actor) -> None:
    """Remove a role; `Conflict`, with the reason, while somebody has it or is invited into it."""
    found = await user_access.managed(client_id, Permission.USER_UPDATE, by=by)
    row = await _find(client_id, role_id)
    _require_reach(found, row)
    if reason := await _why_it_stays(row):
        raise Conflict(reason)
    await db.execute("DELETE FROM client_roles WHERE id = $1", role_id)
    old = {"name": row["name"], "rights": row["rights"]}
    await audit.record(
        "client_role:deleted", "client_role", role_id, by=by, name=row["name"], client_id=client_id, old=old
    )


def names(roles: Sequence[str], own: Sequence[str]) -> list[str]:
    """Roles as people read them: the built-in ones in the reader's language, then the client's own."""
    return [*(_(ROLE_NAMES[role]) for role in BUILT_IN if role in roles), *own]


async def _find(client_id: int, role_id: int) -> Record:
    found = await db.row(f"{READ} AND o.id = $2", client_id, role_id) if rows.is_id(role_id) else None
    if found is None:
        raise NotFound()
    return found


async def _why_it_stays(row: Record) -> str:
    if row["members"]:
        text = ngettext("%(count)s user has this role.", "%(count)s users have this role.", row["members"])
        return text % {"count": row["members"]}
    if await db.value(
        "SELECT EXISTS (SELECT FROM invitations WHERE client_id = $1 AND $2 = ANY(role_ids))",
        row["client_id"],
        row["id"],
    ):
        return _("Somebody is invited into this role.")
    return ""


async def _checked(found: Managed, name: str, wanted: Sequence[str], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    name = checks.text("name", name, longest=60)
    if set(wanted) - rights.ALL:
        checks.error("rights", _("This is not one of the choices."))
    elif not wanted:
        checks.error("rights", _("Please choose at least one."))
    elif not found.covers(wanted):
        checks.error("rights", _("Nobody gives rights that he lacks."))
    taken = (
        "SELECT EXISTS (SELECT FROM client_roles WHERE client_id = $1 AND name_folded = lower($2) AND id <> $3)"
    )
    is_free = "name" in checks.errors or not await db.value(taken, found.client["id"], name, but)
    if not is_free or name.casefold() in {_(text).casefold() for text in ROLE_NAMES.values()}:
        checks.error("name", _("This name is taken."))
    checks.done()
    return {"name": name, "rights": sorted(set(wanted))}


def _require_reach(found: Managed, row: Record) -> None:
    if not found.covers(rights.of((), row["rights"])):
        raise Forbidden(_("This role may do more than you, so you cannot change it."))
