"""Passkeys: a key in a person's device or password manager that signs in without a password.

The person shows the device who he is (a finger, a face, a PIN), so that one passkey counts as both factors. It
belongs to the host name it was made on. A person has several, beside the password and the codes; what ends them
stands in `docs/decisions/passkeys.md`. How answers are verified: `passkey_answers`; signing in: `passkey_signin`.
"""

import asyncpg
import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Bytea, Text, Timestamptz

from core import audit, clock, db, freshness, notifications, policies
from core.accounts import (
    account_kinds,
    passkey_answers,
    passkey_challenges,
    people,
    sessions,
    signin,
    standing,
    written_as,
)
from core.accounts.passkey_answers import Place
from core.accounts.rows import is_id
from core.accounts.sessions import PEOPLE, SignedIn
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from core.i18n import _

MOST = 20
LONGEST_NAME = 80


class Passkey(db.Owned, tablename="passkeys"):
    """One passkey. `sign_count` is what its counter said last; `is_synced`: it is kept by more than one device."""

    person_id = BigInt()
    credential_id = Bytea()
    public_key = Bytea()
    sign_count = BigInt()
    host = Text()
    name = Text()
    is_synced = Boolean()
    created_at = Timestamptz()
    last_used_at = Timestamptz(null=True)


class ProofNeeded(Forbidden):
    """He has to show again who he is before his passkeys change."""

    def __init__(self) -> None:
        super().__init__(_("Please show again who you are."))


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the browser, as JSON, and what the person calls it."""

    answer: str
    name: str = ""


async def every(*, by: Actor) -> list[Record]:
    """One's own, those used last first: id, name, host, is_synced, created_at, last_used_at."""
    person = await _mine(by)
    return await db.fetch(
        """SELECT id, name, host, is_synced, created_at, last_used_at FROM passkeys WHERE person_id = $1
           ORDER BY coalesce(last_used_at, created_at) DESC, id""",
        person["id"],
    )


async def get(passkey_id: int, *, by: Actor) -> Record:
    """One of one's own; `NotFound` for anybody else's."""
    person = await _mine(by)
    return await _one(passkey_id, person)


def needs_proof(signed_in: SignedIn) -> bool:
    """Whether he has to show again who he is. Who is setting up what his role must have has just done so."""
    return not signed_in.is_pending and signin.needs_proof(signed_in)


async def options(*, place: Place, seed: str, signed_in: SignedIn) -> str:
    """What the browser is asked for to make one more, as JSON. `seed` is what the browser's forms are bound to."""
    by = signed_in.actor
    person = await _proved(signed_in)
    known = await db.fetch("SELECT credential_id, host FROM passkeys WHERE person_id = $1", person["id"])
    challenge = await passkey_challenges.make("add", host=place.host, seed=seed, address=by.address)
    return passkey_answers.options_to_add(
        challenge,
        place=place,
        site=by.tenant.name,
        person_id=person["id"],
        email=person["email"],
        name=person["name"],
        known=[row["credential_id"] for row in known if row["host"] == place.host],
    )


async def add(new: NewPasskey, *, place: Place, seed: str, token: str, signed_in: SignedIn) -> str:
    """Keep a passkey that the browser made; returns the session's new token, which has passed both factors.

    Raises `Invalid` under "name" and "answer". The person gets a mail about it.
    """
    by = signed_in.actor
    person = await _proved(signed_in, lock=True)
    if await _number(person["id"]) >= MOST:
        raise Conflict(_("There is room for %(count)s passkeys.") % {"count": MOST})
    name = _checked(new.name or _("Passkey"))
    made = await _verified(new.answer, place=place, seed=seed)
    passkey_id = await _insert(person["id"], name, made, place.host)
    await audit.record("passkey:added", "passkey", passkey_id, by=by, name=name, new={"host": place.host})
    await _tell(person, name, by=by)
    await freshness.forget_tenant(by.tenant.id)
    return await sessions.renew(token, by=by, has_second_factor=True)


async def rename(passkey_id: int, name: str, *, by: Actor) -> None:
    """Call it something else. Raises `Invalid` under "name"."""
    person = await _mine(by)
    old = await _one(passkey_id, person, lock=True)
    new = _checked(name)
    if new == old["name"]:
        return
    await db.execute("UPDATE passkeys SET name = $2 WHERE id = $1", passkey_id, new)
    await audit.record(
        "passkey:renamed", "passkey", passkey_id, by=by, name=new, old={"name": old["name"]}, new={"name": new}
    )


