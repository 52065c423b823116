"""Who is in which client, with what rights: what everybody who shows or guards a client's portal asks.

A person may be in several clients, a client has several users. Which client a user acts for is kept in his session
(`sessions.client_id`), looked up with the membership at every request, and stands on the actor:

    by.client            the seat (`actor.ClientSeat`: id, code, name, roles, rights, is_owner, is_closed), or None
    require(by, Right.PROFILE_UPDATE)     the seat when it has this right; else `RightMissing`, a 403
    may(by, Right.PROFILE_UPDATE)         the same as a question, for menus, buttons and columns
    as_user(by)          the actor as the portal knows him: of a member of staff no right of the staff comes along
    clients_of(by=by)    all clients he may choose from, for the chooser in the header
    choose(code, token, by=by)            act for another of them; returns the session's new token

A membership that is removed takes the seat with it at the next request, in every process and open session. A
session never moves to another client by itself, and a form that was open for one client is void after `choose`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import Array, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, db, policies
from core.accounts import access, rights, sessions
from core.accounts.rights import Right
from core.accounts.rows import is_id
from core.accounts.sessions import person_of
from core.actor import Actor, ClientSeat
from core.errors import Forbidden, NotFound, NotSignedIn
from core.i18n import _
from core.permissions import Permission

COLUMNS = """m.client_id, m.person_id, p.name, p.email, p.locale, p.is_disabled, p.signed_in_at,
    m.roles, m.is_owner, m.created_at, m.version, p.password_hash IS NOT NULL AS has_password,
    p.totp_confirmed_at IS NOT NULL AS has_factor,
    ARRAY(SELECT o.id FROM membership_roles l JOIN client_roles o ON o.id = l.role_id
        WHERE l.client_id = m.client_id AND l.person_id = m.person_id ORDER BY o.name_folded, o.id) AS role_ids,
    ARRAY(SELECT o.name FROM membership_roles l JOIN client_roles o ON o.id = l.role_id
        WHERE l.client_id = m.client_id AND l.person_id = m.person_id ORDER BY o.name_folded, o.id) AS role_names,
    ARRAY(SELECT unnest(o.rights) FROM membership_roles l JOIN client_roles o ON o.id = l.role_id
        WHERE l.client_id = m.client_id AND l.person_id = m.person_id) AS own_rights"""


OF_CLIENT = f"""SELECT {COLUMNS} FROM memberships m JOIN people p ON p.id = m.person_id
    WHERE m.client_id = $1 AND NOT p.is_disabled ORDER BY m.person_id"""


class Membership(db.Owned, tablename="memberships"):
    """One person in one client. `roles` are built-in ones; those of the client's own are in `membership_roles`."""

    client_id = BigInt()
    person_id = BigInt()
    roles = Array(base_column=Text())
    is_owner = Boolean()
    created_at = Timestamptz()
    version = Integer()


class RightMissing(Forbidden):
    """The user's roles in the client lack `right`."""

    def __init__(self, right: str) -> None:
        super().__init__(_("Your role does not allow this."))
        self.right = right


async def who_may(client_id: int, right: Right) -> list[int]:
    """The people of a client who have a right there. Asks for no right."""
    found = await db.fetch(OF_CLIENT, client_id)
    return [row["person_id"] for row in found if right in rights.of(row["roles"], row["own_rights"])]


def may(by: Actor, right: Right) -> bool:
    """Whether the actor has this right in the client that he acts for."""
    return by.client is not None and right in by.client.rights


def require(by: Actor, right: Right | None = None) -> ClientSeat:
    """The seat, when it has this right (None: any seat will do); else `RightMissing` or `NotSignedIn`."""
    if by.client is None:
        raise NotSignedIn()
    if right is not None and right not in by.client.rights:
        raise RightMissing(right)
    return by.client


def as_user(by: Actor) -> Actor:
    """The actor in his client's portal, where rights as a member of staff do not count."""
    if by.kind != "staff" or by.client is None:
        return by
    return msgspec.structs.replace(
        by, kind="user", role="", staff_id=None, permissions=None, projects=None, groups=None
    )


