"""The days of registration that a filter of clients asks for, as conditions on a column with that moment."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core import clock
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.filters import Conditions


def limit(conditions: Conditions, column: str, chosen: ClientFilter, *, by: Actor) -> None:
    """Add the conditions; days are whole ones in the provider's time zone."""
    zone = ZoneInfo(by.tenant.timezone)
    first, end = _days(chosen, clock.today(by.tenant.timezone))
    if first:
        conditions.add(f"{column} >= {conditions.bind(_midnight(first, zone))}")
    if end:
        conditions.add(f"{column} < {conditions.bind(_midnight(end, zone))}")


def _days(chosen: ClientFilter, today: date) -> tuple[date | None, date | None]:
    """The first day of registration, and the day after the last one."""
    firsts = [chosen.registered_from] if chosen.registered_from else []
    ends = [chosen.registered_to + timedelta(days=1)] if chosen.registered_to else []
    if chosen.newer_than is not None:
        firsts.append(today - timedelta(days=chosen.newer_than))
    if chosen.older_than is not None:
        ends.append(today - timedelta(days=chosen.older_than))
    return max(firsts, default=None), min(ends, default=None)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
