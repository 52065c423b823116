"""The users of two clients that are merged: who is in the one that stays afterwards, with which roles.

The owner of the client that stays owns it. Whoever owned the other one becomes a member, with a role that is
chosen. Who is in both may what any of his roles allows. Roles that a client made move with their members.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, freshness
from core.accounts import rights
from core.actor import Actor
from core.checks import Checks


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A user of the client that goes, as he will be in the one that stays. `roles` are built-in ones, `own` the
    names of those that a client made; `owned`: the client that goes was his; `is_known`: he is in both."""

    person_id: int
    name: str
    email: str
    roles: tuple[str, ...]
    own: tuple[str, ...]
    owned: bool
    is_known: bool
    is_owner: bool


async def seats(gone_id: int, stays_id: int, owner_role: str) -> list[Seat]:
    """The users of the client that goes, by name, as they will be in the other one."""
    found = await db.fetch(
        """SELECT m.person_id, p.name, p.email, m.roles, m.is_owner, k.roles AS known, k.is_owner AS owns,
               ARRAY(SELECT DISTINCT o.name FROM membership_roles l JOIN client_roles o ON o.id = l.role_id
                     WHERE l.person_id = m.person_id AND l.client_id IN ($1, $2) ORDER BY 1) AS own
           FROM memberships m JOIN people p ON p.id = m.person_id
           LEFT JOIN memberships k ON k.client_id = $2 AND k.person_id = m.person_id
           WHERE m.client_id = $1 ORDER BY lower(p.name), p.id""",
        gone_id,
        stays_id,
    )
    return [_seat(row, owner_role) for row in found]


def asks_for_role(listed: list[Seat]) -> Seat | None:
    """The owner of the client that goes, when he needs a role in the other one."""
    return next((seat for seat in listed if seat.owned and not seat.is_owner), None)


def check_role(checks: Checks, listed: list[Seat], owner_role: str) -> None:
    """Note an error under "owner_role" when the owner of the client that goes needs a role and gets none."""
    if asks_for_role(listed) is not None or owner_role:
        checks.choice("owner_role", owner_role, rights.GIVEABLE)


async def move(gone: Record, stays: Record, listed: list[Seat], *, by: Actor) -> None:
    """Put the users into the client that stays, with the roles made out for them; both clients are locked."""
    given = await db.fetch("SELECT person_id, role_id FROM membership_roles WHERE client_id = $1", gone["id"])
    await db.execute("DELETE FROM memberships WHERE client_id = $1", gone["id"])
    await _move_roles(gone, stays)
    await db.executemany(
        """INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant_id, client_id, person_id)
           DO UPDATE SET roles = EXCLUDED.roles, version = memberships.version + 1""",
        [(stays["id"], seat.person_id, list(seat.roles), clock.now()) for seat in listed],
    )
    owners = {seat.person_id for seat in listed if seat.is_owner}
    await db.executemany(
        """INSERT INTO membership_roles (client_id, person_id, role_id) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING""",
        [(stays["id"], row["person_id"], row["role_id"]) for row in given if row["person_id"] not in owners],
    )
    await end_sessions(gone["id"], by=by)


async def _move_roles(gone: Record, stays: Record) -> None:
    """Roles that the client made; of two with one name the second gets its old client's code behind it."""
    await db.execute(
        """UPDATE client_roles t SET client_id = $2, version = version + 1, name = CASE
               WHEN EXISTS (SELECT FROM client_roles o WHERE o.client_id = $2 AND o.name_folded = t.name_folded)
               THEN CASE WHEN EXISTS (SELECT FROM client_roles o WHERE o.client_id = $2
                                      AND o.name_folded = lower(t.name || $3))
                         THEN t.name || $3 || t.id ELSE t.name || $3 END
               ELSE t.name END
           WHERE t.client_id = $1""",
        gone["id"],
        stays["id"],
        f" ({gone['code']})",
    )


async def end_sessions(client_id: int, *, by: Actor) -> None:
    """End what is signed in for a client: users sign in again, staff are in no client any more.

    Nobody is moved to another client unasked.
    """
    await db.execute(
        """DELETE FROM sessions s WHERE s.client_id = $1
             AND NOT EXISTS (SELECT FROM staff f WHERE f.person_id = s.person_id AND f.state = 'active')""",
        client_id,
    )
    await db.execute("UPDATE sessions SET client_id = NULL WHERE client_id = $1", client_id)
    await freshness.forget_tenant(by.tenant.id)


def _seat(row: Record, owner_role: str) -> Seat:
    known: list[Any] = list(row["known"] or [])
    mine = [owner_role] if row["is_owner"] else list(row["roles"])
    roles = [rights.OWNER] if row["owns"] else [role for role in rights.GIVEABLE if role in {*known, *mine}]
    return Seat(
        person_id=row["person_id"],
        name=row["name"],
        email=row["email"],
        roles=tuple(roles),
        own=() if row["owns"] else tuple(row["own"]),
        owned=row["is_owner"],
        is_known=row["known"] is not None,
        is_owner=bool(row["owns"]),
    )
