"""The one clock. Business rules take `now` as an argument; this is where the argument comes from.

Whoever tells of another time, such as the demo of last year, moves the clock for what runs inside of a block. A
sandbox is so many days ahead of the calendar: days of business follow that, and moments are when things happened.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core import db

_moved: ContextVar[timedelta] = ContextVar("clock", default=timedelta())
_ahead: dict[int | None, int] = {}


def now() -> datetime:
    """This moment, aware and in UTC."""
    return datetime.now(UTC) + _moved.get()


def today(timezone: str) -> date:
    """The calendar day it is now in the given IANA time zone, for the provider in whose scope this is asked."""
    return day(now(), timezone)


def day(moment: datetime, timezone: str) -> date:
    """The day of a moment there; a sandbox is ahead of it."""
    return moment.astimezone(ZoneInfo(timezone)).date() + timedelta(days=_ahead.get(db.tenant_in_scope(), 0))


def keep_ahead(tenant_id: int, days: int) -> None:
    """From now on this process takes the provider to be so many days ahead, as was read with the provider."""
    if days:
        _ahead[tenant_id] = days
    else:
        _ahead.pop(tenant_id, None)


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Inside the block it is so much later, or earlier; SQL gets its moments from here as well."""
    token = _moved.set(by)
    try:
        yield
    finally:
        _moved.reset(token)
