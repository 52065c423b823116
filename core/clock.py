"""The one clock. Business rules take `now` as an argument; this is where the argument comes from."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """This moment, aware and in UTC."""
    return datetime.now(UTC)


def today(timezone: str) -> date:
    """The calendar day it is now in the given IANA time zone."""
    return datetime.now(ZoneInfo(timezone)).date()
