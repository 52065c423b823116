"""Work of every night: asked for every hour, done by whoever comes first after the provider's midnight."""

from datetime import datetime

from core import clock, db


async def is_first(work: str, now: datetime, timezone: str) -> bool:
    """Whether nobody has begun this work of the day yet; from this transaction on somebody has.

    `work` is a name of its own, and the day is the provider's.
    """
    day = clock.day(now, timezone)
    begun = await db.value(
        """INSERT INTO counters (name, next) VALUES ($1, $2)
           ON CONFLICT (tenant_id, name) DO UPDATE SET next = EXCLUDED.next WHERE counters.next < EXCLUDED.next
           RETURNING true""",
        work,
        day.toordinal(),
    )
    return bool(begun)