async def clients_of(*, by: Actor) -> list[Record]:
    """The clients that the person may act for, by name: id, code, name, status, roles, is_owner, is_chosen.

    None to staff inside a client's account: there is nowhere else to go from there.
    """
    if by.impersonator is not None:
        return []
    return await db.fetch(
        """SELECT c.id, c.code, c.name, c.status, m.roles, m.is_owner, c.id IS NOT DISTINCT FROM $3 AS is_chosen
           FROM memberships m JOIN clients c ON c.id = m.client_id
           WHERE m.person_id = $1 AND (m.is_owner OR $2) ORDER BY c.name_folded, c.id""",
        person_of(by),
        policies.has_feature(by.tenant, "users"),
        by.client.id if by.client else None,
    )


async def choose(code: int, token: str, *, by: Actor) -> str:
    """Act for the client with this code; returns the session's new token. `NotFound` for one he is not in."""
    policies.require_outside(by)
    chosen = next((client for client in await clients_of(by=by) if client["code"] == code), None)
    if chosen is None:
        raise NotFound()
    await db.execute("UPDATE sessions SET client_id = $2 WHERE id = $1", by.session_id, chosen["id"])
    await audit.record("session:moved", "session", by.session_id, by=by, name=by.name, client_id=chosen["id"])
    return await sessions.renew(token, by=by)


async def of_client(client_id: int, *, by: Actor) -> list[dict[str, Any]]:
    """The users of a client, the owner first, then by name: the columns of `shown`.

    For staff who see the client, and for its own users who may see the others; the rest see themselves.
    """
    is_alone = await _looks(client_id, by=by) and not may(by, Right.USERS_READ)
    found = await db.fetch(
        f"""SELECT {COLUMNS} FROM memberships m JOIN people p ON p.id = m.person_id
            WHERE m.client_id = $1 AND ($2::bigint IS NULL OR m.person_id = $2)
            ORDER BY m.is_owner DESC, lower(p.name), p.id""",
        client_id,
        by.person_id if is_alone else None,
    )
    return [shown(row) for row in found]


async def of_person(client_id: int, person_id: int, *, by: Actor) -> dict[str, Any]:
    """One user of a client; `NotFound` when there is none that `by` may see."""
    if await _looks(client_id, by=by) and person_id != by.person_id and not may(by, Right.USERS_READ):
        raise NotFound()
    return await member(client_id, person_id)


async def member(client_id: int, person_id: int, *, lock: bool = False) -> dict[str, Any]:
    """The membership with its person, for verbs that have asked for the right; `NotFound` when there is none."""
    row = None
    if is_id(client_id) and is_id(person_id):
        row = await db.row(
            f"""SELECT {COLUMNS} FROM memberships m JOIN people p ON p.id = m.person_id
                WHERE m.client_id = $1 AND m.person_id = $2{" FOR UPDATE OF m" if lock else ""}""",
            client_id,
            person_id,
        )
    if row is None:
        raise NotFound()
    return shown(row)


def shown(row: Record) -> dict[str, Any]:
    """A member as pages and the API know him; `role_keys` as `client_roles.choices` names them, `rights` all."""
    return dict(row) | {
        "role_keys": keys(row["roles"], row["role_ids"]),
        "rights": rights.of(row["roles"], row["own_rights"]),
    }


def keys(roles: Sequence[str], role_ids: Sequence[int]) -> list[str]:
    """Roles under the names by which they are chosen: a built-in one by its own, the client's by their id."""
    return [*(role for role in rights.BUILT_IN if role in roles), *(str(role_id) for role_id in role_ids)]


async def _looks(client_id: int, *, by: Actor) -> bool:
    """Whether `by` looks as a user of the client; staff must see the client. `NotFound` to everybody else."""
    if by.client is not None and by.client.id == client_id:
        return not policies.allows(by, Permission.CLIENT_READ)
    if by.kind == "user":
        raise NotFound()
    await access.client(client_id, by=by)
    return False
