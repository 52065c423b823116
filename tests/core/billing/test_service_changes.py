"""Changing services: what is quoted is charged, once, in whichever session; what is planned is performed once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date

import pytest

from core import db
from core.actor import Actor
from core.billing import (
    accounts,
    billing_run,
    expenses,
    payments,
    refunds,
    service_changes,
    service_states,
    services,
)
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.billing.service_changes import NewChange
from core.catalog import discounts, plans, price_lists, products
from core.errors import Conflict, Invalid
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_services import account, begin, bill, charged, on
from tests.core.catalog import shop

pytestmark = pytest.mark.anyio
MID = date(2026, 6, 16)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def sell(by: Actor, **policy: object) -> list[int]:
    """Small, Middle and Large by the month, and Large by the year; returns the ids of their prices."""
    product_id = await shop.product(by, "Hosting", **policy)
    made = []
    for name, units in (("Small", 500), ("Middle", 1000), ("Large", 3000)):
        plan = await plans.create(product_id, plans.NewPlan(name=name, state="on_sale"), by=by)
        draft = await shop.draft_of(plan["id"], by)
        made.append(await shop.priced(draft, by, units=units, setup_units=700 if name == "Large" else 0))
        if name == "Large":
            made.append(await shop.priced(draft, by, units=30_000, months=12))
        with on(date(2025, 12, 1)):
            await shop.publish(draft, by, date(2026, 1, 1))
    return made


async def test_an_upgrade_now_charges_what_was_quoted_and_later_periods_its_price(alice: Actor) -> None:
    _small, middle, large, _year = await sell(alice)
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice, label="example.org")
    with on(MID):
        quoted = await service_changes.quote(service_id, NewChange(price_id=large), by=alice)
        with pytest.raises(Conflict, match="price has changed"):
            await service_changes.change(service_id, NewChange(price_id=large, expected_units=1), by=alice)
        new = NewChange(price_id=large, expected_units=quoted.units)
        found = await service_changes.change(service_id, new, by=alice)
        with pytest.raises(Conflict, match="has this already"):
            await service_changes.change(service_id, NewChange(price_id=large), by=alice)
    assert (quoted.direction, quoted.when, quoted.units) == ("upgrade", "now", 1200)
    assert (found["name"], found["next_on"], found["full_units"]) == ("Hosting Large", date(2026, 7, 1), 3000)
    await bill(date(2026, 7, 1), alice)
    assert await charged(service_id) == [
        (date(2026, 6, 1), date(2026, 7, 1), 1000, 200),
        (MID, date(2026, 7, 1), 1000, 200),
        (date(2026, 7, 1), date(2026, 8, 1), 3000, 600),
    ]
    assert await db.value("SELECT text FROM expenses WHERE period_start = $1", MID) == (
        "Hosting Middle → Hosting Large · example.org"
    )
    (row,) = await service_changes.of_service(service_id, by=alice)
    assert (row["state"], row["old_name"], row["created_by"]) == ("done", "Hosting Middle", "Alice")


async def test_a_downgrade_waits_for_the_next_period_can_be_taken_back_and_is_performed_once(alice: Actor) -> None:
    small, middle, _large, year = await sell(alice)
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
    with on(MID):
        planned = await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        assert (planned["change_on"], planned["change_to"]) == (date(2026, 7, 1), "Hosting Small")
        assert planned["name"] == "Hosting Middle"
        with pytest.raises(Conflict, match="planned already"):
            await service_changes.change(service_id, NewChange(price_id=year), by=alice)
        assert (await service_changes.withdraw(service_id, by=alice))["change_on"] is None
        with pytest.raises(Conflict):
            await service_changes.withdraw(service_id, by=alice)
        await service_changes.change(service_id, NewChange(price_id=year), by=alice)
    with on(date(2026, 7, 2)):
        (told,) = (await billing_run.preview(by=alice)).sums
    assert (told["expenses"], told["units"]) == (1, 36_000), "the preview prices what the run will charge"
    for _again in range(2):
        await bill(date(2026, 7, 2), alice)
    found = await services.get(service_id, by=alice)
    assert (found["name"], found["next_on"]) == ("Hosting Large", date(2027, 7, 1))
    assert (found["periods"], found["earlier_periods"], found["change_on"]) == (1, 1, None)
    assert [row[2] for row in await charged(service_id)] == [1000, 30_000]
    with on(date(2026, 7, 3)):
        await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        await service_states.cancel(service_id, "now", "", by=alice)
    states = [row["state"] for row in await service_changes.of_service(service_id, by=alice)]
    assert states == ["withdrawn", "done", "withdrawn"]


@pytest.mark.parametrize("rest", ["credit", "refund", "none"])
async def test_what_a_downgrade_leaves_is_credit_money_or_nothing(alice: Actor, rest: str) -> None:
    small, middle, _large, _year = await sell(alice, downgrade_when="now", downgrade_rest=rest)
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        await payments.create(account_id, NewPayment(units=1200), by=alice)
        service_id = await begin(account_id, middle, alice)
    with on(MID):
        quoted = await service_changes.quote(service_id, NewChange(price_id=small), by=alice)
        await service_changes.change(service_id, NewChange(price_id=small, expected_units=quoted.units), by=alice)
        assert quoted.units == (0 if rest == "none" else -300)
        assert (await accounts.get(account_id, by=alice))["balance"] == -quoted.units
        found = await db.fetch("SELECT * FROM payments WHERE method <> 'bank_transfer'")
        assert [row["units"] for row in found] == ([] if rest == "none" else [300])
        (first,) = await db.fetch("SELECT id FROM expenses")
        if rest == "none":
            return
        with pytest.raises(Conflict, match="given back"):
            await expenses.reverse(first["id"], "Both?", by=alice)
        new = NewRefund(units=300, reason="Paid out")
        if rest == "credit":
            with pytest.raises(Conflict):
                await refunds.create(found[0]["id"], new, by=alice)
        else:
            await refunds.create(found[0]["id"], new, by=alice)
            assert (await accounts.get(account_id, by=alice))["balance"] == 0
        up = await service_changes.quote(service_id, NewChange(price_id=middle), by=alice)
        assert up.units == 300, "there and back on one day is nothing"


async def test_what_is_not_active_or_not_offered_is_refused_and_the_last_one_sold_can_be_changed(
    alice: Actor,
) -> None:
    small, middle, large, _year = await sell(alice, stock=1)
    with on(date(2026, 6, 1)):
        account_id = await account(alice, is_postpaid=False, credit_limit=1300)
        service_id = await begin(account_id, middle, alice)
        with pytest.raises(Conflict, match="may owe"):
            await service_changes.change(service_id, NewChange(price_id=large), by=alice)
        with pytest.raises(Invalid):
            await service_changes.change(service_id, NewChange(price_id=77), by=alice)
        with pytest.raises(Invalid):
            await service_changes.change(service_id, NewChange(price_id=large, addons={"x": 1}), by=alice)
        product = await products.every(by=alice)
        assert product[0]["stock"] == 0
        await service_states.suspend(service_id, "abuse", "Spam", by=alice)
        with pytest.raises(Conflict):
            await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        await service_states.resume(service_id, by=alice)
        await service_states.cancel(service_id, "period_end", "", by=alice)
        with pytest.raises(Conflict, match="cancelled"):
            await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        await service_states.cancel(service_id, "now", "", by=alice)
        with pytest.raises(Conflict):
            await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        assert (await products.every(by=alice))[0]["stock"] == 1


async def test_addons_are_changed_on_the_list_that_the_service_has(alice: Actor) -> None:
    made = await shop.opened(alice)
    with on(date(2025, 12, 1)):
        await shop.publish(made.draft, alice, date(2026, 1, 1))
    with on(date(2026, 6, 1)):
        service_id = await begin(await account(alice), made.monthly, alice, addons={str(made.backup): 1})
        next_list = await price_lists.begin(made.plan, by=alice)
        await shop.publish(next_list["id"], alice, date(2026, 6, 2))
    with on(MID):
        addons = {str(made.backup): 1, str(made.disk): 20}
        found = await service_changes.change(service_id, NewChange(price_id=made.monthly, addons=addons), by=alice)
    assert found["full_units"] == 900 + 200 + 200
    assert [row[2:] for row in await charged(service_id)][-1] == (100, 20)


async def test_a_discount_goes_on_as_long_as_it_lasts(alice: Actor) -> None:
    _small, middle, large, year = await sell(alice)
    new = discounts.NewDiscount(name="Start", kind="percent", percent=50_000, lasts="periods", periods=3)
    await discounts.create(new, by=alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(await account(alice), middle, alice)
    with on(MID):
        await service_changes.change(service_id, NewChange(price_id=large), by=alice)
    for day in (date(2026, 7, 1), date(2026, 8, 1)):
        await bill(day, alice)
    with on(date(2026, 8, 2)):
        await service_changes.change(service_id, NewChange(price_id=middle, when="renewal"), by=alice)
    await bill(date(2026, 9, 1), alice)
    assert [row[2] for row in await charged(service_id)] == [500, 500, 1500, 1500, 1000]
    with on(date(2026, 9, 2)):
        quoted = await service_changes.quote(service_id, NewChange(price_id=year), by=alice)
    assert quoted.recurring.net == 30_000, "the discount is over, whatever is changed"


async def test_of_two_who_change_it_at_once_one_does(database: Settings) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        _small, middle, large, _year = await sell(by)
        service_id = await begin(await account(by), middle, by)
        quoted = await service_changes.quote(service_id, NewChange(price_id=large), by=by)

    async def once() -> None:
        async with db.as_tenant(by.tenant.id):
            new = NewChange(price_id=large, expected_units=quoted.units)
            await service_changes.change(service_id, new, by=by)

    results = await asyncio.gather(*(once() for _one in range(4)), return_exceptions=True)
    assert [type(one) for one in results].count(Conflict) == 3, results
    async with db.as_tenant(by.tenant.id):
        assert len(await charged(service_id)) == 2
        await books.check()
