"""People: whoever signs in. A person is known by the e-mail address, which is unique within one provider.

Staff rows and memberships say what a person is here; this file is about the person as such, and about what
everybody may change of his own account.
"""

import re
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import JSONB, Array, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, freshness, i18n, mail, policies
from core.accounts import passwords, sessions, throttle
from core.accounts.rows import is_id
from core.accounts.sessions import person_of
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.notifications import Recipient
from core.permissions import Permission

LONGEST_NAME = 200
LONGEST_EMAIL = 254
THEMES = ("auto", "light", "dark")
PREFERENCE = re.compile(r"[a-z][a-z0-9_.]{0,39}")
MOST_PREFERENCES = 40
LONGEST_PREFERENCE = 4000
MOST_WRONG = 10


class Person(db.Owned, tablename="people"):
    """Somebody who can sign in once he has a password. `totp_sealed` counts once it is confirmed."""

    email = Text()
    name = Text()
    locale = Text()
    theme = Text()
    preferences = JSONB()
    password_hash = Text(null=True)
    password_changed_at = Timestamptz(null=True)
    totp_sealed = Text(null=True)
    totp_confirmed_at = Timestamptz(null=True)
    totp_last_step = BigInt()
    recovery_hashes = Array(base_column=Text())
    is_disabled = Boolean()
    created_at = Timestamptz()
    signed_in_at = Timestamptz(null=True)
    version = Integer()


class PersonWord(db.Owned, tablename="person_words"):
    """A word that a person is found by."""

    person_id = BigInt()
    word = Text()


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Without a password the person is sent a link to choose one."""

    email: str
    name: str
    locale: str = ""
    password: str | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What everybody may change of himself; what is left out stays."""

    name: str | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    theme: str | UnsetType = UNSET


async def find(person_id: int, *, lock: bool = False) -> Record | None:
    """The person's row."""
    if not is_id(person_id):
        return None
    return await db.row(f"SELECT * FROM people WHERE id = $1{' FOR UPDATE' if lock else ''}", person_id)


async def find_by_email(email: str) -> Record | None:
    """The person with this address, in whatever case."""
    if not is_storable(email):
        return None
    return await db.row("SELECT * FROM people WHERE email_folded = lower($1)", email.strip())


def recipient(person: Mapping[str, Any]) -> Recipient:
    """Somebody as whom a notification is for."""
    return Recipient(address=person["email"], name=person["name"], locale=person["locale"], person_id=person["id"])


def is_storable(email: str) -> bool:
    """Whether what was typed could be an address that we keep; the database refuses some of the rest."""
    return len(email) <= LONGEST_EMAIL and email.isprintable()


async def me(*, by: Actor, lock: bool = False) -> Record:
    """One's own row."""
    found = await find(person_of(by), lock=lock)
    if found is None:
        raise NotFound()
    return found


async def create(new: NewPerson, *, by: Actor) -> int:
    """Add a person; returns the id. Asks for no right: the verb that gives the person something to do has asked.

    Raises `Invalid` with errors under "email", "name", "locale" and "password".
    """
    checks = Checks()
    email, name = checked_email(checks, new.email), checks.text("name", new.name, longest=LONGEST_NAME)
    locale = checks.choice("locale", new.locale or by.tenant.locale, i18n.LOCALES)
    about = (name, email, by.tenant.name)
    if new.password is not None and (trouble := passwords.problem(new.password, about=about)):
        checks.error("password", trouble)
    checks.done()
    hashed = None if new.password is None else await passwords.hashed(new.password)
    person_id = await _insert(email, name, locale, hashed)
    await audit.record("person:created", "person", person_id, by=by, name=name, new={"email": email, "name": name})
    return person_id


async def update_profile(changes: Profile, *, by: Actor) -> None:
    """Change one's own name, language or theme."""
    old = await me(by=by, lock=True)
    checks = Checks()
    new = {
        "name": _given(changes.name, old["name"]),
        "locale": checks.choice("locale", _given(changes.locale, old["locale"]), i18n.LOCALES),
        "theme": checks.choice("theme", _given(changes.theme, old["theme"]), THEMES),
    }
    new["name"] = checks.text("name", new["name"], longest=LONGEST_NAME)
    checks.done()
    await _save(old, new, by=by)


async def set_preference(name: str, value: Any, *, by: Actor) -> None:
    """Keep a choice of one's own, such as the columns of a list; None forgets it."""
    if not PREFERENCE.fullmatch(name) or len(msgspec.json.encode(value)) > LONGEST_PREFERENCE:
        raise Invalid({"": _("This cannot be kept.")})
    old = await me(by=by, lock=True)
    kept = {**old["preferences"], name: value} if value is not None else dict(old["preferences"])
    if value is None:
        kept.pop(name, None)
    if len(kept) > MOST_PREFERENCES:
        raise Conflict(_("There is no room for more preferences."))
    await _save(old, {"preferences": kept}, by=by)


