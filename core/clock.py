"""The one clock. Business rules take `now` as an argument; this is where the argument comes from.

Whoever tells of another time, such as the demo of last year, moves the clock for what runs inside of a block.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_moved: ContextVar[timedelta] = ContextVar("clock", default=timedelta())


def now() -> datetime:
    """This moment, aware and in UTC."""
    return datetime.now(UTC) + _moved.get()


def today(timezone: str) -> date:
    """The calendar day it is now in the given IANA time zone."""
    return now().astimezone(ZoneInfo(timezone)).date()


@contextmanager
def moved(by: timedelta) -> Iterator[None]:
    """Inside the block it is so much later, or earlier; SQL gets its moments from here as well."""
    token = _moved.set(by)
    try:
        yield
    finally:
        _moved.reset(token)
