"""The dashboard: what recurs by the month, how old what is owed is, what was won and lost, and for whose eyes."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import msgspec
import pytest

from core import clock, db
from core.accounts import focus
from core.actor import Actor
from core.billing import daily_figures, dashboard, expense_list, service_list, service_states
from core.billing.dashboard import Dashboard
from core.billing.expense_list import ExpenseFilter
from core.billing.service_list import ServiceFilter
from core.errors import PermissionMissing
from core.settings import Settings
from tests import cast
from tests.core.billing import bills
from tests.core.billing.test_services import account, begin, on, sell
from web.kit import charts

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope."""
    found = await cast.who("alice")
    async with db.as_tenant(found.tenant.id):
        yield found


def ages(found: Dashboard) -> dict[str, int]:
    return {one.age: one.units for one in found.owed[0].ages}


async def test_prices_of_years_and_days_count_by_the_month_and_moves_are_noted_by_night(alice: Actor) -> None:
    monthly, yearly, once, daily = await sell(
        alice,
        {"units": 1000},
        {"units": 12_000, "period_unit": "year"},
        {"units": 5000, "billing": "once", "period_count": 0, "period_unit": ""},
        {"units": 12, "billing": "daily", "period_count": 0, "period_unit": ""},
    )
    into = await account(alice)
    with on(date(2026, 3, 1)):
        first, *_others = [await begin(into, price, alice) for price in (monthly, yearly, once, daily)]
        (euros,) = (await dashboard.of(by=alice)).revenue
        assert (euros.monthly_units, euros.yearly_units, euros.services) == (2365, 28_380, 3)
        assert euros.moved is None, "no night has gone by yet"
        await daily_figures.reckon(date(2026, 3, 1))
    with on(date(2026, 3, 2)):
        await begin(into, monthly, alice)
        await service_states.cancel(first, "now", "", by=alice)
        await daily_figures.reckon(date(2026, 3, 2))
        await daily_figures.reckon(date(2026, 3, 3))
    with on(date(2026, 3, 3)):
        (euros,) = (await dashboard.of(by=alice)).revenue
        assert euros.moved is not None
        assert (euros.moved.new, euros.moved.churn, euros.moved.expansion) == (1000, 1000, 0)
        assert [one.units for one in euros.course] == [2365, 2365]
    with on(date(2026, 3, 4)):
        held = (await service_list.page(ServiceFilter(state="active", plan=None), by=alice)).rows
        await service_states.suspend(held[0]["id"], "request", "Holidays", by=alice)
        await daily_figures.reckon(date(2026, 3, 4))
        (euros,) = (await dashboard.of(by=alice)).revenue
        assert euros.moved is not None
        assert euros.moved.contraction == 1000, "a suspended service brings nothing until it goes on"


async def test_counts_and_lists_are_the_same_things(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    into = await account(alice)
    first, second = [await begin(into, monthly, alice) for _each in range(2)]
    await service_states.cancel(first, "now", "", by=alice)
    await db.execute("UPDATE service_dues SET next_on = next_on - 40, parked = 'funds' WHERE id = $1", second)
    found = await dashboard.of(by=alice)
    for name, chosen in (
        ("new_services", ServiceFilter(ordered_from=found.since)),
        ("lost_services", ServiceFilter(ended_from=found.since)),
        ("due_services", ServiceFilter(state="active", day_to=found.day)),
        ("waiting_services", ServiceFilter(waits="funds")),
    ):
        listed = await service_list.page(chosen, by=alice)
        assert getattr(found.counts, name) == len(listed.rows) > 0, name
    assert found.counts.lost_clients == 0, "it has another one"
    await service_states.cancel(second, "now", "", by=alice)
    assert (await dashboard.of(by=alice)).counts.lost_clients == 1


async def test_what_is_owed_is_as_old_as_it_is_late(alice: Actor) -> None:
    today = clock.today(alice.tenant.timezone)
    invoiced = await bills.charged(1000, by=alice, day=today - timedelta(days=100))
    with clock.moved(-timedelta(days=40)):
        drafted = await bills.drafted(invoiced, by=alice)
        await bills.invoice_states.issue(drafted["id"], by=alice)
    for units, days in ((100, 0), (200, 1), (300, 31), (400, 90), (500, 91)):
        await bills.charged(units, by=alice, day=today - timedelta(days=days))
    found = await dashboard.of(by=alice)
    assert ages(found) == {"not_due": 120, "late_30": 1440, "late_60": 360, "late_90": 480, "late_more": 600}
    assert found.owed[0].late_units == found.owed[0].units - 120
    for one in found.owed[0].ages:
        listed = await expense_list.page(ExpenseFilter(age=one.age), by=alice)  # type: ignore[arg-type]
        assert sum(row["gross_units"] - row["covered_units"] for row in listed.rows) == one.units, one.age


async def test_a_provider_with_too_much_to_add_up_sees_last_night(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    into = await account(alice)
    for _each in range(3):
        await begin(into, monthly, alice)
    for module in (dashboard.recurring, dashboard.receivables):
        monkeypatch.setattr(module, "MOST_SUMMED", 1)
    cut = await dashboard.of(by=alice)
    assert cut.is_cut and cut.as_of is None, "no night is known: the first ones, and it says so"
    await daily_figures.reckon(cut.day)
    night = await dashboard.of(by=alice)
    assert (night.as_of, night.is_cut, night.revenue[0].monthly_units) == (cut.day, False, 3000)
    assert night.owed[0].units == 3600
    on_one = await focus.find(f"client:{await db.value('SELECT max(code) FROM clients')}", by=alice)
    assert (await dashboard.of(by=alice, within=on_one)).revenue == []


async def test_limits_and_rights_hold(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    await begin(await account(alice), monthly, alice)
    await daily_figures.reckon(clock.today(alice.tenant.timezone))
    home = await db.value("SELECT a.project_id FROM services s JOIN client_projects a ON a.id = s.account_id")
    for limits, services in (
        ({"projects": frozenset({home})}, 1),
        ({"projects": frozenset({home + 1})}, 0),
        ({"groups": frozenset({1})}, 0),
    ):
        found = await dashboard.of(by=msgspec.structs.replace(alice, **limits))
        assert sum(one.services for one in found.revenue) == services
        assert sum(one.units for one in found.owed) == services * 1200
        assert (found.kept_since is None) == ("groups" in limits), "what is kept is kept by project"
    with pytest.raises(PermissionMissing):
        await dashboard.of(by=msgspec.structs.replace(alice, role="support"))


def test_charts_stay_inside_of_their_picture() -> None:
    line = charts.line([0, 50, 100])
    assert line.points == "0,140 300,74 600,8" and line.top == 100
    assert charts.line([]).top == 0 and charts.line([7]).points == "0,8 600,8"
    drawn = charts.columns([{"new": 30}, {"new": 0}], [{"churn": 0}, {"churn": 10}])
    assert drawn.zero == 105 and [(bar.name, bar.y, bar.height) for bar in drawn.bars] == [
        ("new", 0.0, 105.0),
        ("churn", 105.0, 35.0),
    ]
