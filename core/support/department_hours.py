"""The hours in which a department answers, and how long somebody waits in them. Pure.

A week is seven days from Monday, each a pair of minutes after midnight, or None for a day off. A week of no days
at all is round the clock. Time is that of the provider's zone; the hours of a day on which clocks change are as
long as they really are.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.i18n import _

Day = tuple[int, int] | None
Week = tuple[Day, ...]
ALWAYS: Week = ()
DAYS = 7
MINUTES = 24 * 60
_SPAN = re.compile(r"\s*(\d{1,2})(?:[:h.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:h.](\d{2}))?\s*")


def parse(text: str) -> Day:
    """A day as people write it: `9:00-18:00`, or nothing for a day off; `ValueError` for anything else."""
    if not text.strip():
        return None
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(_("From and to, please, such as 9:00-18:00. Empty: a day off."))
    first, last = (int(found[place]) * 60 + int(found[place + 1] or 0) for place in (1, 3))
    minutes = [int(found[place] or 0) for place in (2, 4)]
    if max(minutes) > 59 or not 0 <= first < last <= MINUTES:
        raise ValueError(_("The end is after the beginning, and both on the same day."))
    return first, last


def written(day: Day) -> str:
    """A day as `parse` reads it."""
    if day is None:
        return ""
    return "-".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in day)


def kept(week: Week) -> list[str]:
    """A week as it is kept and sent: seven texts, or none."""
    return [written(day) for day in week] if any(week) else []


def read(texts: Sequence[str]) -> Week:
    """The week that `kept` wrote, or that a program sent; `ValueError` for what is none."""
    if len(texts) not in (0, DAYS):
        raise ValueError(_("Seven days from Monday on, please, or none."))
    week = tuple(parse(text) for text in texts)
    return week if any(week) else ALWAYS


def of(department: Mapping[str, Any] | None, *, has_feature: bool) -> Week:
    """The hours that count for tickets of a department."""
    return read(department["hours"]) if department is not None and has_feature else ALWAYS


def waited(since: datetime, now: datetime, week: Week, zone: ZoneInfo) -> timedelta:
    """How much of the hours lies between two moments; of a week without hours, all of the time."""
    if not any(week) or now <= since:
        return max(now - since, timedelta())
    # Whole weeks are as long as each other, but for the hour when clocks change.
    weeks = max(0, (now - since).days // DAYS - 1)
    begun = (since.astimezone(zone) + timedelta(weeks=weeks)).astimezone(UTC)
    minutes = sum(span[1] - span[0] for span in week if span)
    return timedelta(minutes=weeks * minutes) + _walked(begun, now, week, zone)


def _walked(since: datetime, now: datetime, week: Week, zone: ZoneInfo) -> timedelta:
    day, last, total = since.astimezone(zone).date(), now.astimezone(zone).date(), timedelta()
    while day <= last:
        if (span := week[day.weekday()]) is not None:
            first, end = (_moment(day, minutes, zone) for minutes in span)
            total += max(timedelta(), min(end, now) - max(first, since))
        day += timedelta(days=1)
    return total


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, rest = divmod(minutes, MINUTES)
    at = time(rest // 60, rest % 60)
    return datetime.combine(day + timedelta(days=days), at, zone).astimezone(UTC)
