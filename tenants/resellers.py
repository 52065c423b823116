"""Resellers: who opens providers under his own name, and which editions and features he may give them.

What a reseller may give is what he may give from now on: narrowing it takes nothing from his providers.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from asyncpg import Record, UniqueViolationError
from piccolo import columns

from core import audit, clock, db, policies
from core.accounts.rows import is_id
from core.actor import PLATFORM, Actor
from core.checks import Checks
from core.errors import Conflict, EditConflict, Invalid, NotFound
from core.freshness import forget_tenant
from core.i18n import _
from core.permissions import FEATURES, Permission
from tenants import addresses, first_people
from tenants.first_people import FirstPerson

WITH_FIGURES = """
    SELECT r.*, (SELECT count(*) FROM providers p WHERE p.reseller_id = r.id) AS providers,
           (SELECT count(*) FROM staff s WHERE s.reseller_id = r.id AND s.state = 'active') AS people
      FROM resellers r
"""


class Reseller(db.Shared, tablename="resellers"):
    """Somebody with several providers under him."""

    id = columns.BigInt(primary_key=True)
    name = columns.Text()
    state = columns.Text()
    editions = columns.Array(base_column=columns.Text())
    features = columns.Array(base_column=columns.Text())
    most_providers = columns.Integer(null=True)
    created_at = columns.Timestamptz()
    state_changed_at = columns.Timestamptz()
    state_reason = columns.Text()
    version = columns.Integer()


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reseller may give to his providers, single features on top of the editions' own, and how many there
    may be (None: any number)."""

    name: str
    editions: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    most_providers: int | None = None


