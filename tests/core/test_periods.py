"""Periods: counted from their anchor, without a gap or an overlap, in months and days as they are anywhere."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import periods
from core.periods import Calendar, Length, Period

DAYS = st.dates(date(2015, 1, 1), date(2060, 12, 31))
LENGTHS = st.builds(Length, st.integers(1, 24), st.sampled_from(["day", "month", "year"]))
ZONES = st.sampled_from(
    ["UTC", "Europe/Paris", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "Africa/Cairo",
     "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "America/Havana"]
).map(ZoneInfo)  # fmt: skip


@pytest.mark.parametrize(
    ("anchor", "length", "starts"),
    [
        ("2026-01-31", Length(1, "month"), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2028-01-31", Length(1, "month"), ["2028-01-31", "2028-02-29", "2028-03-31"]),
        ("2028-02-29", Length(1, "year"), ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2025-11-30", Length(3, "month"), ["2025-11-30", "2026-02-28", "2026-05-30", "2026-08-30"]),
        ("2026-12-31", Length(1, "day"), ["2026-12-31", "2027-01-01"]),
    ],
)
def test_the_day_of_the_anchor_comes_back_after_a_month_that_was_too_short(anchor, length, starts):
    found = islice(periods.following(date.fromisoformat(anchor), length), len(starts))
    assert [period.start.isoformat() for period in found] == starts


@given(DAYS, LENGTHS, st.integers(-30, 60))
def test_each_period_begins_where_the_one_before_is_over(anchor, length, number):
    assert periods.nth(anchor, length, number).end == periods.nth(anchor, length, number + 1).start
    assert periods.nth(anchor, length, 0).start == anchor


@given(DAYS, LENGTHS, DAYS)
def test_every_day_belongs_to_exactly_the_period_that_is_found(anchor, length, day):
    number = periods.number_of(anchor, length, day)
    assert day in periods.nth(anchor, length, number)
    assert day not in periods.nth(anchor, length, number - 1)
    assert day not in periods.nth(anchor, length, number + 1)
    assert periods.at(anchor, length, day) == periods.nth(anchor, length, number)


@given(DAYS, st.integers(1, 24))
def test_a_month_counted_from_its_anchor_never_drifts(anchor, count):
    start = periods.nth(anchor, Length(count, "month"), 1).start
    assert start.day == anchor.day or (start + timedelta(days=1)).day == 1


@given(DAYS, ZONES)
def test_a_day_begins_at_its_first_moment_wherever_that_is(day, zone):
    first = periods.first_moment(day, zone)
    assert first.tzinfo is UTC
    assert periods.day_of(first, zone) == day
    assert periods.day_of(first - timedelta(microseconds=1), zone) == day - timedelta(days=1)


def test_a_day_has_23_or_25_hours_when_clocks_change():
    paris = ZoneInfo("Europe/Paris")
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
        begins, is_over = Period(day, day + timedelta(days=1)).moments(paris)
        assert is_over - begins == timedelta(hours=hours)


def test_where_clocks_jump_over_midnight_the_day_begins_at_one():
    cairo = ZoneInfo("Africa/Cairo")
    first = periods.first_moment(date(2024, 4, 26), cairo)
    assert first == datetime(2024, 4, 25, 22, tzinfo=UTC)
    assert first.astimezone(cairo).hour == 1


@given(DAYS, st.integers(1, 12), st.integers(0, 31))
def test_by_the_calendar_what_follows_begins_on_the_first_of_a_month(ordered, months, next_from):
    first = Calendar(months, next_from).first(ordered)
    assert first.start == ordered
    assert first.end.day == 1
    paid, whole = Calendar(months, next_from).weights(ordered)
    assert 1 <= paid <= whole
    assert 28 <= whole <= 31
    assert (paid == whole) == (ordered.day == 1)


@pytest.mark.parametrize(
    ("ordered", "calendar", "end"),
    [
        ("2026-02-10", Calendar(1), "2026-03-01"),
        ("2026-02-01", Calendar(1), "2026-03-01"),
        ("2026-02-20", Calendar(1, next_from=20), "2026-04-01"),
        ("2026-02-19", Calendar(1, next_from=20), "2026-03-01"),
        ("2026-12-31", Calendar(3, next_from=20), "2027-04-01"),
        ("2026-12-01", Calendar(3, next_from=1), "2027-03-01"),
    ],
)
def test_late_in_the_month_the_first_period_takes_the_next_one_with_it(ordered, calendar, end):
    assert calendar.first(date.fromisoformat(ordered)).end.isoformat() == end


@given(DAYS, st.integers(1, 400), DAYS, st.integers(1, 400))
def test_days_that_belong_to_both(one, length, other, other_length):
    first = Period(one, one + timedelta(days=length))
    second = Period(other, other + timedelta(days=other_length))
    days = {one + timedelta(days=n) for n in range(length)} & {
        other + timedelta(days=n) for n in range(other_length)
    }
    assert periods.overlap(first, second) == periods.overlap(second, first) == len(days)


@pytest.mark.parametrize("count", [0, -1, 121])
def test_a_length_is_from_one_to_ten_years_of_months(count):
    with pytest.raises(ValueError, match="a period of"):
        Length(count, "month")


def test_a_period_has_a_day():
    with pytest.raises(ValueError, match="a period from"):
        Period(date(2026, 1, 1), date(2026, 1, 1))
    with pytest.raises(ValueError, match="without a zone"):
        periods.day_of(datetime(2026, 1, 1), ZoneInfo("UTC"))
    assert Period(date(2026, 1, 1), date(2026, 2, 1)).last_day == date(2026, 1, 31)
    assert Period(date(2028, 2, 1), date(2028, 3, 1)).days == 29
