"""A service that goes on is charged for the time it missed, or goes on from today; dunning does as was decided."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.actor import Actor
from core.billing import dunning_settings, missed, payments, resuming, service_states, services
from core.billing.dunning_settings import DunningSettingChanges
from core.billing.payments import NewPayment
from core.periods import Length, nth, number_of
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_services import account, begin, bill, charged, on, sell

pytestmark = pytest.mark.anyio
FIRST = date(2026, 1, 31)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


def one(periods: int, *, billing: str = "period", anchor: date = FIRST, **facts: Any) -> dict[str, Any]:
    length = Length(1, "month")
    return {
        "billing": billing,
        "anchor": anchor,
        "period_count": 1,
        "period_unit": "month",
        "periods": periods,
        "earlier_periods": 0,
        "next_on": nth(anchor, length, periods).start,
        "discount_periods": None,
    } | facts


def test_going_on_from_today_moves_the_anchor_only_where_a_period_was_missed() -> None:
    service = one(2, discount_periods=3)
    assert missed.after(service, date(2026, 3, 30), "skip") == {}, "the next period has not begun"
    assert missed.after(service, date(2026, 6, 10), "charge") == {}
    assert missed.after(service, date(2026, 6, 10), "skip") == {
        "anchor": date(2026, 6, 10),
        "periods": 0,
        "earlier_periods": 2,
        "next_on": date(2026, 6, 10),
        "discount_periods": 1,
    }
    assert missed.after(service | {"next_on": None}, date(2026, 6, 10), "skip") == {}


def test_by_the_calendar_the_month_of_today_is_charged_and_those_before_are_not() -> None:
    service = one(2, billing="calendar", anchor=date(2026, 1, 1), discount_periods=4)
    then = missed.after(service, date(2026, 6, 10), "skip")
    assert then == {"periods": 5, "next_on": date(2026, 6, 1), "discount_periods": 7}


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40), st.integers(0, 900), st.booleans())
def test_whatever_was_missed_the_next_period_holds_today(
    anchor: date, periods: int, later: int, by_calendar: bool
) -> None:
    first = anchor.replace(day=1) if by_calendar else anchor
    service = one(periods, billing="calendar" if by_calendar else "period", anchor=first)
    today = service["next_on"] + timedelta(days=later)
    then = service | missed.after(service, today, "skip")
    period = nth(then["anchor"], Length(1, "month"), then["periods"])
    assert period.start == then["next_on"]
    assert today in period
    assert number_of(then["anchor"], Length(1, "month"), today) == then["periods"], "one period is due, not more"


async def test_what_is_quoted_is_charged_either_way(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    with on(date(2026, 1, 1)):
        both = [await begin(account_id, monthly, alice) for _each in range(2)]
        for service_id in both:
            await service_states.suspend(service_id, "request", "Holidays", by=alice)
    assert (await bill(date(2026, 3, 15), alice))["expenses"] == 0
    with on(date(2026, 3, 20)):
        ways = await resuming.quote(both[0], by=alice)
        assert (ways.usual, [way.units for way in ways.each]) == ("skip", [2400, 1200])
        await service_states.resume(both[0], by=alice)
        await service_states.resume(both[1], missed_time="charge", by=alice)
    await bill(date(2026, 3, 20), alice)
    assert [row[:2] for row in (await charged(both[0]))[1:]] == [(date(2026, 3, 20), date(2026, 4, 20))]
    assert [row[0] for row in (await charged(both[1]))[1:]] == [date(2026, 2, 1), date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("charges", "months"), [(False, [date(2026, 3, 20)]), (True, [date(2026, 2, 1), date(2026, 3, 1)])]
)
async def test_what_dunning_stopped_goes_on_as_the_provider_decided(
    alice: Actor, charges: bool, months: list[date]
) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    await dunning_settings.update(DunningSettingChanges(charges_missed=charges), version=0, by=alice)
    with on(date(2026, 1, 1)):
        service_id = await begin(account_id, monthly, alice)
    await db.execute(
        "UPDATE services SET state = 'suspended', suspended_for = 'dunning' WHERE id = $1", service_id
    )
    with on(date(2026, 3, 20)):
        await payments.create(account_id, NewPayment(units=1200), by=alice)
        assert (await services.get(service_id, by=alice))["state"] == "active"
    await bill(date(2026, 3, 20), alice)
    assert [row[0] for row in (await charged(service_id))[1:]] == months
