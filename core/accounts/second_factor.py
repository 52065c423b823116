"""The second factor: codes that change every 30 seconds (TOTP, RFC 6238), and recovery codes for a lost phone.

The secret is sealed; a code is never accepted twice; a recovery code works once, and only its hash is kept.
"""

import hmac
import re
import secrets
from datetime import datetime
from hashlib import sha256

import msgspec
import pyotp
import segno
from asyncpg import Record

from core import audit, clock, db, freshness, policies, sealing
from core.accounts import passwords, people, sessions, standing, throttle
from core.accounts.sessions import PEOPLE, person_of
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, NotSignedIn
from core.i18n import _
from core.permissions import Permission

STEP_SECONDS = 30
DRIFT = 1
"""Codes of this many steps before and after are taken as well: clocks differ."""
RECOVERY_CODES = 10
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_LENGTH = 16
CODE = re.compile("[0-9]{6}")
RECOVERY = re.compile(f"[{RECOVERY_LETTERS}]{{{RECOVERY_LENGTH}}}")
MOST_WRONG = 10


class Enrolment(msgspec.Struct, frozen=True):
    """What the phone needs: the secret to type in, or the picture (an SVG element) to scan."""

    secret: str
    uri: str
    picture: str


class Confirmed(msgspec.Struct, frozen=True):
    """The second factor is on. The recovery codes are shown this once; the session has a new token."""

    token: str
    recovery_codes: list[str]


class State(msgspec.Struct, frozen=True):
    """How things stand: not on while `confirmed_at` is None."""

    confirmed_at: datetime | None
    recovery_codes_left: int
    is_required: bool


async def state(*, by: Actor) -> State:
    """One's own."""
    person = await _mine(by)
    mine = await standing.find(person["id"])
    return State(
        confirmed_at=person["totp_confirmed_at"],
        recovery_codes_left=len(person["recovery_hashes"]),
        is_required=mine is not None and mine.needs_factor(by.tenant),
    )


async def begin(*, by: Actor) -> None:
    """Make a secret for the phone, which counts once it is confirmed. One that this session has begun with stays.

    Also for somebody whose role must have a second factor and who has none yet.
    """
    person = await _mine(by, lock=True)
    if person["totp_confirmed_at"] is not None:
        raise Conflict(_("The second factor is on already."))
    if _unsealed(person, _bench(person, by)) is None:
        await _make_secret(person, by)


async def enrolment(*, by: Actor) -> Enrolment | None:
    """What this session has begun; None when it has not, and once it is confirmed."""
    person = await _mine(by)
    secret = _unsealed(person, _bench(person, by))
    if secret is None:
        return None
    uri = pyotp.TOTP(secret).provisioning_uri(name=person["email"], issuer_name=by.tenant.name)
    code = segno.make(uri, micro=False)
    return Enrolment(secret, uri, code.svg_inline(dark="#000", light="#fff", omitsize=True))


async def confirm(code: str, *, by: Actor, token: str) -> Confirmed:
    """Switch the second factor on by a first code. One's other sessions end. Raises `Invalid` under "code"."""
    person = await _mine(by, lock=True)
    if person["totp_confirmed_at"] is not None:
        raise Conflict(_("The second factor is on already."))
    limit = throttle.Limit(f"factor:person:{person['id']}", MOST_WRONG)
    await throttle.count(limit)
    secret = _unsealed(person, _bench(person, by))
    step = _step_of(code, secret)
    if secret is None or step is None:
        raise Invalid({"code": _("This code is not right.")})
    codes = await _switch_on(person, secret, step, by=by)
    await throttle.forget(limit)
    await sessions.end_all_of(person["id"], by=by, but=by.session_id)
    return Confirmed(await sessions.renew(token, by=by, has_second_factor=True), codes)


async def accepts(person_id: int, code: str, *, by: Actor) -> bool:
    """Whether this is a code of the person's, which is then used up. The caller counts the tries."""
    person = await people.find(person_id)
    if person is None or person["totp_confirmed_at"] is None:
        return False
    step = _step_of(code, _unsealed(person, _place(person, by)))
    if step is not None:
        return await _use("totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2", person_id, step)
    given = _digest(code)
    if given is None or not await _use(
        "recovery_hashes = array_remove(recovery_hashes, $2) WHERE id = $1 AND $2 = ANY(recovery_hashes)",
        person_id,
        given,
    ):
        return False
    await audit.record("second_factor:recovery_used", "person", person_id, by=by, name=person["name"])
    return True


async def new_recovery_codes(secret: str, *, by: Actor) -> list[str]:
    """Ten new recovery codes instead of the old ones; `secret` is a code or the password. Shown this once."""
    person = await _proved(secret, by=by)
    codes = _recovery_codes()
    await db.execute(
        "UPDATE people SET recovery_hashes = $2 WHERE id = $1", person["id"], [_digest(code) for code in codes]
    )
    await audit.record("second_factor:recovery_renewed", "person", person["id"], by=by, name=person["name"])
    return codes