async def remove(passkey_id: int, *, signed_in: SignedIn) -> None:
    """It opens nothing any more, and one's other sessions end: one of them may be of whoever has it.

    `Conflict` for the last one of somebody whose role must have a second factor and who has no other.
    """
    by = signed_in.actor
    person = await _proved(signed_in, lock=True)
    passkey = await _one(passkey_id, person, lock=True)
    mine = await standing.find(person["id"])
    is_last = await _number(person["id"]) == 1 and person["totp_confirmed_at"] is None
    if is_last and mine is not None and mine.needs_factor(by.tenant):
        raise Conflict(_("Your role must have a second factor. Set up another one first."))
    await db.execute("DELETE FROM passkeys WHERE id = $1", passkey_id)
    await audit.record("passkey:removed", "passkey", passkey_id, by=by, name=passkey["name"])
    await freshness.forget_tenant(by.tenant.id)
    await sessions.end_all_of(person["id"], by=by, but=by.session_id)


async def remove_all_of(person_id: int, *, by: Actor) -> int:
    """Remove all that a person has; returns how many. Asks for no right: the verb that wants it has asked."""
    gone = await db.fetch("DELETE FROM passkeys WHERE person_id = $1 RETURNING id, name", person_id)
    for passkey in gone:
        await audit.record("passkey:removed", "passkey", passkey["id"], by=by, name=passkey["name"])
    if gone:
        await freshness.forget_tenant(by.tenant.id)
    return len(gone)


async def _verified(answer: str, *, place: Place, seed: str) -> passkey_answers.Added:
    refusal = Invalid({"answer": _("The passkey was not added. Please try once more.")})
    try:
        said = passkey_answers.given(answer)
        if not await passkey_challenges.take("add", said.challenge, host=place.host, seed=seed):
            raise refusal
        return passkey_answers.added(answer, challenge=said.challenge, place=place)
    except passkey_answers.Refused as error:
        raise refusal from error


async def _insert(person_id: int, name: str, made: passkey_answers.Added, host: str) -> int:
    try:
        async with db.savepoint():
            return int(
                await db.value(
                    """INSERT INTO passkeys
                           (person_id, credential_id, public_key, sign_count, is_synced, host, name, created_at)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id""",
                    person_id,
                    made.credential_id,
                    made.public_key,
                    made.sign_count,
                    made.is_synced,
                    host,
                    name,
                    clock.now(),
                )
            )
    except asyncpg.UniqueViolationError as error:
        raise Invalid({"answer": _("This passkey is kept here already.")}) from error


async def _tell(person: Record, name: str, *, by: Actor) -> None:
    """Write to the person, who may not be the one who did it."""
    home = await written_as.home(person["id"])
    await notifications.notify(
        account_kinds.PASSKEY_ADDED,
        to=people.recipient(person),
        data={"name": person["name"], "passkey": name},
        client_id=home.client_id,
        project_id=home.project_id,
        by=by,
    )


async def _mine(by: Actor, *, lock: bool = False) -> Record:
    """One's own row; also for a session that still lacks the second factor, and for no key."""
    policies.require_outside(by)
    if by.person_id is None or by.session_id is None or by.kind not in (*PEOPLE, "visitor"):
        raise NotSignedIn()
    person = await people.find(by.person_id, lock=lock)
    if person is None:
        raise NotSignedIn()
    return person


async def _proved(signed_in: SignedIn, *, lock: bool = False) -> Record:
    person = await _mine(signed_in.actor, lock=lock)
    if needs_proof(signed_in):
        raise ProofNeeded()
    return person


async def _one(passkey_id: int, person: Record, *, lock: bool = False) -> Record:
    sql = f"SELECT * FROM passkeys WHERE id = $1 AND person_id = $2{' FOR UPDATE' if lock else ''}"
    found = await db.row(sql, passkey_id, person["id"]) if is_id(passkey_id) else None
    if found is None:
        raise NotFound()
    return found


async def _number(person_id: int) -> int:
    return int(await db.value("SELECT count(*) FROM passkeys WHERE person_id = $1", person_id))


def _checked(name: str) -> str:
    checks = Checks()
    text = checks.text("name", name, longest=LONGEST_NAME)
    checks.done()
    return text
