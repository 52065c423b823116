"""Entering with a client's rights: a member of staff inside the client's portal, for a reason and half an hour.

A visit has a token of its own, worth something only together with the session it was begun from. Whether it still
holds is read at every request: the session, the right, the limits to projects and groups, the client. Inside there
is no account of one's own (`sessions.person_of` refuses), and what stays closed asks `policies.require_outside`.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

import asyncpg
import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Bytea, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, rights
from core.accounts.rights import Right
from core.accounts.sessions import SignedIn, digest, new_token
from core.accounts.signin import needs_proof
from core.actor import Actor, ClientSeat, Impersonator, Tenant, system
from core.checks import Checks
from core.errors import Conflict, Forbidden, ForbiddenInside, Invalid, NotFound, NotSignedIn
from core.i18n import N_, _
from core.permissions import Permission

LONGEST = timedelta(minutes=30)
LONGEST_REASON = 500
LONGEST_BACK = 2000
CLOSED_INSIDE = frozenset({Right.USERS_MANAGE.value})
"""Rights that do not come along: nobody gives access to somebody else's account."""

Why = Literal["left", "expired", "right", "session", "client"]
ENDINGS: dict[str, str] = {
    "left": N_("You are out of the client’s account."),
    "expired": N_("Half an hour is over: you are out of the client’s account."),
    "right": N_("You may not be inside this client’s account any more."),
    "session": N_("You are out of the client’s account."),
    "client": N_("This client is not here any more."),
}


class Impersonation(db.Owned, tablename="impersonations"):
    """One visit. `ended_by` is a `Why`, "" while it goes on; `back` is the page it was begun from."""

    token_hash = Bytea()
    staff_id = BigInt()
    session_id = BigInt(null=True)
    client_id = BigInt(null=True)
    reason = Text()
    back = Text()
    address = Text()
    started_at = Timestamptz()
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True)
    ended_by = Text()


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """A visit that goes on: who acts there, whose account it is, and until when."""

    actor: Actor
    id: int
    code: int
    name: str
    expires_at: datetime
    back: str


class VisitOver(NotSignedIn):
    """The visit has ended; `back` is where it was begun."""

    def __init__(self, why: str, back: str) -> None:
        super().__init__(_(ENDINGS[why]))
        self.why, self.back = why, back


async def require_startable(by: Actor) -> None:
    """Nothing when `by` could enter somewhere now; `ForbiddenInside` when he is inside an account already."""
    policies.require(by, Permission.CLIENT_IMPERSONATE)
    policies.require_outside(by)
    if by.kind != "staff" or by.staff_id is None or by.session_id is None:
        raise Forbidden(_("Only a member of staff who has signed in can enter a client’s account."))
    if await going_on(by=by):
        raise _already()


async def require_none(*, by: Actor) -> None:
    """Nothing, unless a client's account was entered from the session of `by` and is not left yet."""
    if by.session_id is not None and await going_on(by=by):
        raise ForbiddenInside(_("You are inside a client’s account. Leave it first."))


async def start(code: int, reason: str, *, back: str = "", signed_in: SignedIn) -> str:
    """Enter the account of the client with this code; returns the visit's token, which is shown to nobody else.

    `Invalid` without a reason, and under "code" when he has not shown lately who he is; `ForbiddenInside` for
    whoever is inside one already, in whatever window; `Conflict` for a client that was cleared.
    """
    by = signed_in.actor
    await require_startable(by)
    client = await client_to_enter(code, by=by)
    reason = checked_reason(reason)
    if needs_proof(signed_in):
        raise Invalid({"code": _("Please show again who you are.")})
    token, now = new_token(), clock.now()
    kept_back = back if len(back) <= LONGEST_BACK else ""
    try:
        async with db.savepoint():
            visit_id = await db.value(
                """INSERT INTO impersonations (token_hash, staff_id, session_id, client_id, reason, back, address,
                       started_at, expires_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id""",
                *(digest(token), by.staff_id, by.session_id, client["id"], reason),
                *(kept_back, by.address, now, now + LONGEST),
            )
    except asyncpg.UniqueViolationError as error:
        raise _already() from error
    inside = _actor(visit_id, client, by=by)
    await audit.record(
        "impersonation:started", "client", client["id"], by=inside, name=client["name"], new={"reason": reason}
    )
    return token


async def client_to_enter(code: int, *, by: Actor) -> Record:
    """The client with this code; `Conflict` when its personal data was cleared."""
    client = await access.client_by_code(code, by=by)
    if client["cleared_at"] is not None:
        raise Conflict(_("The personal data of this client was cleared; nobody can enter it any more."))
    return client


def checked_reason(text: str) -> str:
    """Why somebody enters; `Invalid` under "reason" without one."""
    checks = Checks()
    reason = checks.text("reason", text, longest=LONGEST_REASON, lines=True)
    checks.done()
    return reason


