"""What is done to the members of a client: other roles, removing one, leaving, and handing the client over.

Whoever goes loses all of it in the same transaction: the membership, his sessions, and the invitations he sent.
"""

from collections.abc import Sequence
from typing import Any

from core import audit, db, freshness, policies
from core.accounts import (
    access,
    client_roles,
    clients,
    invitations,
    memberships,
    owners,
    sessions,
    signin,
    user_access,
)
from core.accounts.rights import GIVEABLE, OWNER
from core.accounts.sessions import SignedIn
from core.accounts.user_access import FEATURE
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, EditConflict, Forbidden, Invalid
from core.i18n import _
from core.permissions import Permission

AFTER_OWNING = GIVEABLE
"""The roles of who has handed his client over."""


async def change(
    client_id: int, person_id: int, keys: Sequence[str], *, version: int, by: Actor
) -> dict[str, Any]:
    """Give a member these roles in place of those he has; returns him. `EditConflict` on a stale version."""
    found = await user_access.managed(client_id, Permission.USER_UPDATE, by=by)
    before = await memberships.member(client_id, person_id, lock=True)
    _require_no_owner(before, _("The owner may everything. Hand the client over to change that."))
    user_access.require_reach(found, before, by=by)
    if before["version"] != version:
        raise EditConflict(before | {"roles": before["role_keys"]})
    checks = Checks()
    given = await client_roles.chosen(checks, keys, found)
    checks.done()
    if set(before["role_keys"]) == set(keys):
        return before
    await _give(client_id, person_id, given.roles, given.role_ids)
    old, new = {"roles": _told(before)}, {"roles": given.names}
    await audit.record("membership:updated", "membership", person_id, by=by, name=before["name"],
                       client_id=client_id, old=old, new=new)  # fmt: skip
    await freshness.forget_tenant(by.tenant.id)
    return await memberships.member(client_id, person_id)


async def remove(client_id: int, person_id: int, *, by: Actor) -> None:
    """Take a member out of the client: all of his sessions end, and what he could invite to."""
    found = await user_access.managed(client_id, Permission.USER_REMOVE, by=by, is_open=False)
    member = await memberships.member(client_id, person_id, lock=True)
    _require_no_owner(member, _("The owner cannot be removed. Hand the client over first."))
    user_access.require_reach(found, member, by=by)
    await _take_out("membership:removed", member, by=by)


async def leave(*, by: Actor) -> None:
    """Go out of the client that one acts for; the owner cannot."""
    member = await user_access.own_membership(by=by)
    _require_no_owner(member, _("The owner cannot leave. Hand the client over first."))
    await _take_out("membership:left", member, by=by)


async def transfer(client_id: int, person_id: int, *, by: Actor, signed_in: SignedIn | None = None) -> None:
    """Make another member the owner; who was it keeps the built-in roles.

    By staff with the permission, or by the owner himself when he has shown lately who he is: `signed_in` says so,
    else `Invalid` under "code".
    """
    await _require_owning(client_id, by=by, signed_in=signed_in)
    member = await memberships.member(client_id, person_id, lock=True)
    _require_no_owner(member, _("%(name)s is the owner already.") % {"name": member["name"]})
    has_passkey = await db.value("SELECT EXISTS (SELECT FROM passkeys WHERE person_id = $1)", person_id)
    if member["is_disabled"] or not (member["has_password"] or has_passkey):
        raise Conflict(_("%(name)s cannot sign in, and so cannot own the client.") % {"name": member["name"]})
    old_id = await db.value("SELECT person_id FROM memberships WHERE client_id = $1 AND is_owner", client_id)
    if old_id is not None:
        await _give(client_id, old_id, list(AFTER_OWNING), [])
        await invitations.withdraw_all_of(client_id, old_id)
    await _give(client_id, person_id, [OWNER], [])
    old = await db.value("SELECT name FROM people WHERE id = $1", old_id)
    await audit.record("membership:transferred", "membership", person_id, by=by, name=member["name"],
                       client_id=client_id, old={"owner": old}, new={"owner": member["name"]})  # fmt: skip
    await freshness.forget_tenant(by.tenant.id)


async def _require_owning(client_id: int, *, by: Actor, signed_in: SignedIn | None) -> None:
    """The client, locked, is `by`'s to hand over."""
    policies.require_feature(by, FEATURE)
    if by.kind != "user":
        policies.require(by, Permission.USER_TRANSFER)
        clients.require_open(await access.client(client_id, by=by, lock=True), [FEATURE])
        return
    mine = await user_access.own_membership(by=by)
    if mine["client_id"] != client_id or not mine["is_owner"]:
        raise Forbidden(_("Only the owner can hand the client over."))
    if signed_in is None or signin.needs_proof(signed_in):
        raise Invalid({"code": _("Please show again who you are.")})


def _require_no_owner(member: dict[str, Any], refusal: str) -> None:
    if member["is_owner"]:
        raise Conflict(refusal)


async def _give(client_id: int, person_id: int, roles: list[str], role_ids: list[int]) -> None:
    await db.execute(
        "UPDATE memberships SET roles = $3, version = version + 1 WHERE client_id = $1 AND person_id = $2",
        client_id,
        person_id,
        roles,
    )
    await db.execute(
        "DELETE FROM membership_roles WHERE client_id = $1 AND person_id = $2 AND NOT role_id = ANY($3)",
        client_id,
        person_id,
        role_ids,
    )
    await db.execute(
        """INSERT INTO membership_roles (client_id, person_id, role_id) SELECT $1, $2, unnest($3::bigint[])
           ON CONFLICT DO NOTHING""",
        client_id,
        person_id,
        role_ids,
    )


async def _take_out(action: str, member: dict[str, Any], *, by: Actor) -> None:
    client_id, person_id = member["client_id"], member["person_id"]
    await db.execute("DELETE FROM memberships WHERE client_id = $1 AND person_id = $2", client_id, person_id)
    await invitations.withdraw_all_of(client_id, person_id)
    old = {"email": member["email"], "roles": _told(member)}
    await audit.record(action, "membership", person_id, by=by, name=member["name"], client_id=client_id, old=old)
    await sessions.end_all_of(person_id, by=by)
    await owners.forget_stranded([person_id])
    await freshness.forget_tenant(by.tenant.id)


def _told(member: dict[str, Any]) -> list[str]:
    return [*member["roles"], *member["role_names"]]
