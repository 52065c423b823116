"""What services are paid for: days from an anchor or by the calendar, and the moments they begin at. Pure.

A period is counted from its anchor every time and never from the period before, so that a service of the 31st is
billed on 31 January, 28 February and 31 March. Its days are days where the provider is.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from dateutil.relativedelta import relativedelta

Unit = Literal["day", "month", "year"]
MOST_COUNT = 120
"""So many units one period has at most: ten years of months."""
_DAYS = {"day": 1.0, "month": 30.436875, "year": 365.2425}


class Length(msgspec.Struct, frozen=True):
    """How long a period is: `count` days, months or years. `ValueError` for what is not from 1 to MOST_COUNT."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MOST_COUNT:
            raise ValueError(f"a period of {self.count}")

    def after(self, anchor: date, times: int) -> date:
        """The day that is so many lengths after the anchor (before it, when negative).

        In a month that is too short for the anchor's day it is the last day.
        """
        steps = self.count * times
        if self.unit == "day":
            return anchor + timedelta(days=steps)
        if self.unit == "month":
            return anchor + relativedelta(months=steps)
        return anchor + relativedelta(years=steps)


class Period(msgspec.Struct, frozen=True, order=True):
    """Days from `start` to `end`, which is the first day that no more belongs to it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a period from {self.start} to {self.end}")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to it, as people and invoices write it."""
        return self.end - timedelta(days=1)

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins and when it is over, in UTC: the first moments of both days in this zone."""
        return first_moment(self.start, zone), first_moment(self.end, zone)


def nth(anchor: date, length: Length, number: int) -> Period:
    """The period with this number; 0 begins at the anchor."""
    return Period(length.after(anchor, number), length.after(anchor, number + 1))


def number_of(anchor: date, length: Length, day: date) -> int:
    """The number of the period that a day belongs to; negative before the anchor."""
    number = int((day - anchor).days / (_DAYS[length.unit] * length.count))
    while length.after(anchor, number) > day:
        number -= 1
    while length.after(anchor, number + 1) <= day:
        number += 1
    return number


def at(anchor: date, length: Length, day: date) -> Period:
    """The period that a day belongs to."""
    return nth(anchor, length, number_of(anchor, length, day))


def following(anchor: date, length: Length, first: int = 0) -> Iterator[Period]:
    """The periods from this number on, without end, each beginning where the one before is over."""
    while True:
        yield nth(anchor, length, first)
        first += 1


class Calendar(msgspec.Struct, frozen=True):
    """Whole months from the 1st. Who orders in the middle pays for the rest of the month first.

    From `next_from` on (a day of the month) that first period takes the next whole period with it, so that nobody
    gets two invoices within days; 0 is never.
    """

    months: int = 1
    next_from: int = 0

    def first(self, ordered: date) -> Period:
        """The first period of what is ordered on this day."""
        length = Length(self.months, "month")
        begun = ordered.replace(day=1)
        if ordered.day == 1:
            return nth(ordered, length, 0)
        end = begun + relativedelta(months=1)
        if self.next_from and ordered.day >= self.next_from:
            end = length.after(end, 1)
        return Period(ordered, end)

    def weights(self, ordered: date) -> tuple[int, int]:
        """Days of the broken month that are paid for, and days that it has: its share of one month's price."""
        whole = nth(ordered.replace(day=1), Length(1, "month"), 0)
        return (whole.end - ordered).days, whole.days


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone, in UTC. Where clocks jump over midnight it is the moment they jump."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """Which day it is in a zone at a moment, that must be aware: `ValueError`."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(zone).date()


def overlap(one: Period, other: Period) -> int:
    """How many days belong to both."""
    return max(0, (min(one.end, other.end) - max(one.start, other.start)).days)
