"""Answers that are kept for a day, so that a request which is sent twice acts once.

A request claims its key before it does anything, in its own transaction, and keeps its answer there as well. So
a claim is durable together with what was done, a refused request leaves no trace, and of several at the same
moment the others wait for the first.
"""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from piccolo.columns import JSONB, BigInt, Bytea, Integer, Text, Timestamptz

from core import clock, db
from core.errors import Conflict, Invalid
from core.i18n import _

KEPT = timedelta(hours=24)
AGAIN = timedelta(seconds=30)
"""So long the same request without a key is taken for one that was sent twice, where it moves money."""
LONGEST_WAIT = "10s"
FIELD = "Idempotency-Key"


class IdempotentAnswer(db.Owned, tablename="idempotent_answers"):
    """A claim, and once the request was done its answer. The key belongs to one API key."""

    api_key_id = BigInt()
    key = Text()
    request_hash = Bytea()
    status = Integer(null=True)
    body = Bytea(null=True)
    headers = JSONB()
    created_at = Timestamptz()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered: status, body, and the headers that belong to it."""

    status: int
    body: bytes
    headers: dict[str, str]


async def claim(key: str, request_hash: bytes, *, api_key_id: int) -> Answer | None:
    """Take the key for this request. None: it is taken, go on; else the answer that was given before.

    Raises `Invalid` when the key belongs to another request, `Conflict` when that takes too long.
    """
    if await _take(key, request_hash, api_key_id):
        return None
    row = await db.row(
        "SELECT request_hash, status, body, headers FROM idempotent_answers WHERE api_key_id = $1 AND key = $2",
        api_key_id,
        key,
    )
    if row is None or row["status"] is None:
        raise Conflict(_("The same request is still being worked on. Please send it again later."))
    if row["request_hash"] != request_hash:
        raise Invalid({FIELD: _("This key was used for another request.")})
    return Answer(status=row["status"], body=row["body"], headers=row["headers"])


async def once(request_hash: bytes, *, api_key_id: int) -> str:
    """Let a request without a key through, unless the same one was done moments ago: `Conflict`.

    Returns the key under which it is claimed.
    """
    key = f"same {request_hash.hex()}"
    if not await _take(key, request_hash, api_key_id, kept=AGAIN):
        message = _("The same was done moments ago. To do it once more, send it with an Idempotency-Key.")
        raise Conflict(message)
    return key


async def give_back(key: str, *, api_key_id: int) -> None:
    """Undo the claim of a refused request of which something is kept, such as a wrong try that counts.

    Whatever else it wrote is undone here. A refusal of which nothing is kept undoes its claim by itself.
    """
    if db.scope().is_kept:
        await db.scope().go_back()
        await db.execute("DELETE FROM idempotent_answers WHERE api_key_id = $1 AND key = $2", api_key_id, key)
        await db.scope().keep()


async def keep(key: str, answer: Answer, *, api_key_id: int) -> None:
    """Keep the answer to the request that claimed the key."""
    await db.execute(
        "UPDATE idempotent_answers SET status = $3, body = $4, headers = $5 WHERE api_key_id = $1 AND key = $2",
        api_key_id,
        key,
        answer.status,
        answer.body,
        answer.headers,
    )


async def purge(now: datetime) -> None:
    """Remove the answers that are older than a day. For the schedule; a key is free again even before."""
    await db.execute("DELETE FROM idempotent_answers WHERE created_at < $1", now - KEPT)


async def _take(key: str, request_hash: bytes, api_key_id: int, *, kept: timedelta = KEPT) -> Any:
    """True when the key is this request's now. Waits, for a time, while another one holds it."""
    now = clock.now()
    await db.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
    try:
        taken = await db.value(
            """INSERT INTO idempotent_answers AS kept (api_key_id, key, request_hash, created_at)
               VALUES ($1, $2, $3, $4)
               ON CONFLICT (tenant_id, api_key_id, key) DO UPDATE SET request_hash = excluded.request_hash,
                   status = NULL, body = NULL, headers = '{}', created_at = excluded.created_at
               WHERE kept.created_at < $5 RETURNING true""",
            api_key_id,
            key,
            request_hash,
            now,
            now - kept,
        )
    except asyncpg.LockNotAvailableError as error:
        raise Conflict(_("The same request is still being worked on. Please send it again later.")) from error
    await db.execute("SET LOCAL lock_timeout TO DEFAULT")
    return taken