async def find(token: str, *, by: Actor) -> Inside | VisitOver | None:
    """The visit that a cookie stands for, when `by` is the one who began it and it still holds.

    Otherwise it is ended here, and it is told where it was begun; None for a token that never was one.
    """
    row = await db.row(
        """SELECT i.*, c.code, c.name, c.status FROM impersonations i LEFT JOIN clients c ON c.id = i.client_id
           WHERE i.token_hash = $1""",
        digest(token),
    )
    if row is None:
        return None
    if row["ended_at"] is not None:
        return VisitOver(row["ended_by"], row["back"])
    why = await _why_over(row, by=by)
    if why is not None:
        await _end(row, why, by=by)
        return VisitOver(why, row["back"])
    client = {"id": row["client_id"], "code": row["code"], "name": row["name"], "status": row["status"]}
    return Inside(
        actor=_actor(row["id"], client, by=by),
        id=row["id"],
        code=row["code"],
        name=row["name"],
        expires_at=row["expires_at"],
        back=row["back"],
    )


async def leave(*, by: Actor) -> None:
    """End the visit that `by` is on, or that was begun from his session. Asks for no right."""
    row = await db.row(
        "SELECT * FROM impersonations WHERE ended_at IS NULL AND CASE WHEN $1 THEN id ELSE session_id END = $2",
        by.impersonator is not None,
        by.impersonator.visit_id if by.impersonator else by.session_id,
    )
    if row is not None:
        await _end(row, "left", by=by)


async def end_of_client(client_id: int, *, by: Actor) -> None:
    """End the visits to a client's account that go on. Asks for no right: its callers have."""
    for row in await db.fetch(
        "SELECT * FROM impersonations WHERE client_id = $1 AND ended_at IS NULL ORDER BY id FOR UPDATE", client_id
    ):
        await _end(row, "client", by=by)


async def going_on(*, by: Actor) -> str:
    """The name of the client whose account was entered from this session and is not left yet, "" for none."""
    await _end_over(by, session_id=by.session_id)
    name = await db.value(
        """SELECT c.name FROM impersonations i JOIN clients c ON c.id = i.client_id
           WHERE i.session_id = $1 AND i.ended_at IS NULL""",
        by.session_id,
    )
    return name or ""


async def note_refusal(request: str, *, by: Actor) -> None:
    """Keep that something was tried which is closed inside: the method and the path, never what was sent."""
    client = by.client
    await audit.record(
        "impersonation:refused",
        "client",
        client.id if client else None,
        by=by,
        name=client.name if client else "",
        new={"request": request[:200]},
    )


async def purge(_now: datetime) -> None:
    """End the visits of this tenant that nobody came back to: time over, session or client gone."""
    await _end_over(system(Tenant(id=db.scope().tenant_id, code="", name="")))


async def _why_over(row: Record, *, by: Actor) -> Why | None:
    if row["client_id"] is None:
        return "client"
    if row["session_id"] is None or row["session_id"] != by.session_id or by.kind != "staff":
        return "session"
    if row["expires_at"] <= clock.now():
        return "expired"
    if not policies.allows(by, Permission.CLIENT_IMPERSONATE):
        return "right"
    try:
        await access.client(row["client_id"], by=by)
    except (NotFound, Forbidden):
        return "right"
    return None


def _actor(visit_id: int, client: Any, *, by: Actor) -> Actor:
    """Who acts inside: the client's owner in rights, and in name the member of staff. No person's account."""
    seat = ClientSeat(
        id=client["id"],
        code=client["code"],
        name=client["name"],
        roles=frozenset(),
        rights=rights.ALL - CLOSED_INSIDE,
        is_closed=client["status"] == "closed",
    )
    return Actor(
        kind="user",
        tenant=by.tenant,
        name=by.name,
        client=seat,
        impersonator=Impersonator(visit_id=visit_id, staff_id=by.staff_id or 0, name=by.name),
        address=by.address,
        request_id=by.request_id,
        locale=by.locale,
    )


def _already() -> ForbiddenInside:
    return ForbiddenInside(_("You are inside a client’s account already. Leave it first."))


async def _end(row: Record, why: Why, *, by: Actor) -> None:
    """Write down the end. Whoever notices it, the entry names the member of staff who was inside."""
    ended = await db.row(
        """UPDATE impersonations i SET ended_at = $2, ended_by = $3
           FROM staff s JOIN people p ON p.id = s.person_id
           WHERE i.id = $1 AND i.ended_at IS NULL AND s.id = i.staff_id
           RETURNING p.name AS staff, (SELECT c.name FROM clients c WHERE c.id = i.client_id) AS client""",
        row["id"],
        min(clock.now(), row["expires_at"]),
        why,
    )
    if ended is None:
        return
    inside = Impersonator(visit_id=row["id"], staff_id=row["staff_id"], name=ended["staff"])
    await audit.record(
        "impersonation:ended",
        "client",
        row["client_id"],
        by=msgspec.structs.replace(by, impersonator=inside),
        name=ended["client"] or "",
        client_id=row["client_id"],
        new={"ended_by": why},
    )


async def _end_over(by: Actor, *, session_id: int | None = None) -> None:
    """End the visits that are over and nobody came back to: of one session, or all of this tenant."""
    found = await db.fetch(
        """SELECT * FROM impersonations WHERE ended_at IS NULL AND ($2::bigint IS NULL OR session_id = $2)
           AND (expires_at <= $1 OR session_id IS NULL OR client_id IS NULL) ORDER BY expires_at, id""",
        clock.now(),
        session_id,
    )
    for row in found:
        is_late = row["expires_at"] <= clock.now()
        await _end(row, "expired" if is_late else "client" if row["client_id"] is None else "session", by=by)
