"""Links by which a person chooses a password: after forgetting it, or for the first time.

Each works once, for a time, and only as long as the password it was made for is still in force. The address is
built on a host of the provider's that we keep, never on what a request calls itself.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from asyncpg import Record
from piccolo.columns import BigInt, Bytea, Text, Timestamptz

from core import audit, clock, db, jobs, notifications, policies
from core.accounts import account_kinds, passwords, people, sessions, throttle, written_as
from core.accounts.throttle import Limit
from core.actor import Actor, Tenant, visitor
from core.errors import Invalid, NotFound
from core.i18n import _

Purpose = Literal["password", "welcome", "invitation"]
LASTS = {"password": timedelta(minutes=30), "welcome": timedelta(days=7), "invitation": timedelta(days=7)}
LETTERS = {
    "password": account_kinds.PASSWORD,
    "welcome": account_kinds.WELCOME,
    "invitation": account_kinds.STAFF_INVITATION,
}
KEPT = timedelta(days=30)
ASKED_PER_ADDRESS = 10
ASKED_PER_ACCOUNT = 3
ACCOUNT_WINDOW = timedelta(minutes=15)


class Link(db.Owned, tablename="links"):
    """One link. `bound_to` tells the password's hash it was made for, without showing it."""

    token_hash = Bytea()
    purpose = Text()
    person_id = BigInt()
    bound_to = Text()
    created_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True)


class NotValid(NotFound):
    """Unknown, used, too old, or made for a password that has changed since: it is all the same."""

    def __init__(self) -> None:
        super().__init__(_("This link is not valid any more. You can ask for a new one."))


async def request_reset(email: str, *, tenant: Tenant, base_url: str, address: str) -> None:
    """Send a link to whoever has this address, if anybody has. The work and the answer are the same in each case.

    `base_url` begins with one of the provider's hosts, as stored. Raises `TooManyAttempts`.
    """
    await throttle.count(Limit(f"reset:address:{throttle.network(address)}", ASKED_PER_ADDRESS))
    if people.is_storable(email):
        payload = {
            "email": email.strip(),
            "provider": tenant.name,
            "has_brands": policies.has_feature(tenant, "projects"),
            "base_url": base_url,
            "address": address,
        }
        await jobs.later("password.reset", payload)


@jobs.task("password.reset")
async def answer_reset(payload: dict[str, Any], job: jobs.Job) -> None:
    """Send the link that was asked for; nothing when nobody has the address, or it was asked for too often."""
    granted = frozenset({"projects"} if payload.get("has_brands") else ())
    tenant = Tenant(id=job.tenant_id, code="", name=payload["provider"], granted=granted)
    async with job.scope():
        person = await people.find_by_email(payload["email"])
        if person is None or person["is_disabled"] or await _is_flooded(person["id"]):
            return
        by = visitor(tenant, address=payload["address"])
        await send("password", person["id"], base_url=payload["base_url"], by=by)


async def send(purpose: Purpose, person_id: int, *, base_url: str, by: Actor) -> None:
    """Make a link and mail it, in the person's language. Asks for no right: the verb that wants it has asked."""
    person = await _person(person_id)
    home = await written_as.home(person_id)
    await notifications.notify(
        LETTERS[purpose],
        to=people.recipient(person),
        data={"name": person["name"], "address": url(base_url, await create(purpose, person_id, by=by))},
        client_id=home.client_id,
        project_id=home.project_id,
        by=by,
    )


async def create(purpose: Purpose, person_id: int, *, by: Actor) -> str:
    """Make a link for a person; returns its token, for whoever mails it himself."""
    person, token, now = await _person(person_id), sessions.new_token(), clock.now()
    await db.execute(
        """INSERT INTO links (token_hash, purpose, person_id, bound_to, created_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        sessions.digest(token),
        purpose,
        person_id,
        _binding(person["password_hash"]),
        now,
        now + LASTS[purpose],
    )
    await audit.record("link:created", "person", person_id, by=by, name=person["name"], new={"purpose": purpose})
    return token


def url(base_url: str, token: str) -> str:
    """The address to mail."""
    return f"{base_url.rstrip('/')}/password/{token}"


async def get(token: str) -> Record:
    """The link that is still good: purpose, person_id, name, email, locale, password_hash; else `NotValid`."""
    row = await db.row(
        """SELECT l.id, l.purpose, l.bound_to, l.expires_at, p.id AS person_id, p.name, p.email, p.locale,
               p.password_hash
           FROM links l JOIN people p ON p.tenant_id = l.tenant_id AND p.id = l.person_id
           WHERE l.token_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND NOT p.is_disabled""",
        sessions.digest(token),
        clock.now(),
    )
    if row is None or row["bound_to"] != _binding(row["password_hash"]):
        raise NotValid()
    return row


async def use(token: str, new_password: str, *, by: Actor) -> int:
    """Put the new password in force and end all sessions of the person, whose id is returned.

    The second factor and the passkeys stay as they are. Raises `NotValid`, and `Invalid` under "password". `by` is
    a visitor, or somebody signed in; not staff inside a client's account.
    """
    policies.require_outside(by)
    async with passwords.turn() as turn:
        link = await get(token)
        if trouble := passwords.problem(new_password, about=(link["name"], link["email"], by.tenant.name)):
            raise Invalid({"password": trouble})
        hashed = await turn.hashed(new_password)
    person_id = int(link["person_id"])
    if not await _use_up(link):
        raise NotValid()
    await people.set_password_hash(person_id, hashed, by=by)
    await sessions.end_all_of(person_id, by=by)
    return person_id


async def purge(now: datetime) -> None:
    """Remove the links that have been over for a while."""
    await db.execute("DELETE FROM links WHERE expires_at < $1", now - KEPT)


async def _use_up(link: Record) -> bool:
    """Of two who use it at the same moment, and of two links for the same password, one is first."""
    person = await people.find(link["person_id"], lock=True)
    if person is None or person["is_disabled"] or person["password_hash"] != link["password_hash"]:
        return False
    tag = await db.execute(
        "UPDATE links SET used_at = $2 WHERE id = $1 AND used_at IS NULL", link["id"], clock.now()
    )
    return tag == "UPDATE 1"


async def _is_flooded(person_id: int) -> bool:
    """Whether somebody fills this mailbox: silently, because the visitor must not learn that it exists."""
    now = clock.now()
    count = await db.value(
        "SELECT count(*) FROM links WHERE person_id = $1 AND purpose = 'password' AND created_at > $2",
        person_id,
        now - ACCOUNT_WINDOW,
    )
    return int(count) >= ASKED_PER_ACCOUNT


async def _person(person_id: int) -> Record:
    person = await people.find(person_id)
    if person is None:
        raise NotFound()
    return person


def _binding(password_hash: str | None) -> str:
    return sha256((password_hash or "").encode()).hexdigest()[:32]