async def disable(secret: str, *, by: Actor, token: str) -> str:
    """Switch it off, by a code or the password; returns the session's new token. One's other sessions end."""
    mine = await standing.find(person_of(by))
    if mine is not None and mine.needs_factor(by.tenant):
        raise Conflict(_("Your role must have a second factor."))
    person = await _proved(secret, by=by)
    await _switch_off(person, by=by)
    await sessions.end_all_of(person["id"], by=by, but=by.session_id)
    return await sessions.renew(token, by=by, has_proved=True)


async def take_away(person_id: int, *, by: Actor) -> None:
    """Switch off somebody else's, who has lost the phone and the recovery codes. His sessions end."""
    policies.require(by, Permission.STAFF_MANAGE)
    person = await people.find(person_id, lock=True)
    if person is None:
        raise NotFound()
    if person_id == by.person_id:
        raise Conflict(_("Switch off your own on the page of your account."))
    await _switch_off(person, by=by)
    await sessions.end_all_of(person_id, by=by)


async def _mine(by: Actor, *, lock: bool = False) -> Record:
    """One's own row; also for a session that still lacks the second factor, and for no key."""
    policies.require_outside(by)
    if by.person_id is None or by.session_id is None or by.kind not in (*PEOPLE, "visitor"):
        raise NotSignedIn()
    person = await people.find(by.person_id, lock=lock)
    if person is None:
        raise NotSignedIn()
    return person


async def _proved(secret: str, *, by: Actor) -> Record:
    """One's own row, after a right code or password; else `Invalid` under "secret"."""
    async with passwords.turn() as turn:
        person = await people.me(by=by, lock=True)
        if person["totp_confirmed_at"] is None:
            raise Conflict(_("The second factor is not on."))
        if CODE.fullmatch(_bare(secret)) is None and RECOVERY.fullmatch(_bare(secret)) is None:
            await people.check_password(turn, secret, person, field="secret")
            return person
    limit = throttle.Limit(f"factor:person:{person['id']}", MOST_WRONG)
    await throttle.count(limit)
    if not await accepts(person["id"], secret, by=by):
        raise Invalid({"secret": _("This code is not right.")})
    await throttle.forget(limit)
    return person


async def _make_secret(person: Record, by: Actor) -> None:
    """Kept for this session alone until it is confirmed: whoever looked on earlier has seen another one."""
    sealed = sealing.seal(pyotp.random_base32(), bound_to=_bench(person, by))
    await db.execute("UPDATE people SET totp_sealed = $2 WHERE id = $1", person["id"], sealed)
    await audit.record("second_factor:begun", "person", person["id"], by=by, name=person["name"])


async def _switch_on(person: Record, secret: str, step: int, *, by: Actor) -> list[str]:
    codes = _recovery_codes()
    await db.execute(
        """UPDATE people SET totp_sealed = $2, totp_confirmed_at = $3, totp_last_step = $4, recovery_hashes = $5
           WHERE id = $1""",
        person["id"],
        sealing.seal(secret, bound_to=_place(person, by)),
        clock.now(),
        step,
        [_digest(code) for code in codes],
    )
    await audit.record("second_factor:confirmed", "person", person["id"], by=by, name=person["name"])
    return codes


async def _switch_off(person: Record, *, by: Actor) -> None:
    await db.execute(
        "UPDATE people SET totp_sealed = NULL, totp_confirmed_at = NULL, recovery_hashes = '{}' WHERE id = $1",
        person["id"],
    )
    await audit.record("second_factor:switched_off", "person", person["id"], by=by, name=person["name"])
    await freshness.forget_tenant(by.tenant.id)


async def _use(change: str, person_id: int, used: int | str) -> bool:
    """Use it up, unless somebody else has at this moment."""
    return await db.execute(f"UPDATE people SET {change}", person_id, used) == "UPDATE 1"


def _unsealed(person: Record, place: str) -> str | None:
    """The secret; None when there is none that belongs there."""
    try:
        return sealing.unseal(person["totp_sealed"], bound_to=place) if person["totp_sealed"] else None
    except sealing.Unsealable:
        return None


def _step_of(code: str, secret: str | None) -> int | None:
    """The step of time that the code belongs to, None for a wrong one."""
    digits = _bare(code)
    if secret is None or not CODE.fullmatch(digits):
        return None
    totp, now = pyotp.TOTP(secret), int(clock.now().timestamp()) // STEP_SECONDS
    steps = range(now - DRIFT, now + DRIFT + 1)
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)), None)


def _recovery_codes() -> list[str]:
    """Sixteen letters each, in fours: 79 bits, so that a plain hash keeps them safe."""
    return ["-".join(_four_letters() for _part in range(4)) for _code in range(RECOVERY_CODES)]


def _four_letters() -> str:
    return "".join(secrets.choice(RECOVERY_LETTERS) for _letter in range(4))


def _digest(code: str) -> str | None:
    bare = _bare(code)
    return sha256(bare.encode()).hexdigest() if RECOVERY.fullmatch(bare) else None


def _bare(code: str) -> str:
    return code.replace(" ", "").replace("-", "").lower()


def _bench(person: Record, by: Actor) -> str:
    """Where a secret lies until it is confirmed."""
    return f"{_place(person, by)}:session:{by.session_id}"


def _place(person: Record, by: Actor) -> str:
    return f"{by.tenant.id}:person:{person['id']}:totp"
