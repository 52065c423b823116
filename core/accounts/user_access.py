"""Who may do something about the users of a client: staff with the permission, or a user of it with the right.

Nobody gives or takes a right that he lacks. What a user may is read again once the client is locked: of two who
act at the same moment the second acts with what the first left him.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access, clients, memberships, rights
from core.accounts.memberships import RightMissing
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import Forbidden, NotFound
from core.i18n import _
from core.permissions import Permission

FEATURE = "users"


class Managed(msgspec.Struct, frozen=True):
    """A client, and the rights in it that whoever acts may give and take."""

    client: Record
    rights: frozenset[str]

    def covers(self, wanted: Iterable[str]) -> bool:
        """Whether these rights are among those."""
        return self.rights >= set(wanted)


async def looked_at(client_id: int, *, by: Actor) -> Managed:
    """The client for whoever may see its users; `NotFound`, or a `Forbidden`, for everybody else."""
    return await _reached(client_id, Permission.USER_READ, Right.USERS_READ, lock=False, by=by)


async def managed(client_id: int, permission: Permission, *, by: Actor, is_open: bool = True) -> Managed:
    """The client, locked, for whoever may do this to its users.

    `permission` is what staff need; users need the right to manage users. `is_open`: not when it is closed.
    """
    found = await _reached(client_id, permission, Right.USERS_MANAGE, lock=True, by=by)
    if is_open:
        clients.require_open(found.client, [FEATURE])
    return found


async def own_membership(*, by: Actor) -> dict[str, Any]:
    """The membership of the user who acts, as it is now; the client is locked first."""
    policies.require_outside(by)
    seat = memberships.require(by)
    await _own_client(seat.id, lock=True)
    return await memberships.member(seat.id, by.person_id or 0, lock=True)


def require_reach(found: Managed, person: Record | dict[str, Any], *, by: Actor) -> None:
    """`Forbidden` when this member is oneself, or has rights that one lacks."""
    if by.kind == "user" and person["person_id"] == by.person_id:
        raise Forbidden(_("Nobody changes his own rights. Ask another user."))
    if not found.covers(person["rights"]):
        raise Forbidden(_("%(name)s may do more than you, so you cannot change this.") % {"name": person["name"]})


async def _reached(client_id: int, permission: Permission, right: Right, *, lock: bool, by: Actor) -> Managed:
    policies.require_feature(by, FEATURE)
    if by.kind != "user":
        policies.require(by, permission)
        return Managed(await access.client(client_id, by=by, lock=lock), rights.ALL)
    if memberships.require(by, right).id != client_id:
        raise NotFound()
    client = await _own_client(client_id, lock=lock)
    if not lock:
        return Managed(client, by.client.rights if by.client else frozenset())
    policies.require_outside(by)
    mine = await memberships.member(client_id, by.person_id or 0)
    if right not in mine["rights"]:
        raise RightMissing(right)
    return Managed(client, mine["rights"])


async def _own_client(client_id: int, *, lock: bool) -> Record:
    found = await db.row(f"SELECT * FROM clients WHERE id = $1{' FOR UPDATE' if lock else ''}", client_id)
    if found is None:
        raise NotFound()
    return found