class NewReseller(Terms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reseller with the first person who signs in for him; without a password that person gets a link."""

    person_name: str
    person_email: str
    person_password: str = ""

    @property
    def person(self) -> FirstPerson:
        """Who is let in first."""
        return FirstPerson(name=self.person_name, email=self.person_email, password=self.person_password)


async def every(*, by: Actor) -> list[Record]:
    """The resellers by name, with how many `providers` and `people` each has."""
    policies.require(by, Permission.RESELLER_READ)
    return await db.fetch(f"{WITH_FIGURES} ORDER BY r.name_folded LIMIT 1000")


async def get(reseller_id: int, *, by: Actor) -> Record:
    """One reseller with the same figures."""
    policies.require(by, Permission.RESELLER_READ)
    if not is_id(reseller_id):
        raise NotFound
    return await _get("r.id = $1", reseller_id)


async def get_by_name(name: str, *, by: Actor) -> Record:
    """The same by his name, in whatever case."""
    policies.require(by, Permission.RESELLER_READ)
    return await _get("r.name_folded = lower($1)", name)


async def people(reseller_id: int, *, by: Actor) -> list[Record]:
    """Those who sign in for him."""
    policies.require(by, Permission.RESELLER_READ)
    return await db.fetch(
        """SELECT s.id, p.name, p.email, s.state, s.created_at, p.password_hash IS NOT NULL AS has_password
             FROM staff s JOIN people p ON p.id = s.person_id WHERE s.reseller_id = $1 ORDER BY p.name""",
        reseller_id,
    )


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """A reseller. `link` is where his first person chooses a password, when that was not mailed."""

    id: int
    link: str = ""


async def create(new: NewReseller, *, by: Actor, by_mail: bool = True) -> Created:
    """Take on a reseller; his first person can sign in at once."""
    policies.require(by, Permission.RESELLER_MANAGE)
    checks = Checks()
    told = _checked(checks, new)
    first_people.check(checks, new.person, place=new.name, prefix="person_")
    checks.done()
    now = clock.now()
    async with _free_name():
        reseller_id: int = await db.value(
            """INSERT INTO resellers (name, editions, features, most_providers, created_at, state_changed_at)
               VALUES ($1, $2, $3, $4, $5, $5) RETURNING id""",
            *told.values(),
            now,
        )
    await audit.record("reseller:created", "reseller", reseller_id, by=by, name=told["name"], new=told)
    link = await first_people.add(
        new.person,
        role="reseller",
        base_url=addresses.link(),
        by=by,
        by_mail=by_mail,
        reseller_id=reseller_id,
        prefix="person_",
    )
    return Created(id=reseller_id, link=link)


async def change_terms(reseller_id: int, terms: Terms, *, version: int | None = None, by: Actor) -> None:
    """Give him another name or other terms. A version that is not the current one raises `EditConflict`."""
    policies.require(by, Permission.RESELLER_MANAGE)
    row = await _held(reseller_id)
    if version is not None and row["version"] != version:
        raise EditConflict(dict(row))
    checks = Checks()
    told = _checked(checks, terms)
    checks.done()
    old = {field: row[field] for field in told}
    if old == told:
        return
    async with _free_name():
        await db.execute(
            """UPDATE resellers SET name = $2, editions = $3, features = $4, most_providers = $5,
                   version = version + 1 WHERE id = $1""",
            reseller_id,
            *told.values(),
        )
    await audit.record("reseller:updated", "reseller", reseller_id, by=by, name=told["name"], old=old, new=told)


async def suspend(reseller_id: int, *, reason: str, by: Actor) -> None:
    """His people are out at the next request. His providers go on: they are suspended one by one, if at all."""
    await _change_state(reseller_id, "suspended", reason, by=by)


async def resume(reseller_id: int, *, by: Actor) -> None:
    """Let his people in again."""
    await _change_state(reseller_id, "active", "", by=by)


async def _change_state(reseller_id: int, state: str, reason: str, *, by: Actor) -> None:
    policies.require(by, Permission.RESELLER_MANAGE)
    row = await _held(reseller_id)
    checks = Checks()
    reason = checks.text("reason", reason, longest=500, required=state == "suspended")
    checks.done()
    if row["state"] == state:
        already = {"suspended": _("This reseller is suspended already."), "active": _("This reseller is active.")}
        raise Conflict(already[state])
    await db.execute(
        """UPDATE resellers SET state = $2, state_reason = $3, state_changed_at = $4, version = version + 1
            WHERE id = $1""",
        reseller_id,
        state,
        reason,
        clock.now(),
    )
    await audit.record(
        "reseller:suspended" if state == "suspended" else "reseller:resumed",
        "reseller",
        reseller_id,
        by=by,
        name=row["name"],
        old={"state": row["state"], "reason": row["state_reason"]},
        new={"state": state, "reason": reason},
    )
    await forget_tenant(PLATFORM)


def _checked(checks: Checks, terms: Terms) -> dict[str, Any]:
    """The columns, in their order; notes in `checks` what is wrong."""
    names = [edition.name for edition in policies.editions()]
    if not terms.editions:
        checks.error("editions", _("Please choose one at least."))
    for edition in terms.editions:
        checks.choice("editions", edition, names)
    for feature in terms.features:
        checks.choice("features", feature, FEATURES)
    if terms.most_providers is not None and not 0 <= terms.most_providers <= 1_000_000:
        checks.error("most_providers", _("A number from 0 to a million, please."))
    return {
        "name": checks.text("name", terms.name, longest=100),
        "editions": sorted(set(terms.editions)),
        "features": sorted(set(terms.features)),
        "most_providers": terms.most_providers,
    }


@asynccontextmanager
async def _free_name() -> AsyncIterator[None]:
    try:
        async with db.savepoint():
            yield
    except UniqueViolationError as error:
        raise Invalid({"name": _("Another reseller has this name.")}) from error


async def _get(condition: str, value: int | str) -> Record:
    row = await db.row(f"{WITH_FIGURES} WHERE {condition}", value)
    if row is None:
        raise NotFound
    return row


async def _held(reseller_id: int) -> Record:
    if not is_id(reseller_id):
        raise NotFound
    row = await db.row("SELECT * FROM resellers WHERE id = $1 FOR NO KEY UPDATE", reseller_id)
    if row is None:
        raise NotFound
    return row
