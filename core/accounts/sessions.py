"""Sessions of signed-in people: a random token in a cookie, of which only the hash is kept.

The token is new at sign-in, after the second factor, at a change of the password and when a person proves again
who he is. What a session may is read from the person's standing at every request (remembered until a change says
otherwise), so that rights which are taken away are gone at once.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Bytea, Text, Timestamptz

from core import audit, clock, db, freshness, policies
from core.accounts import standing
from core.actor import Actor, Kind, Tenant
from core.errors import Forbidden, NotFound, NotSignedIn
from core.i18n import _

LONGEST = timedelta(hours=12)
LONGEST_IDLE = timedelta(hours=2)
LONGEST_PENDING = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=5)
LONGEST_AGENT = 300
PEOPLE = ("staff", "user", "operator", "reseller")

Lacking = Literal["", "code", "enrolment"]


class Session(db.Owned, tablename="sessions"):
    """One sign-in of one person on one device. `is_pending`: the password was right, the code is still missing.

    `client_id` is the client that a user acts for. It is looked up with the membership at every request, and when
    that is gone the session gives no right there, and moves to no other client by itself.
    """

    token_hash = Bytea()
    person_id = BigInt()
    created_at = Timestamptz()
    seen_at = Timestamptz()
    expires_at = Timestamptz()
    signed_in_at = Timestamptz()
    is_pending = Boolean()
    has_second_factor = Boolean()
    address = Text()
    agent = Text()
    client_id = BigInt(null=True)


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """What the web knows of whoever sent the cookie.

    While something is `lacking` (the "code", or the "enrolment" of a second factor that the role must have) the
    actor is a visitor with a person's id: he may do nothing else. `kind` is what he will be then. `signed_in_at`
    is when he last proved who he is.
    """

    actor: Actor
    kind: Kind
    theme: str
    preferences: dict[str, Any]
    expires_at: datetime
    signed_in_at: datetime
    lacking: Lacking = ""

    @property
    def is_pending(self) -> bool:
        """Whether nothing but the page for what is lacking may be shown."""
        return self.lacking != ""


class _Remembered(msgspec.Struct, kw_only=True):
    """A session as it is kept in memory. `seen_at` moves on."""

    id: int
    seen_at: datetime
    expires_at: datetime
    signed_in_at: datetime
    is_pending: bool
    has_second_factor: bool
    standing: standing.Standing

    def lacking(self, tenant: Tenant) -> Lacking | None:
        """None when the session cannot be completed any more: what it was waiting for is gone."""
        if not self.standing.has_second_step(tenant):
            return "enrolment" if self.standing.needs_factor(tenant) else None if self.is_pending else ""
        return "" if self.has_second_factor and not self.is_pending else "code"


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode(errors="surrogatepass")).digest()


def new_token() -> str:
    """32 random bytes, as 43 characters for a cookie or a link."""
    return secrets.token_urlsafe(32)


async def actor_of(
    token_hash: bytes, tenant: Tenant, *, address: str = "", request_id: str = ""
) -> SignedIn | None:
    """Who sent this token; None for a wrong, old or ended one, and when the person has no standing any more."""
    key = f"session:{token_hash.hex()}"
    kept: _Remembered | None = await freshness.MEMORY.get(tenant.id, key, lambda: _load(token_hash))
    now = clock.now()
    if kept is None or tenant.state != "active" or not now < min(kept.expires_at, kept.seen_at + LONGEST_IDLE):
        return None
    kind, lacking = kept.standing.kind(tenant), kept.lacking(tenant)
    if kind is None or lacking is None:
        return None
    if kept.seen_at < now - SEEN_EVERY:
        await _see(kept, now)
    return SignedIn(
        actor=_limited(
            kept.standing.actor(kind, tenant, session_id=kept.id, address=address, request_id=request_id), lacking
        ),
        kind=kind,
        theme=kept.standing.theme,
        preferences=kept.standing.preferences,
        expires_at=kept.expires_at,
        signed_in_at=kept.signed_in_at,
        lacking=lacking,
    )


async def every(*, by: Actor) -> list[Record]:
    """One's own sessions, the one in use first: id, created_at, seen_at, address, agent, is_current and more."""
    now = clock.now()
    return await db.fetch(
        """SELECT id, created_at, seen_at, expires_at, signed_in_at, address, agent, id = $2 AS is_current
           FROM sessions WHERE person_id = $1 AND NOT is_pending AND expires_at > $3 AND seen_at > $4
           ORDER BY id = $2 DESC, seen_at DESC, id DESC""",
        person_of(by),
        by.session_id,
        now,
        now - LONGEST_IDLE,
    )


async def open_session(
    person_id: int,
    *,
    by: Actor,
    agent: str = "",
    is_pending: bool = False,
    has_second_factor: bool = False,
    client_id: int | None = None,
    passkey: str = "",
) -> str:
    """Begin a session and return its token, which is shown to nobody else. `by` tells the address.

    `client_id` is the client that a user begins with, `passkey` the name of the one that was used.
    """
    token, now = new_token(), clock.now()
    session_id = await db.value(
        """INSERT INTO sessions (token_hash, person_id, created_at, seen_at, expires_at, signed_in_at, is_pending,
               has_second_factor, address, agent, client_id)
           VALUES ($1, $2, $3, $3, $4, $3, $5, $6, $7, $8, $9) RETURNING id""",
        digest(token),
        person_id,
        now,
        now + (LONGEST_PENDING if is_pending else LONGEST),
        is_pending,
        has_second_factor,
        by.address,
        _printable(agent),
        client_id,
    )
    told = {"pending": True} if is_pending else {"passkey": passkey} if passkey else None
    await audit.record("session:opened", "session", session_id, by=by, name=by.name, new=told)
    return token


