"""How often something may be tried: counters in the database, so that every process sees the same number.

A window begins with the first try and ends a fixed time later. A try is counted before its outcome is known, and
taken back when it was right, so that twenty at the same moment are twenty.
"""

import ipaddress
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from core import clock, db
from core.errors import TooManyAttempts

WINDOW = timedelta(minutes=5)


class Limit(msgspec.Struct, frozen=True):
    """At most so many tries under this name within the window."""

    subject: str
    most: int
    window: timedelta = WINDOW


async def count(*limits: Limit) -> dict[str, int]:
    """Count one try under every limit; returns how many each subject has now.

    Raises `TooManyAttempts` when one of them is full, and counts under none then: whoever is stopped by one limit
    cannot fill another. What is counted outlives a refusal of the request.
    """
    now = clock.now()
    wanted = sorted(limits, key=lambda limit: limit.subject)
    rows = await db.fetch(
        """INSERT INTO attempts AS a (subject, ends_at, count)
           SELECT subject, ends_at, 1 FROM unnest($1::text[], $2::timestamptz[]) AS given (subject, ends_at)
           ON CONFLICT (tenant_id, subject) DO UPDATE SET
               count = CASE WHEN a.ends_at <= $3 THEN 1 ELSE a.count + 1 END,
               ends_at = CASE WHEN a.ends_at <= $3 THEN excluded.ends_at ELSE a.ends_at END
           RETURNING subject, ends_at, count""",
        [limit.subject for limit in wanted],
        [now + limit.window for limit in wanted],
        now,
    )
    await db.scope().keep()
    counts = {row["subject"]: row["count"] for row in rows}
    full = {limit.subject for limit in wanted if counts[limit.subject] > limit.most}
    if full:
        await take_back(*wanted)
        ends_at = max(row["ends_at"] for row in rows if row["subject"] in full)
        raise TooManyAttempts(max(1, int((ends_at - now).total_seconds()) + 1))
    return counts


async def take_back(*limits: Limit) -> None:
    """The try that was just counted does not count after all."""
    await db.execute(
        "UPDATE attempts SET count = count - 1 WHERE subject = ANY($1) AND count > 0",
        [limit.subject for limit in limits],
    )
    await db.scope().keep()


async def forget(*limits: Limit) -> None:
    """Begin anew: none of the tries counts any more."""
    await db.execute("DELETE FROM attempts WHERE subject = ANY($1)", [limit.subject for limit in limits])
    await db.scope().keep()


async def purge(now: datetime) -> None:
    """Remove the windows that have ended."""
    await db.execute("DELETE FROM attempts WHERE ends_at <= $1", now)


def network(address: str) -> str:
    """What one visitor can choose freely counts as one: an IPv6 address is cut to its /64."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def account(name: str) -> str:
    """A short name for an account by what was typed: nothing readable is kept of what may be a slip."""
    return sha256(name.strip().casefold().encode(errors="replace")).hexdigest()[:32]
