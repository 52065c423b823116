"""Challenges that are out: what an authenticator has to sign, once, within five minutes, for whoever asked.

A challenge is bound to the browser that asked (the cookie its forms are bound to) and to the host name it asked
on. Taking it removes it, whatever comes of the answer.
"""

import secrets
from datetime import datetime, timedelta
from typing import Literal

from piccolo.columns import Bytea, Text, Timestamptz

from core import clock, db
from core.accounts import throttle
from core.accounts.sessions import digest
from core.accounts.throttle import Limit

LASTS = timedelta(minutes=5)
BYTES = 32
ASKED_PER_ADDRESS = 60
Purpose = Literal["add", "sign_in"]


class PasskeyChallenge(db.Owned, tablename="passkey_challenges"):
    """One challenge that waits for its answer."""

    purpose = Text()
    challenge = Bytea()
    bound_to = Bytea()
    host = Text()
    expires_at = Timestamptz()


async def make(purpose: Purpose, *, host: str, seed: str, address: str) -> bytes:
    """A new challenge for the browser whose forms are bound to `seed`. Raises `TooManyAttempts`."""
    await throttle.count(Limit(f"passkey:address:{throttle.network(address)}", ASKED_PER_ADDRESS))
    challenge = secrets.token_bytes(BYTES)
    await db.execute(
        """INSERT INTO passkey_challenges (purpose, challenge, bound_to, host, expires_at)
           VALUES ($1, $2, $3, $4, $5)""",
        purpose,
        challenge,
        digest(seed),
        host,
        clock.now() + LASTS,
    )
    return challenge


async def take(purpose: Purpose, challenge: bytes, *, host: str, seed: str) -> bool:
    """Whether this challenge is out for this browser and purpose; it is not any more after this.

    That it is used up outlives a refusal of the request.
    """
    row = await db.row(
        """DELETE FROM passkey_challenges WHERE challenge = $1 AND purpose = $2 AND bound_to = $3 AND host = $4
           RETURNING expires_at""",
        challenge,
        purpose,
        digest(seed),
        host,
    )
    await db.scope().keep()
    return row is not None and row["expires_at"] > clock.now()


async def purge(now: datetime) -> None:
    """Remove the challenges that nobody answered."""
    await db.execute("DELETE FROM passkey_challenges WHERE expires_at <= $1", now)
