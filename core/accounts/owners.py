"""The person who owns a client: made or found when the client is registered, let go when it goes."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import clock, db
from core.accounts import links, passwords, people
from core.accounts.people import NewPerson
from core.actor import Actor
from core.checks import Checks
from core.i18n import LOCALES, _


async def check(checks: Checks, client: Mapping[str, Any], password: str, *, by: Actor) -> None:
    """Note what is wrong with the owner's password. Nobody sets the password of a person who exists already."""
    if not password:
        return
    if await people.find_by_email(client["email"]) is not None:
        checks.error("password", _("This person signs in already; leave the password empty."))
        return
    about = (client["name"], client["contact_person"], client["login"], client["email"], by.tenant.name)
    if trouble := passwords.problem(password, about=about):
        checks.error("password", trouble)


async def register(client: Mapping[str, Any], password: str, *, by: Actor) -> int:
    """Make the person with the client's address its owner; returns the person's id.

    Whoever has no password yet is mailed a link to choose one.
    """
    person = await people.find_by_email(client["email"])
    person_id = person["id"] if person else await people.create(_new_person(client, password, by=by), by=by)
    await db.execute(
        "INSERT INTO memberships (client_id, person_id, roles, created_at) VALUES ($1, $2, '{owner}', $3)",
        client["id"],
        person_id,
        clock.now(),
    )
    if not password and (person is None or person["password_hash"] is None):
        await links.send("welcome", person_id, base_url=by.tenant.base_url, by=by)
    return int(person_id)


async def release(client_id: int) -> None:
    """Take the client from its people; whoever has nothing else here is removed with all sessions."""
    members = await db.fetch("DELETE FROM memberships WHERE client_id = $1 RETURNING person_id", client_id)
    await forget_stranded([row["person_id"] for row in members], going=client_id)


async def forget_stranded(person_ids: Sequence[int], *, going: int = 0) -> None:
    """Remove those of these people who have nothing else here, with all sessions.

    Whoever agreed to the terms for a client stays, so that it is known who did; not for the one that is `going`.
    """
    await db.execute(
        """DELETE FROM people p WHERE p.id = ANY($1::bigint[])
             AND NOT EXISTS (SELECT FROM memberships m WHERE m.person_id = p.id)
             AND NOT EXISTS (SELECT FROM staff s WHERE s.person_id = p.id)
             AND NOT EXISTS (SELECT FROM consents a WHERE a.person_id = p.id AND a.client_id <> $2)""",
        person_ids,
        going,
    )


def _new_person(client: Mapping[str, Any], password: str, *, by: Actor) -> NewPerson:
    locale = client["language"] if client["language"] in LOCALES else by.tenant.locale
    return NewPerson(
        email=client["email"],
        name=client["contact_person"] or client["name"],
        locale=locale,
        password=password or None,
    )
