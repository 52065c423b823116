"""When accounts run out: the same day that adding up day by day finds, and that the billing run stops at."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.actor import Actor
from core.billing import accounts, payments, runs_out, service_states
from core.billing.payments import NewPayment
from core.billing.runs_out import Coming, first_day
from core.periods import Length
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_services import account, begin, bill, on, sell

pytestmark = pytest.mark.anyio
TODAY = date(2026, 3, 10)


@st.composite
def services(draw: st.DrawFn) -> Coming:
    full = draw(st.integers(0, 900))
    return Coming(
        anchor=TODAY - timedelta(days=draw(st.integers(0, 70))),
        length=Length(draw(st.integers(1, 3)), draw(st.sampled_from(("day", "month", "year")))),
        billed=draw(st.integers(0, 5)),
        full=full,
        low=draw(st.integers(0, full)),
        low_until=draw(st.integers(0, 8)),
        last=draw(st.none() | st.integers(1, 12)),
    )


def charged_on(one: Coming, day: date) -> int:
    """What is charged for periods that begin on a day, or began before today and are not billed."""
    total, number = 0, one.billed
    while one.last is None or number < one.last:
        start = one.length.after(one.anchor, number)
        if max(start, TODAY) > day:
            break
        if max(start, TODAY) == day:
            total += one.low if number < one.low_until else one.full
        number += 1
    return total


@given(st.lists(services(), max_size=4), st.integers(0, 5_000))
def test_it_is_the_day_on_which_adding_up_day_by_day_fails(coming: list[Coming], room: int) -> None:
    left, found = room, None
    for offset in range(121):
        left -= sum(charged_on(one, TODAY + timedelta(days=offset)) for one in coming)
        if left < 0:
            found = TODAY + timedelta(days=offset)
            break
    assert first_day(room, coming, TODAY, horizon=120) == found


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def test_an_account_runs_out_on_the_day_the_billing_run_parks_it(alice: Actor) -> None:
    monthly, yearly = await sell(alice, {"units": 1000}, {"units": 500, "months": 12})
    account_id = await account(alice, is_postpaid=False, credit_limit=100)
    with on(date(2026, 1, 31)):
        await payments.create(account_id, NewPayment(units=5_000), by=alice)
        service_id = await begin(account_id, monthly, alice)
        await begin(account_id, yearly, alice)
        found = await accounts.get(account_id, by=alice)
        assert await runs_out.of([found], by=alice) == {account_id: date(2026, 4, 30)}
    assert (await bill(date(2026, 4, 29), alice))["parked"] == 0
    assert (await bill(date(2026, 4, 30), alice))["parked"] == 1
    with on(date(2026, 4, 30)):
        found = await accounts.get(account_id, by=alice)
        assert await runs_out.of([found], by=alice) == {account_id: date(2026, 4, 30)}
        assert runs_out.words(date(2026, 4, 30), date(2026, 4, 30)) == "Today"
        await service_states.cancel(service_id, "now", "Moves", by=alice)
        found = await accounts.get(account_id, by=alice)
        assert (await runs_out.of([found], by=alice))[account_id] == date(2028, 1, 31)
    postpaid = await account(alice, "elodie")
    assert await runs_out.of([await accounts.get(postpaid, by=alice)], by=alice) == {}
