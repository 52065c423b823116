"""Accepting an invitation: behind the link, as somebody who is signed in, or as somebody new.

The link proves the mailbox, as a link to choose a password does. It is used up with the first acceptance. What it
brings is added to what the person may already; an owner stays what he is.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, freshness, policies
from core.accounts import client_roles, invitations, passwords, people, sessions
from core.accounts.people import NewPerson
from core.accounts.user_access import FEATURE
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import LOCALES, _


class NotValid(NotFound):
    """Unknown, used, withdrawn, too old, or from somebody who may not invite any more: it is all the same."""

    def __init__(self) -> None:
        super().__init__(_("This invitation is not valid any more. Ask for a new one."))


async def get(token: str, *, by: Actor) -> dict[str, Any]:
    """The invitation behind a link that is still good; else `NotValid`.

    With `client_name`, `client_code`, `role_labels`, and the `way` in for whoever is not signed in: "sign-in" with
    the account that has the address, a new "password" for it, or "person" when there is none.
    """
    row = await db.row(
        f"{invitations.READ} WHERE i.token_hash = $1 AND i.expires_at > $2", sessions.digest(token), clock.now()
    )
    if row is None or not policies.has_feature(by.tenant, FEATURE):
        raise NotValid()
    client = await db.row("SELECT * FROM clients WHERE id = $1", row["client_id"])
    if client is None or client["status"] == "closed" or not await invitations.still_holds(row):
        raise NotValid()
    person = await people.find_by_email(row["email"])
    return invitations.shown(row) | {
        "client_name": client["name"],
        "client_code": client["code"],
        "language": client["language"],
        "role_labels": client_roles.names(row["roles"], row["role_names"]),
        "way": await _way(person),
        "person_id": person["id"] if person else None,
    }


async def accept(token: str, *, by: Actor) -> dict[str, Any]:
    """Join as the person who is signed in; returns the invitation. Who is a user already gets its roles too."""
    person_id = sessions.person_of(by)
    invitation = await _used(token, by=by)
    await _join(invitation, person_id, by=by)
    return invitation


async def accept_anew(token: str, name: str, password: str, *, by: Actor) -> dict[str, Any]:
    """Join as somebody who cannot sign in yet; returns the invitation. `by` is the visitor.

    Raises `NotValid`, `Conflict` when the address signs in already, and `Invalid` under "name" and "password".
    """
    async with passwords.turn() as turn:
        invitation = await get(token, by=by)
        if invitation["way"] == "sign-in":
            raise Conflict(_("This address has an account here: sign in to accept."))
        _check(invitation, name, password, by=by)
        hashed = await turn.hashed(password) if invitation["person_id"] else ""
    invitation = await _used(token, by=by)
    if invitation["person_id"] is None:
        locale = invitation["language"] if invitation["language"] in LOCALES else by.tenant.locale
        new = NewPerson(email=invitation["email"], name=name, locale=locale, password=password)
        person_id = await people.create(new, by=by)
    else:
        person_id = invitation["person_id"]
        await people.set_password_hash(person_id, hashed, by=by)
        await sessions.end_all_of(person_id, by=by)
    await _join(invitation, person_id, by=by)
    return invitation


async def _way(person: Record | None) -> str:
    """Somebody who has nothing else here cannot sign in, whatever his password: he chooses a new one."""
    if person is None:
        return "person"
    is_somebody = await db.value(
        """SELECT EXISTS (SELECT FROM memberships WHERE person_id = $1)
               OR EXISTS (SELECT FROM staff WHERE person_id = $1)""",
        person["id"],
    )
    return "sign-in" if person["is_disabled"] or (is_somebody and person["password_hash"]) else "password"


async def _used(token: str, *, by: Actor) -> dict[str, Any]:
    """Use the link up; of two who do it at the same moment one is first."""
    invitation = await get(token, by=by)
    await db.execute("SELECT FROM clients WHERE id = $1 FOR UPDATE", invitation["client_id"])
    invitation = await get(token, by=by)
    tag = await db.execute(
        "DELETE FROM invitations WHERE id = $1 AND token_hash = $2", invitation["id"], sessions.digest(token)
    )
    if tag != "DELETE 1":
        raise NotValid()
    return invitation


async def _join(invitation: dict[str, Any], person_id: int, *, by: Actor) -> None:
    client_id, name = invitation["client_id"], await db.value("SELECT name FROM people WHERE id = $1", person_id)
    is_owner = await db.value(
        """INSERT INTO memberships AS m (client_id, person_id, roles, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (tenant_id, client_id, person_id) DO UPDATE SET version = m.version + 1,
               roles = CASE WHEN m.is_owner THEN m.roles
                       ELSE ARRAY(SELECT DISTINCT unnest(m.roles || EXCLUDED.roles) ORDER BY 1) END
           RETURNING is_owner""",
        client_id,
        person_id,
        invitation["roles"],
        clock.now(),
    )
    if not is_owner:
        await db.execute(
            """INSERT INTO membership_roles (client_id, person_id, role_id)
               SELECT client_id, $2, id FROM client_roles WHERE client_id = $1 AND id = ANY($3)
               ON CONFLICT DO NOTHING""",
            client_id,
            person_id,
            invitation["role_ids"],
        )
    joined = msgspec.structs.replace(by, person_id=person_id, name=name)
    if by.kind == "visitor":
        joined = msgspec.structs.replace(joined, kind="user")
    told = {"email": invitation["email"], "roles": [*invitation["roles"], *invitation["role_names"]]}
    await audit.record(
        "invitation:accepted", "membership", person_id, by=joined, name=name, client_id=client_id, new=told
    )
    await freshness.forget_tenant(by.tenant.id)


def _check(invitation: dict[str, Any], name: str, password: str, *, by: Actor) -> None:
    checks = Checks()
    if invitation["way"] == "person":
        checks.text("name", name, longest=people.LONGEST_NAME)
    if trouble := passwords.problem(password, about=(name, invitation["email"], by.tenant.name)):
        checks.error("password", trouble)
    checks.done()
