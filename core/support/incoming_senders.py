"""Who sent a mail: a user of a client, the client itself, or nobody we know. The address is all that says it.

That an address can be forged is why an answer also has to come to the ticket's own reply address.
"""

from datetime import timedelta
from typing import Any

from asyncpg import Record

from core import db, policies
from core.accounts import rights, throttle
from core.accounts.rights import Right
from core.accounts.standing import SEAT_COLUMNS
from core.accounts.throttle import Limit
from core.actor import Actor, ClientSeat
from core.support.incoming_parsing import Parsed

MOST_MAILS, WINDOW = 30, timedelta(hours=1)
"""Of one client."""
SEATS = f"""SELECT p.id AS person_id, p.name, p.locale, {SEAT_COLUMNS} FROM people p
    JOIN memberships m ON m.tenant_id = p.tenant_id AND m.person_id = p.id
    JOIN clients c ON c.tenant_id = m.tenant_id AND c.id = m.client_id
    WHERE p.email_folded = $1 AND NOT p.is_disabled AND (m.is_owner OR $2)"""
"""`$2` says whether others than owners have a seat, as in `standing.FIRST_SEAT`."""

Speaker = tuple[Record, Actor]


class Turned(Exception):
    """A mail that is not taken: ignored or refused, and why."""

    def __init__(self, reason: str, *, state: str = "refused") -> None:
        super().__init__(reason)
        self.reason, self.state = reason, state


async def of_client(address: str, client_id: int, *, by: Actor) -> Actor | None:
    """Who speaks for this client from this address: a user who may write tickets, else the client itself."""
    seat = await db.row(f"{SEATS} AND c.id = $3", address, policies.has_feature(by.tenant, "users"), client_id)
    if seat is not None:
        return _user(seat, by=by)
    client = await db.row("SELECT * FROM clients WHERE id = $1 AND email_folded = $2", client_id, address)
    return None if client is None else _itself(client, by=by)


async def client_of(address: str, *, by: Actor) -> Speaker | None:
    """The client that mail from this address is about, and who speaks: one's own client first, open ones first."""
    first = "ORDER BY c.status = 'closed', NOT m.is_owner, c.code LIMIT 20"
    for seat in await db.fetch(f"{SEATS} {first}", address, policies.has_feature(by.tenant, "users")):
        if (speaker := _user(seat, by=by)) is not None:
            client = await db.row("SELECT * FROM clients WHERE id = $1", seat["seat_id"])
            return None if client is None else (client, speaker)
    client = await db.row(
        """SELECT * FROM clients WHERE email_folded = $1 AND merged_into_id IS NULL
           ORDER BY status = 'closed', code LIMIT 1""",
        address,
    )
    return None if client is None else (client, _itself(client, by=by))


async def unknown(mail: Parsed, client_id: int | None, *, by: Actor) -> Speaker | None:
    """The client that the provider puts unknown senders under, if any; they speak in their own name."""
    client = await db.row("SELECT * FROM clients WHERE id = $1", client_id)
    if client is None:
        return None
    name = f"{mail.sender_name} <{mail.sender}>".strip()[:200]
    return client, Actor(kind="user", tenant=by.tenant, name=name, locale=client["language"])


async def count(client_id: int) -> None:
    """One more mail of this client; `TooManyAttempts` beyond what anybody writes."""
    await throttle.count(Limit(f"mail of {client_id}", MOST_MAILS, WINDOW))


def _user(seat: Record, *, by: Actor) -> Actor | None:
    """The user as one acts; None without the right to write tickets."""
    may = rights.of(seat["seat_roles"], seat["seat_rights"])
    if Right.TICKETS_WRITE not in may:
        return None
    client = ClientSeat(
        id=seat["seat_id"],
        code=seat["seat_code"],
        name=seat["seat_name"],
        roles=frozenset(seat["seat_roles"]),
        rights=may,
        is_closed=seat["seat_status"] == "closed",
    )
    more: dict[str, Any] = {"person_id": seat["person_id"], "locale": seat["locale"]}
    return Actor(kind="user", tenant=by.tenant, name=seat["name"], client=client, **more)


def _itself(client: Record, *, by: Actor) -> Actor:
    name = client["contact_person"] or client["name"]
    return Actor(kind="user", tenant=by.tenant, name=name, locale=client["language"])