async def change_password(current: str, new: str, *, by: Actor, token: str) -> str:
    """Change one's own password; returns the new token of this session. All others end.

    Raises `Invalid` with errors under "current" and "password".
    """
    person_id = person_of(by)
    async with passwords.turn() as turn:
        person = await me(by=by)
        await check_password(turn, current, person, field="current")
        if trouble := passwords.problem(new, about=(person["name"], person["email"], by.tenant.name)):
            raise Invalid({"password": trouble})
        hashed = await turn.hashed(new)
    await set_password_hash(person_id, hashed, by=by)
    await sessions.end_all_of(person_id, by=by, but=by.session_id)
    return await sessions.renew(token, by=by, has_proved=True)


async def check_password(turn: passwords.Turn, password: str, person: Record, *, field: str) -> None:
    """Nothing when it is the person's own; else `Invalid` under `field`, and ten times in five minutes."""
    limit = throttle.Limit(f"password:person:{person['id']}", MOST_WRONG)
    await throttle.count(limit)
    if not (await turn.check(password, person["password_hash"])).is_right:
        raise Invalid({field: _("This is not your password.")})
    await throttle.forget(limit)


async def set_password_hash(person_id: int, hashed: str, *, by: Actor) -> None:
    """Put a new password in force. Asks for nothing; the caller ends the sessions."""
    name = await db.value(
        "UPDATE people SET password_hash = $2, password_changed_at = $3 WHERE id = $1 RETURNING name",
        person_id,
        hashed,
        clock.now(),
    )
    if name is None:
        raise NotFound()
    await audit.record("person:password_changed", "person", person_id, by=by, name=name)


async def forget_password(person_id: int, *, by: Actor) -> None:
    """Nothing opens with the password there was; a new one is chosen by a link. Sessions end.

    For whoever gets rights here: it may have been set by the one who registered the person as a client.
    """
    name = await db.value(
        "UPDATE people SET password_hash = NULL WHERE id = $1 AND password_hash IS NOT NULL RETURNING name",
        person_id,
    )
    if name is not None:
        await audit.record("person:password_forgotten", "person", person_id, by=by, name=name)
    await sessions.end_all_of(person_id, by=by)


async def disable(person_id: int, *, by: Actor) -> None:
    """Shut a person out: the sessions end now, and no password, link or key opens anything any more."""
    policies.require(by, Permission.STAFF_MANAGE)
    if person_id == by.person_id:
        raise Conflict(_("You cannot shut yourself out."))
    await shut_out(person_id, by=by)


async def enable(person_id: int, *, by: Actor) -> None:
    """Let a person in again, with the password as it was."""
    policies.require(by, Permission.STAFF_MANAGE)
    await let_in(person_id, by=by)


async def shut_out(person_id: int, *, by: Actor) -> None:
    """What `disable` does. Asks for no right: verbs that call it have."""
    await _set_disabled(person_id, True, by=by)
    await sessions.end_all_of(person_id, by=by)


async def let_in(person_id: int, *, by: Actor) -> None:
    """What `enable` does. Asks for no right: verbs that call it have."""
    await _set_disabled(person_id, False, by=by)


def checked_email(checks: Checks, text: str, field: str = "email") -> str:
    """An address that our mail can reach, noted under `field` when it is not."""
    email = checks.email(field, text)
    if field not in checks.errors:
        try:
            mail.address(email)
        except mail.BadAddress:
            checks.error(field, _("Mail cannot be sent to this address."))
    return email


async def _insert(email: str, name: str, locale: str, hashed: str | None) -> int:
    now = clock.now()
    try:
        async with db.savepoint():
            return int(
                await db.value(
                    """INSERT INTO people (email, name, locale, password_hash, password_changed_at, created_at)
                       VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
                    email,
                    name,
                    locale,
                    hashed,
                    now if hashed else None,
                    now,
                )
            )
    except asyncpg.UniqueViolationError as error:
        raise Invalid({"email": _("Somebody here has this address already.")}) from error


async def _save(old: Record, new: dict[str, Any], *, by: Actor) -> None:
    changed = {field: value for field, value in new.items() if old[field] != value}
    if not changed:
        return
    assignments = [f"{field} = ${place}" for place, field in enumerate(changed, start=2)]
    if "preferences" not in changed:
        assignments.append("version = version + 1")
    await db.execute(f"UPDATE people SET {', '.join(assignments)} WHERE id = $1", old["id"], *changed.values())
    before = {field: old[field] for field in changed}
    await audit.record("person:updated", "person", old["id"], by=by, name=old["name"], old=before, new=changed)
    await freshness.forget_tenant(by.tenant.id)


async def _set_disabled(person_id: int, is_disabled: bool, *, by: Actor) -> None:
    name = await db.value(
        "UPDATE people SET is_disabled = $2 WHERE id = $1 AND is_disabled <> $2 RETURNING name",
        person_id,
        is_disabled,
    )
    if name is None and await find(person_id) is None:
        raise NotFound()
    if name is None:
        return
    action = "person:disabled" if is_disabled else "person:enabled"
    await audit.record(action, "person", person_id, by=by, name=name)
    await freshness.forget_tenant(by.tenant.id)


def _given(value: str | UnsetType, kept: str) -> str:
    return kept if isinstance(value, UnsetType) else value
