"""Services over months: what is charged on which day, exactly once, whatever stops the run; and their states."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest
import time_machine

from core import db
from core.accounts import closing
from core.actor import Actor
from core.billing import (
    accounts,
    billing_run,
    expenses,
    payments,
    renewals,
    service_prices,
    service_states,
    services,
)
from core.billing.accounts import Terms
from core.billing.payments import NewPayment
from core.billing.services import NewService
from core.catalog import addons, discounts, plans, price_lists, tax_rates, tax_settings
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.settings import Settings
from core.task_kinds import Task
from tests import cast
from tests.core.billing import books
from tests.core.catalog import shop

pytestmark = pytest.mark.anyio


@contextmanager
def on(day: date) -> Iterator[None]:
    """It is noon of this day."""
    with time_machine.travel(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), tick=True):
        yield


@pytest.fixture
async def people(database: Settings) -> dict[str, Actor]:
    return {name: await cast.who(name) for name in ("alice", "carl", "sam", "lea")}


@pytest.fixture
async def alice(people: dict[str, Actor]) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    async with db.as_tenant(people["alice"].tenant.id):
        yield people["alice"]
        await books.check()


async def sell(by: Actor, *terms: dict[str, Any], name: str = "Hosting", next_from: int = 0) -> list[int]:
    """A plan on sale with these prices, in force from the first of January; returns the ids of the prices."""
    product_id = await shop.product(by, name)
    plan = await plans.create(product_id, plans.NewPlan(name="Start", state="on_sale"), by=by)
    draft = await shop.draft_of(plan["id"], by)
    made = [await shop.priced(draft, by, **term) for term in terms]
    changes = price_lists.PriceListChanges(next_from=next_from)
    await price_lists.update(draft, changes, version=await shop.version_of(draft, by), by=by)
    with on(date(2025, 12, 1)):
        await shop.publish(draft, by, date(2026, 1, 1))
    return made


async def account(by: Actor, login: str = "dupont", **terms: Any) -> int:
    account_id = await books.account_of(login)
    await accounts.set_terms(account_id, Terms(**({"is_postpaid": True} | terms)), by=by)
    return account_id


async def begin(account_id: int, price_id: int, by: Actor, **more: Any) -> int:
    made = await services.create(account_id, NewService(price_id=price_id, **more), by=by)
    return int((await service_states.activate(made["id"], by=by))["id"])


def a_run(day: date, **more: Any) -> Task:
    """The task of a billing run on this day, as it begins."""
    begun = dict.fromkeys(("title", "reason", "actor_kind", "actor_name", "locale", "address", "request_id"), "")
    now = datetime.now(UTC)
    values: dict[str, Any] = {"position": {}, "outcome": {}, "created_at": now, "touched_at": now} | more
    return Task(
        **begun,
        **dict.fromkeys(("id", "total", "done", "skipped", "failed"), 0),
        **dict.fromkeys(("person_id", "api_key_id", "started_at", "ended_at")),
        kind=billing_run.KIND,
        payload={"day": day.isoformat()},
        state="running",
        is_cancel_asked=False,
        **values,
    )


async def bill(day: date, by: Actor) -> dict[str, Any]:
    """What a run ends and charges on this day, without its invoices; returns what it tells."""
    with on(day):
        chunk = await billing_run.step(a_run(day), by)
        while "invoiced" not in chunk.position:
            chunk = await billing_run.step(a_run(day, position=chunk.position, outcome=chunk.outcome), by)
        return chunk.outcome


async def charged(service_id: int) -> list[tuple[date, date | None, int, int]]:
    """The periods of a service that were charged: first day, first day after, net and tax."""
    rows = await db.fetch(
        "SELECT * FROM expenses WHERE service_id = $1 ORDER BY period_start NULLS FIRST, created_at", service_id
    )
    return [(row["period_start"], row["period_end"], row["net_units"], row["tax_units"]) for row in rows]


async def test_a_service_of_the_31st_is_charged_on_the_last_day_of_short_months(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 31)):
        service_id = await begin(await account(alice), monthly, alice, label="example.org")
    assert (await bill(date(2026, 2, 27), alice))["expenses"] == 0
    for day in (date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)):
        assert (await bill(day, alice))["expenses"] == 1
        assert (await bill(day, alice))["expenses"] == 0, "a second run on the day charges nothing"
    assert await charged(service_id) == [
        (date(2026, 1, 31), date(2026, 2, 28), 1000, 200),
        (date(2026, 2, 28), date(2026, 3, 31), 1000, 200),
        (date(2026, 3, 31), date(2026, 4, 30), 1000, 200),
        (date(2026, 4, 30), date(2026, 5, 31), 1000, 200),
    ]
    assert (await db.value("SELECT text FROM expenses LIMIT 1")) == "Hosting Start · example.org"


async def test_after_an_outage_every_period_is_charged_once(alice: Actor) -> None:
    monthly, daily = await sell(
        alice, {"units": 1000}, {"billing": "daily", "units": 10, "period_count": 0, "period_unit": ""}
    )
    account_id = await account(alice)
    with on(date(2026, 1, 1)):
        by_month, by_day = [await begin(account_id, price, alice) for price in (monthly, daily)]
    assert (await bill(date(2026, 6, 15), alice))["expenses"] == 5 + 165
    assert [first.month for first, *_more in await charged(by_month)] == [1, 2, 3, 4, 5, 6]
    days = [first for first, *_more in await charged(by_day)]
    assert days == [date(2026, 1, 1) + timedelta(days=count) for count in range(166)]
    assert (await bill(date(2026, 6, 15), alice))["expenses"] == 0


@pytest.mark.parametrize(
    ("start", "next_from", "first"),
    [
        (date(2026, 3, 1), 0, (date(2026, 3, 1), date(2026, 4, 1), 3100, 620)),
        (date(2026, 3, 22), 0, (date(2026, 3, 22), date(2026, 4, 1), 1000, 200)),
        (date(2026, 3, 22), 20, (date(2026, 3, 22), date(2026, 5, 1), 4100, 820)),
    ],
)
async def test_by_the_calendar_the_broken_month_is_paid_by_its_days(
    alice: Actor, start: date, next_from: int, first: tuple[date, date, int, int]
) -> None:
    (price,) = await sell(alice, {"billing": "calendar", "units": 3100}, next_from=next_from)
    with on(start):
        service_id = await begin(await account(alice), price, alice)
    assert await charged(service_id) == [first]
    await bill(date(2026, 5, 1), alice)
    assert (await charged(service_id))[-1] == (date(2026, 5, 1), date(2026, 6, 1), 3100, 620)


async def test_setting_up_is_charged_once_and_so_is_what_is_paid_once(alice: Actor) -> None:
    monthly, once = await sell(
        alice,
        {"units": 1000, "setup_units": 500},
        {"billing": "once", "units": 7000, "period_count": 0, "period_unit": ""},
    )
    account_id = await account(alice)
    with on(date(2026, 1, 10)):
        by_month, at_once = [await begin(account_id, price, alice) for price in (monthly, once)]
    await bill(date(2026, 2, 10), alice)
    assert sorted(row[2] for row in await charged(by_month)) == [500, 1000, 1000]
    assert await charged(at_once) == [(None, None, 7000, 1400)]
    found = await services.get(at_once, by=alice)
    assert (found["state"], found["next_on"]) == ("active", None)


async def test_addons_are_part_of_each_period(alice: Actor) -> None:
    made = await shop.opened(alice)
    with on(date(2025, 12, 1)):
        await shop.publish(made.draft, alice, date(2026, 1, 1))
    chosen = {str(made.disk): 25, str(made.backup): 1, str(made.system): made.choices[1]}
    with on(date(2026, 1, 5)):
        account_id = await account(alice)
        quoted = await service_prices.quote(account_id, NewService(price_id=made.monthly, addons=chosen), by=alice)
        service_id = await begin(account_id, made.monthly, alice, addons=chosen)
    net = 900 + (10 * 20 + 5 * 15) + 200 + 1500
    assert quoted.recurring is not None
    assert (quoted.recurring.net, quoted.setup and quoted.setup.net) == (net, 500)
    assert quoted.at_once == sum(row[2] + row[3] for row in await charged(service_id)), "the quote is the charge"
    await bill(date(2026, 2, 5), alice)
    assert (await charged(service_id))[-1][2] == net
    for wrong in ({str(made.disk): 26}, {"x": 1}, {"99": 1}):
        with pytest.raises(Invalid):
            await service_prices.quote(account_id, NewService(price_id=made.monthly, addons=wrong), by=alice)
    assert await addons.why_it_stays(made.disk, by=alice)


async def test_who_may_owe_no_more_waits_and_goes_on_with_the_money(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice, is_postpaid=False, credit_limit=0)
    with on(date(2026, 1, 1)):
        made = await services.create(account_id, NewService(price_id=monthly), by=alice)
        with pytest.raises(Conflict):
            await service_states.activate(made["id"], by=alice)
        assert (await services.get(made["id"], by=alice))["state"] == "pending"
        await payments.create(account_id, NewPayment(units=3_000), by=alice)
        await service_states.activate(made["id"], by=alice)
    outcome = await bill(date(2026, 3, 1), alice)
    assert (outcome["expenses"], outcome["parked"], outcome["EUR"]) == (1, 1, 1200)
    (waiting,) = await billing_run.parked(by=alice)
    assert (waiting["id"], waiting["next_on"]) == (made["id"], date(2026, 3, 1))
    assert (await accounts.get(account_id, by=alice))["balance"] == 600
    with on(date(2026, 3, 2)):
        await payments.create(account_id, NewPayment(units=600), by=alice)
    assert (await bill(date(2026, 3, 3), alice))["expenses"] == 1
    assert await billing_run.parked(by=alice) == []
    assert (await accounts.get(account_id, by=alice))["balance"] == 0


async def test_the_preview_says_what_the_run_then_does(alice: Actor) -> None:
    monthly, yearly = await sell(alice, {"units": 1000}, {"units": 999, "months": 12})
    rich, poor = await account(alice), await account(alice, "elodie", is_postpaid=False, credit_limit=0)
    with on(date(2026, 1, 1)):
        for price in (monthly, yearly):
            await begin(rich, price, alice)
        await payments.create(poor, NewPayment(units=1200), by=alice)
        await begin(poor, monthly, alice)
    with on(date(2027, 1, 1)):
        before = await db.value("SELECT count(*) FROM expenses")
        seen = await billing_run.preview(by=alice)
        assert await db.value("SELECT count(*) FROM expenses") == before
    (euros,) = seen.sums
    outcome = await bill(date(2027, 1, 1), alice)
    assert (seen.due, euros["expenses"] - euros["parked"]) == (3, outcome["expenses"])
    assert euros["units"] - euros["parked_units"] == outcome["EUR"]


async def test_taxes_are_those_of_the_payer_and_the_day(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    here, there, far = [await account(alice, login) for login in ("dupont", "o-brien", "tanaka")]
    with on(date(2026, 1, 1)):
        mine = [await begin(one, monthly, alice) for one in (here, there, far)]
    new = tax_rates.NewTaxRate(country="FR", rate=25_000, from_day=date(2026, 2, 1))
    await tax_rates.create(new, by=alice)
    await bill(date(2026, 2, 1), alice)
    assert [[row[3] for row in await charged(one)] for one in mine] == [[200, 250], [230, 230], [0, 0]]
    kinds = [
        await db.value("SELECT tax_category FROM expenses WHERE service_id = $1 LIMIT 1", one) for one in mine
    ]
    assert kinds == ["S", "S", "O"]


async def test_prices_with_tax_inside_stay_what_they_say_to_the_cent(alice: Actor) -> None:
    settings = await tax_settings.get(by=alice)
    changes = tax_settings.TaxSettingChanges(includes_tax=True)
    await tax_settings.update(changes, version=settings.version, by=alice)
    (monthly,) = await sell(alice, {"units": 999})
    with on(date(2026, 1, 1)):
        service_id = await begin(await account(alice), monthly, alice)
    await bill(date(2026, 2, 1), alice)
    assert [row[2:] for row in await charged(service_id)] == [(833, 166)] * 2


async def test_a_service_is_suspended_goes_on_and_ends_with_who_and_why(
    alice: Actor, people: dict[str, Actor]
) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 1)):
        service_id = await begin(await account(alice), monthly, alice)
        await service_states.suspend(service_id, "abuse", "Spam", by=people["sam"])
        with pytest.raises(Conflict):
            await service_states.suspend(service_id, "abuse", "Spam", by=alice)
    assert (await bill(date(2026, 2, 1), alice))["expenses"] == 0
    with on(date(2026, 2, 10)):
        await service_states.resume(service_id, missed_time="charge", by=alice)
    assert (await bill(date(2026, 2, 11), alice))["expenses"] == 1
    with on(date(2026, 2, 12)):
        cancelled = await service_states.cancel(service_id, "period_end", "Moves away", by=alice)
        assert (cancelled["state"], cancelled["ends_on"]) == ("active", date(2026, 3, 1))
        kept = await service_states.keep(service_id, by=alice)
        assert kept["ends_on"] is None
        await service_states.cancel(service_id, "period_end", "Moves away", by=alice)
    outcome = await bill(date(2026, 3, 1), alice)
    assert (outcome["expenses"], outcome["ended"]) == (0, 1)
    told = [
        (row["state"], row["actor_name"], row["reason"]) for row in await services.history(service_id, by=alice)
    ]
    assert told == [
        ("pending", "Alice", ""),
        ("active", "Alice", ""),
        ("suspended", "Sam", "Spam"),
        ("active", "Alice", ""),
        ("active", "Alice", "Moves away"),
        ("active", "Alice", "Moves away"),
        ("ended", "Alice", ""),
    ]
    with pytest.raises(Conflict):
        await service_states.cancel(service_id, "now", "", by=alice)


async def test_the_last_one_is_sold_once_and_comes_back_when_it_ends(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    await db.execute("UPDATE products SET stock = 1, most_per_client = 1")
    account_id = await account(alice)
    with on(date(2026, 1, 1)):
        service_id = await begin(account_id, monthly, alice)
        with pytest.raises(Invalid):
            await services.create(await account(alice, "elodie"), NewService(price_id=monthly), by=alice)
        await service_states.cancel(service_id, "now", "", by=alice)
        await begin(account_id, monthly, alice)
        await db.execute("UPDATE products SET stock = 5")
        with pytest.raises(Conflict, match="at most 1"):
            await services.create(account_id, NewService(price_id=monthly), by=alice)


async def test_the_same_form_orders_once(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    made = [
        await services.create(account_id, NewService(price_id=monthly), key="a", by=alice) for _one in range(2)
    ]
    assert made[0]["id"] == made[1]["id"]


async def test_who_may_not_is_refused(alice: Actor, people: dict[str, Actor]) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    made = await services.create(account_id, NewService(price_id=monthly), by=alice)
    with pytest.raises(Forbidden):
        await services.create(account_id, NewService(price_id=monthly), by=people["carl"])
    with pytest.raises(Forbidden):
        await billing_run.preview(by=people["sam"])
    with pytest.raises(NotFound):
        await services.get(made["id"], by=people["lea"])
    with pytest.raises(NotFound):
        await service_states.activate(made["id"], by=people["lea"])


async def test_two_runs_at_once_charge_once(database: Settings) -> None:
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        (monthly,) = await sell(alice, {"units": 1000})
        account_id = await account(alice)
        with on(date(2026, 1, 1)):
            for _one in range(5):
                await begin(account_id, monthly, alice)

    async def run() -> int:
        async with db.as_tenant(alice.tenant.id):
            day = date(2026, 3, 1)
            found = await renewals.lock_due(day, size=100)
            return (await renewals.charge(found, day, by=alice)).expenses

    counts = await asyncio.gather(*(run() for _one in range(4)), return_exceptions=True)
    assert sum(count for count in counts if isinstance(count, int)) == 10, counts
    async with db.as_tenant(alice.tenant.id):
        assert await db.value("SELECT count(*) FROM expenses") == 15
        await books.check()


async def test_a_period_is_charged_once_whoever_turns_the_service_back(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 1)):
        service_id = await begin(await account(alice), monthly, alice)
    await bill(date(2026, 2, 1), alice)
    with pytest.raises(asyncpg.UniqueViolationError):
        async with db.savepoint():
            await db.execute(
                "UPDATE service_dues SET periods = 1, next_on = '2026-02-01' WHERE id = $1", service_id
            )
            await bill(date(2026, 2, 1), alice)


async def test_a_reversed_period_is_not_charged_again(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 1)):
        service_id = await begin(await account(alice), monthly, alice)
    await bill(date(2026, 2, 1), alice)
    last = await db.value(
        "SELECT id FROM expenses WHERE service_id = $1 ORDER BY period_start DESC LIMIT 1", service_id
    )
    await expenses.reverse(last, "Goodwill", by=alice)
    assert (await bill(date(2026, 2, 2), alice))["expenses"] == 0


async def test_of_what_a_run_charged_together_one_is_taken_back_alone(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice)
    with on(date(2026, 1, 1)):
        first, second = [await begin(account_id, monthly, alice) for _one in range(2)]
    await bill(date(2026, 3, 1), alice)
    made = await db.fetch(
        "SELECT id, entry_id FROM expenses WHERE period_start >= '2026-02-01' ORDER BY period_start"
    )
    assert len({row["entry_id"] for row in made}) == 1, "an account has one entry of a run"
    await expenses.reverse(made[0]["id"], "Goodwill", by=alice)
    assert (await accounts.get(account_id, by=alice))["balance"] == -5 * 1200
    assert len(await charged(first)) == len(await charged(second)) == 3


@pytest.mark.parametrize("wrong", ["client_id", "account_id", "service_id", "entry_id"])
async def test_an_expense_is_of_an_account_of_its_client_and_a_service_of_it(alice: Actor, wrong: str) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 1)):
        await begin(await account(alice), monthly, alice)
        other = await begin(await account(alice, "elodie"), monthly, alice)
    right = await db.row("SELECT * FROM expenses WHERE service_id <> $1", other)
    foreign = await db.row("SELECT * FROM expenses WHERE service_id = $1", other)
    assert right is not None
    assert foreign is not None
    copied = """INSERT INTO expenses (client_id, account_id, service_id, entry_id, key, kind, text, day, currency,
                    net_units, tax_category, gross_units, created_at, created_by)
                VALUES ($1, $2, $3, $4, 'copied', 'x', 'x', '2026-01-01', 'EUR', 0, 'O', 0, now(), 'x')"""
    told = {name: right[name] for name in ("client_id", "account_id", "service_id", "entry_id")}
    changed = 12345 if wrong == "entry_id" else foreign[wrong]
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with db.savepoint():
            await db.execute(copied, *(told | {wrong: changed}).values())
    if wrong != "entry_id":
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with db.savepoint():
                await db.execute(f"UPDATE expenses SET {wrong} = $2 WHERE id = $1", right["id"], changed)
                await db.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await db.execute("SET CONSTRAINTS ALL DEFERRED")


async def test_a_discount_lasts_as_many_periods_as_it_says(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    made = [
        discounts.NewDiscount(name="Start", kind="percent", percent=50_000, lasts="periods", periods=2),
        discounts.NewDiscount(name="Spring", kind="percent", percent=10_000, until_day=date(2026, 3, 10)),
    ]
    await discounts.create(made[0], by=alice)
    with on(date(2026, 1, 1)):
        first = await begin(await account(alice), monthly, alice)
    for one in await db.fetch("SELECT id FROM discounts"):
        await discounts.end(one["id"], by=alice)
    with on(date(2026, 1, 2)):
        await discounts.create(made[1], by=alice)
        second = await begin(await account(alice, "elodie"), monthly, alice)
    for day in (date(2026, 2, 2), date(2026, 3, 2), date(2026, 4, 2)):
        await bill(day, alice)
    assert [row[2] for row in await charged(first)] == [500, 500, 1000, 1000]
    assert [row[2] for row in await charged(second)] == [900, 900, 900, 1000]
    assert await db.value("SELECT count(*) FROM discount_uses WHERE begun = 0") == 2


async def test_a_closed_client_is_not_charged_and_the_run_is_not_for_who_sees_a_part(
    alice: Actor, people: dict[str, Actor]
) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    with on(date(2026, 1, 1)):
        await begin(await account(alice), monthly, alice)
    await db.execute("UPDATE clients SET status = 'closed' WHERE login = 'dupont'")
    assert (await bill(date(2026, 2, 1), alice))["expenses"] == 0
    with on(date(2026, 2, 1)):
        assert (await billing_run.preview(by=alice)).due == 0
    limited = msgspec.structs.replace(people["carl"], projects=people["lea"].projects)
    for look in (billing_run.preview, billing_run.parked, billing_run.latest, billing_run.start):
        with pytest.raises(Forbidden):
            await look(by=limited)


async def test_what_changed_while_its_lock_was_waited_for_is_not_charged(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    day = date(2026, 3, 1)
    with on(date(2026, 1, 1)):
        for login in ("dupont", "elodie", "tanaka", "mueller"):
            await begin(await account(alice, login), monthly, alice)
    found = await renewals.due(day, size=10)
    closed, suspended, moved, usual = found
    with on(day):
        code = await db.value("SELECT code FROM clients WHERE id = $1", closed["client_id"])
        await closing.close([code], "Moves away", by=alice)
        await service_states.suspend(suspended["id"], "abuse", "Sends spam", by=alice)
    elsewhere = {**moved, "account_id": usual["account_id"]}
    done = await renewals.charge([closed, suspended, elsewhere, usual], day, by=alice)
    assert (done.services, done.expenses) == (1, 2)
    assert [len(await charged(one["id"])) for one in found] == [1, 1, 1, 3]


async def test_what_was_charged_in_part_is_told_once(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(billing_run, "AT_ONCE", 1)
    (monthly,) = await sell(alice, {"units": 1000})
    account_id = await account(alice, is_postpaid=False, credit_limit=2500)
    with on(date(2026, 1, 1)):
        service_id = await begin(account_id, monthly, alice)
    told = await bill(date(2026, 4, 1), alice)
    assert (told["parked"], len(await charged(service_id))) == (1, 2)
