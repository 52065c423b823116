"""Signing in with a passkey: one step that counts as both factors.

Whatever is wrong, the answer is the same: a passkey that is not known here, one of another host, somebody who is
kept out. What was wrong with the passkey of somebody known stands in the audit.
"""

from asyncpg import Record

from core import audit, clock, db, policies
from core.accounts import passkey_answers, passkey_challenges, sessions, signin, standing, throttle
from core.accounts.passkey_answers import Given, Place, Refused, Used
from core.accounts.signin import WRONG_PER_ADDRESS, Outcome
from core.accounts.standing import Standing
from core.accounts.throttle import Limit
from core.actor import Actor, Tenant, visitor
from core.errors import Forbidden, Invalid
from core.i18n import _


class DidNotWork(Invalid):
    """This passkey signs nobody in here, now."""

    def __init__(self) -> None:
        super().__init__({"": _("This passkey did not work here. Try once more, or sign in another way.")})


async def options(*, place: Place, seed: str, address: str) -> str:
    """What the browser is asked for, as JSON. Raises `TooManyAttempts`."""
    challenge = await passkey_challenges.make("sign_in", host=place.host, seed=seed, address=address)
    return passkey_answers.options_to_sign_in(challenge, place=place)


async def sign_in(
    answer: str,
    *,
    place: Place,
    seed: str,
    tenant: Tenant,
    address: str,
    agent: str = "",
    request_id: str = "",
    old: str = "",
) -> Outcome:
    """Verify the answer and open a session that lacks nothing; `old` is the token that dies with it.

    Raises `DidNotWork` whatever is wrong, and `TooManyAttempts`.
    """
    if tenant.state != "active":
        raise Forbidden(_("This provider is suspended."))
    limit = Limit(f"signin:address:{throttle.network(address)}", WRONG_PER_ADDRESS)
    await throttle.count(limit)
    said = await _said(answer, place=place, seed=seed)
    passkey, mine = await _whose(said, place=place, tenant=tenant)
    kind = mine.kind(tenant) if mine else None
    if passkey is None or mine is None or kind is None:
        raise DidNotWork()
    stranger = visitor(tenant, address=address, request_id=request_id)
    await _verify(answer, said, passkey, mine, place=place, by=stranger)
    await throttle.take_back(limit)
    by = mine.actor(kind, tenant, address=address, request_id=request_id)
    if old:
        await sessions.end_by_token(old, by=by)
    await signin.note(mine.person_id)
    client_id = mine.seat.id if mine.seat else None
    token = await sessions.open_session(
        mine.person_id, by=by, agent=agent, has_second_factor=True, client_id=client_id, passkey=passkey["name"]
    )
    return Outcome(token, kind)


async def _said(answer: str, *, place: Place, seed: str) -> Given:
    """What the answer says of itself, once its challenge was out for this browser; it is used up by that."""
    try:
        said = passkey_answers.given(answer)
    except Refused as error:
        raise DidNotWork() from error
    if not await passkey_challenges.take("sign_in", said.challenge, host=place.host, seed=seed):
        raise DidNotWork()
    return said


async def _whose(said: Given, *, place: Place, tenant: Tenant) -> tuple[Record | None, Standing | None]:
    """The passkey of this host, and the standing of the person that it names as its own."""
    passkey = await db.row(
        "SELECT * FROM passkeys WHERE credential_id = $1 AND host = $2 FOR UPDATE", said.credential_id, place.host
    )
    if passkey is None or said.handle != passkey_answers.handle_of(passkey["person_id"]):
        return None, None
    row = await db.row(
        f"""SELECT {standing.COLUMNS}, {standing.SEAT_COLUMNS} FROM people p {standing.FIRST_SEAT}
            {standing.OF_A_PERSON} WHERE p.id = $1 AND {standing.IS_SOMEBODY}""",
        passkey["person_id"],
        policies.has_feature(tenant, "users"),
    )
    return passkey, standing.of(row, is_seated=True) if row else None


async def _verify(answer: str, said: Given, passkey: Record, mine: Standing, *, place: Place, by: Actor) -> None:
    """Check the answer against the passkey, and note its use; whoever fails stands in the audit as a stranger."""
    try:
        used = passkey_answers.used(
            answer,
            challenge=said.challenge,
            place=place,
            public_key=passkey["public_key"],
            sign_count=passkey["sign_count"],
        )
        await _note_use(passkey, used)
    except Refused as error:
        await audit.record("signin:failed", "person", mine.person_id, by=by, name=mine.name)
        await db.scope().keep()
        raise DidNotWork() from error


async def _note_use(passkey: Record, used: Used) -> None:
    """Move the counter on. Of two answers at the same moment the row's lock lets one see the other's."""
    await db.execute(
        "UPDATE passkeys SET sign_count = $2, is_synced = $3, last_used_at = $4 WHERE id = $1",
        passkey["id"],
        used.sign_count,
        used.is_synced,
        clock.now(),
    )