async def renew(token: str, *, by: Actor, has_proved: bool = False, has_second_factor: bool = False) -> str:
    """The same session under a new token; the old one is dead.

    `has_proved`: he has just proved who he is, which restarts the clock of `signed_in_at`. `has_second_factor`: he
    did so by his second factor, and the session is complete."""
    fresh, now = new_token(), clock.now()
    renewed = await db.value(
        """UPDATE sessions SET token_hash = $2, seen_at = $3,
               signed_in_at = CASE WHEN $4 OR $5 THEN $3 ELSE signed_in_at END,
               expires_at = CASE WHEN $5 AND is_pending THEN created_at + $6 ELSE expires_at END,
               has_second_factor = has_second_factor OR $5, is_pending = is_pending AND NOT $5
           WHERE token_hash = $1 AND id = $7 AND expires_at > $3 RETURNING id""",
        digest(token),
        digest(fresh),
        now,
        has_proved,
        has_second_factor,
        LONGEST,
        by.session_id,
    )
    if renewed is None:
        raise NotSignedIn()
    await freshness.forget_tenant(by.tenant.id)
    return fresh


async def end(session_id: int, *, by: Actor) -> None:
    """End one of one's own sessions; `NotFound` for anybody else's."""
    owner = by.person_id if session_id == by.session_id else person_of(by)
    if not 0 < session_id < 2**63 or not await _end("id = $1 AND person_id = $2", session_id, owner, by=by):
        raise NotFound()
    await audit.record("session:ended", "session", session_id, by=by, name=by.name)


async def end_by_token(token: str, *, by: Actor) -> None:
    """End whatever session this token belongs to."""
    await _end("token_hash = $1", digest(token), by=by)


async def end_others(*, by: Actor) -> int:
    """End all of one's own sessions but the one in use; returns how many."""
    return await end_all_of(person_of(by), by=by, but=by.session_id)


async def end_all_of(person_id: int, *, by: Actor, but: int | None = None) -> int:
    """End a person's sessions, all `but` one; returns how many. Asks for no right: verbs that call it have."""
    ended = await _end("person_id = $1 AND id IS DISTINCT FROM $2", person_id, but, by=by)
    if ended:
        name = await db.value("SELECT name FROM people WHERE id = $1", person_id)
        await audit.record("session:ended", "person", person_id, by=by, name=name, new={"sessions": ended})
    return ended


async def purge(now: datetime) -> None:
    """Remove the sessions of this tenant that are over."""
    await db.execute("DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2", now, now - LONGEST_IDLE)


def person_of(by: Actor) -> int:
    """The id of the person who acts himself; `Forbidden` to keys, jobs and staff inside a client's account."""
    policies.require_outside(by)
    if by.kind == "visitor" or (by.kind in PEOPLE and by.person_id is None):
        raise NotSignedIn()
    if by.kind not in PEOPLE or by.person_id is None:
        raise Forbidden(_("Only a person who has signed in can do this."))
    return by.person_id


async def _load(token_hash: bytes) -> _Remembered | None:
    row = await db.row(
        f"""SELECT s.id AS session_id, s.seen_at, s.expires_at, s.signed_in_at, s.is_pending, s.has_second_factor,
                {standing.COLUMNS}, {standing.SEAT_COLUMNS}
            FROM sessions s JOIN people p ON p.tenant_id = s.tenant_id AND p.id = s.person_id
            LEFT JOIN memberships m ON m.tenant_id = s.tenant_id AND m.client_id = s.client_id
                AND m.person_id = s.person_id
            {standing.OF_A_PERSON} WHERE s.token_hash = $1 AND {standing.IS_SOMEBODY}""",
        token_hash,
    )
    if row is None:
        return None
    return _Remembered(
        id=row["session_id"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
        signed_in_at=row["signed_in_at"],
        is_pending=row["is_pending"],
        has_second_factor=row["has_second_factor"],
        standing=standing.of(row, is_seated=True),
    )


def _limited(actor: Actor, lacking: Lacking) -> Actor:
    """Nobody yet, as far as rights go, while something is lacking."""
    if not lacking:
        return actor
    return msgspec.structs.replace(
        actor, kind="visitor", role="", permissions=frozenset(), staff_id=None, client=None
    )


async def _see(kept: _Remembered, now: datetime) -> None:
    """Note that the session is in use, without waiting for another request that does the same."""
    await db.execute(
        """UPDATE sessions SET seen_at = $2 WHERE id = (
               SELECT id FROM sessions WHERE id = $1 AND seen_at < $3 FOR UPDATE SKIP LOCKED)""",
        kept.id,
        now,
        now - SEEN_EVERY,
    )
    kept.seen_at = now


async def _end(condition: str, *arguments: Any, by: Actor) -> int:
    rows = await db.fetch(f"DELETE FROM sessions WHERE {condition} RETURNING id", *arguments)
    if rows:
        await freshness.forget_tenant(by.tenant.id)
    return len(rows)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:LONGEST_AGENT]
