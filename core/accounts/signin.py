"""Signing in and out: the password, then the second factor, and proving again who one is.

Whatever is wrong, the answer and the work are the same, so that nobody learns which addresses are known here.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import msgspec
from asyncpg import Record

from core import audit, clock, db, policies
from core.accounts import passwords, people, second_factor, sessions, standing, throttle
from core.accounts.sessions import SignedIn
from core.accounts.standing import Standing
from core.accounts.throttle import Limit
from core.actor import Actor, Kind, Tenant, visitor
from core.errors import Forbidden, Invalid, NotFound, NotSignedIn
from core.i18n import _

WRONG_PER_ADDRESS = 10
WRONG_PER_PAIR = 10
WRONG_PER_ACCOUNT = 50
WRONG_CODES = 5
WRONG_CODES_AN_HOUR = 20
HOUR = timedelta(hours=1)
RECENT = timedelta(minutes=10)
"""How long ago somebody may have shown who he is, to do what hurts without doing it again."""


class Outcome(msgspec.Struct, frozen=True):
    """The password was right. The token opens nothing but the next step while one of the two is needed.

    `kind` tells as what the person acts, and so where the work begins.
    """

    token: str
    kind: Kind = "staff"
    needs_second_factor: bool = False
    must_enroll: bool = False


async def sign_in(
    email: str,
    password: str,
    *,
    tenant: Tenant,
    address: str,
    agent: str = "",
    request_id: str = "",
    old: str = "",
) -> Outcome:
    """Check the password and open a session; `old` is the token that the visitor came with, which then dies.

    Raises `Invalid` whatever is wrong, and `TooManyAttempts`. Call it before the request's first query.
    """
    if tenant.state != "active":
        raise Forbidden(_("This provider is suspended."))
    limits = _limits(email, address)
    async with passwords.turn() as turn:
        await throttle.count(*limits)
        row = await _candidate(email, tenant)
        mine = standing.of(row, is_seated=True) if row else None
        kind = mine.kind(tenant) if mine else None
        checked = await turn.check(password, row["password_hash"] if row and kind else None)
        if mine is None or kind is None or not checked.is_right:
            await _note_failure(email, by=visitor(tenant, address=address, request_id=request_id))
            raise Invalid({"": _("The e-mail address or the password is wrong.")})
        await throttle.take_back(*limits)
        by = mine.actor(kind, tenant, address=address, request_id=request_id)
        if checked.new_hash:
            await db.execute(
                "UPDATE people SET password_hash = $2 WHERE id = $1",
                mine.person_id,
                checked.new_hash,
            )
        if old:
            await sessions.end_by_token(old, by=by)
        return await _open(mine, by=by, agent=agent)


async def enter_code(code: str, *, by: Actor, token: str) -> str:
    """The second step: a code of the second factor or a recovery code. Returns the new token, fit for everything.

    Raises `Invalid` for a wrong one; the fifth ends the session (`NotSignedIn`). `by` is the session's actor.
    """
    person_id = by.person_id
    if person_id is None or by.session_id is None:
        raise NotSignedIn()
    await _guess(lambda: second_factor.accepts(person_id, code, by=by), by=by, wrong=_("This code is not right."))
    await note(person_id)
    return await sessions.renew(token, by=by, has_second_factor=True)


def needs_proof(signed_in: SignedIn) -> bool:
    """Whether he has to show again who he is before he does what hurts: `prove_again` takes it."""
    return signed_in.signed_in_at < clock.now() - RECENT


async def prove_again(secret: str, *, by: Actor, token: str) -> str:
    """Show again who one is: by a code when one has a second factor, else by the password. Returns the new token.

    Raises `Invalid` for a wrong one; the fifth ends the session (`NotSignedIn`).
    """
    async with passwords.turn() as turn:
        person = await people.me(by=by)
        if person["totp_confirmed_at"] is not None:
            return await enter_code(secret, by=by, token=token)
        await _guess(lambda: _is_password(turn, secret, person), by=by, wrong=_("This is not your password."))
        return await sessions.renew(token, by=by, has_proved=True)


async def sign_out(*, by: Actor) -> None:
    """End the session in use; nothing happens when there is none."""
    if by.session_id is not None:
        with suppress(NotFound):
            await sessions.end(by.session_id, by=by)


async def _open(mine: Standing, *, by: Actor, agent: str) -> Outcome:
    has_second_step = mine.has_second_step(by.tenant)
    must_enroll = not has_second_step and mine.needs_factor(by.tenant)
    is_pending = has_second_step or must_enroll
    client_id = mine.seat.id if mine.seat else None
    token = await sessions.open_session(
        mine.person_id, by=by, agent=agent, is_pending=is_pending, client_id=client_id
    )
    if not is_pending:
        await note(mine.person_id)
    return Outcome(token, by.kind, needs_second_factor=has_second_step, must_enroll=must_enroll)


async def note(person_id: int) -> None:
    """Keep when he was here last, for sessions are forgotten."""
    await db.execute("UPDATE people SET signed_in_at = $2 WHERE id = $1", person_id, clock.now())


async def _candidate(email: str, tenant: Tenant) -> Record | None:
    """The standing and the password's hash of whoever may sign in with this address."""
    if not people.is_storable(email):
        return None
    return await db.row(
        f"""SELECT {standing.COLUMNS}, {standing.SEAT_COLUMNS}, p.password_hash FROM people p {standing.FIRST_SEAT}
            {standing.OF_A_PERSON} WHERE p.email_folded = lower($1) AND {standing.IS_SOMEBODY}""",
        email.strip(),
        policies.has_feature(tenant, "users"),
    )


async def _note_failure(email: str, *, by: Actor) -> None:
    """Equal work whether the address is known or not; what was typed is kept of nobody unknown."""
    person = await people.find_by_email(email)
    known = (person["id"], person["name"]) if person else (None, "")
    await audit.record("signin:failed", "person", known[0], by=by, name=known[1])
    await db.scope().keep()


async def _guess(is_right: Callable[[], Awaitable[bool]], *, by: Actor, wrong: str) -> None:
    """Count a try, then look. Also counted per person, or a new sign-in would give five more for ever."""
    in_session = Limit(f"code:session:{by.session_id}", WRONG_CODES, HOUR)
    in_all = Limit(f"code:person:{by.person_id}", WRONG_CODES_AN_HOUR, HOUR)
    counts = await throttle.count(in_session, in_all)
    if await is_right():
        await throttle.take_back(in_session, in_all)
        return
    await audit.record("signin:failed", "person", by.person_id, by=by, name=by.name)
    await db.scope().keep()
    if counts[in_session.subject] >= WRONG_CODES and by.session_id is not None:
        await sessions.end(by.session_id, by=by)
        await db.scope().keep()
        raise NotSignedIn(_("Too many wrong answers. Please sign in again."))
    raise Invalid({"code": wrong})


async def _is_password(turn: passwords.Turn, password: str, person: Record) -> bool:
    return (await turn.check(password, person["password_hash"])).is_right


def _limits(email: str, address: str) -> tuple[Limit, ...]:
    """The account has a higher one of its own, so that its owner can still sign in from elsewhere."""
    network, account = throttle.network(address), throttle.account(email)
    return (
        Limit(f"signin:address:{network}", WRONG_PER_ADDRESS),
        Limit(f"signin:pair:{account}:{network}", WRONG_PER_PAIR),
        Limit(f"signin:account:{account}", WRONG_PER_ACCOUNT),
    )
