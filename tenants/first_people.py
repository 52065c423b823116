"""The first person of a provider, a reseller and the platform itself: those whom nobody there could invite."""

import msgspec
from asyncpg import Record

from core import audit, clock, db, freshness
from core.accounts import links, passwords, people
from core.accounts.people import NewPerson
from core.actor import Actor
from core.checks import Checks
from core.errors import Forbidden, Invalid
from core.i18n import _
from tenants import addresses


class FirstPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to let in. Without a password a link is made to choose one."""

    name: str
    email: str
    password: str = ""


def check(checks: Checks, person: FirstPerson, *, place: str, prefix: str = "") -> None:
    """Note what is wrong under `<prefix>name`, `<prefix>email` and `<prefix>password`."""
    own = Checks()
    name = own.text("name", person.name, longest=people.LONGEST_NAME)
    email = people.checked_email(own, person.email)
    if person.password and (trouble := passwords.problem(person.password, about=(name, email, place))):
        own.error("password", trouble)
    for field, message in own.errors.items():
        checks.error(f"{prefix}{field}", message)


async def add(
    person: FirstPerson,
    *,
    role: str,
    base_url: str,
    by: Actor,
    by_mail: bool = True,
    reseller_id: int | None = None,
    prefix: str = "",
) -> str:
    """Let the person in, in the scope we are in. `by` acts inside this tenant.

    Returns the link to hand over when a password is still to be chosen and it is not sent `by_mail`, else "".
    Raises `Invalid` when somebody here has the address.
    """
    person_id = await _create(person, by=by, prefix=prefix)
    staff_id = await db.value(
        "INSERT INTO staff (person_id, role, reseller_id, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
        person_id,
        role,
        reseller_id,
        clock.now(),
    )
    await audit.record("staff:invited", "staff", staff_id, by=by, name=person.name, new={"role": role})
    await freshness.forget_tenant(by.tenant.id)
    return "" if person.password else await _invite(person_id, base_url=base_url, by=by, by_mail=by_mail)


async def add_operator(person: FirstPerson, *, by: Actor, by_mail: bool = True) -> str:
    """Let an operator in, from the command line: of a platform that has none yet, or has lost its last."""
    _require_command_line(by)
    checks = Checks()
    check(checks, person, place=by.tenant.name)
    checks.done()
    return await add(person, role="operator", base_url=addresses.link(), by=by, by_mail=by_mail)


async def operators(*, by: Actor) -> list[Record]:
    """Who runs the platform, by name."""
    _require_command_line(by)
    return await db.fetch(
        """SELECT s.id, p.name, p.email, s.role, s.state, s.created_at
             FROM staff s JOIN people p ON p.id = s.person_id
            WHERE s.role = 'operator' ORDER BY lower(p.name), s.id"""
    )


def _require_command_line(by: Actor) -> None:
    if not by.tenant.is_platform or by.kind != "system":
        raise Forbidden(_("Operators are let in by the command line."))


async def _create(person: FirstPerson, *, by: Actor, prefix: str) -> int:
    new = NewPerson(
        name=person.name, email=person.email, locale=by.tenant.locale, password=person.password or None
    )
    try:
        return await people.create(new, by=by)
    except Invalid as error:
        raise Invalid({f"{prefix}{field}": message for field, message in error.errors.items()}) from error


async def _invite(person_id: int, *, base_url: str, by: Actor, by_mail: bool) -> str:
    if by_mail:
        await links.send("invitation", person_id, base_url=base_url, by=by)
        return ""
    return links.url(base_url, await links.create("invitation", person_id, by=by))
