"""Orders with a promo code, and with a trial: what is charged first, and when."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from core import db
from core.actor import Actor
from core.billing import accounts, service_changes, service_prices, service_states, services
from core.billing.service_changes import NewChange
from core.billing.services import NewService
from core.catalog import discounts, promo_codes
from core.catalog.promo_codes import NewPromoCode
from core.errors import Conflict, Invalid
from core.settings import Settings
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_services import account, begin, bill, charged, on, sell

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def test_a_code_lowers_the_order_that_takes_it_and_no_other(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    new = discounts.NewDiscount(
        name="Welcome", kind="percent", percent=50_000, needs_code=True, lasts="periods", periods=2
    )
    discount = await discounts.create(new, by=alice)
    await promo_codes.create(discount["id"], NewPromoCode(code="WELCOME", most_uses=1), by=alice)
    order = NewService(price_id=monthly, code="welcome")
    with on(date(2026, 1, 1)):
        account_id = await account(alice)
        with pytest.raises(Invalid, match="marked") as refusal:
            await service_prices.quote(account_id, NewService(price_id=monthly, code="NOTHING"), by=alice)
        assert list(refusal.value.errors) == ["code"]
        assert (await service_prices.quote(account_id, order, by=alice)).at_once == 600
        assert await db.value("SELECT uses FROM promo_codes") == 0, "a quote takes nothing"
        given_up = await services.create(account_id, order, by=alice)
        with pytest.raises(Conflict, match="used up"):
            await services.create(account_id, order, by=alice)
        await service_states.cancel(given_up["id"], "now", "", by=alice)
        service_id = await begin(account_id, monthly, alice, code="WELCOME")
        plain = await begin(account_id, monthly, alice)
    for day in (date(2026, 2, 1), date(2026, 3, 1)):
        await bill(day, alice)
    assert [row[2] for row in await charged(service_id)] == [500, 500, 1000]
    assert [row[2] for row in await charged(plain)] == [1000, 1000, 1000]


@pytest.mark.parametrize(("billing", "first"), [("period", date(2026, 1, 24)), ("calendar", date(2026, 2, 1))])
async def test_of_a_trial_the_first_charge_comes_when_it_is_over(alice: Actor, billing: str, first: date) -> None:
    (monthly,) = await sell(alice, {"units": 1000, "setup_units": 300, "billing": billing})
    await db.execute("UPDATE products SET trial_days = 14")
    new = discounts.NewDiscount(name="Start", kind="percent", percent=50_000, lasts="periods", periods=1)
    await discounts.create(new, by=alice)
    account_id = await account(alice, is_postpaid=False, credit_limit=3000)
    with on(date(2026, 1, 10)):
        quoted = await service_prices.quote(account_id, NewService(price_id=monthly), by=alice)
        assert (quoted.at_once, quoted.start, quoted.due) == (0, first, 960)
        service_id = await begin(account_id, monthly, alice)
        assert (await accounts.get(account_id, by=alice))["balance"] == 0
        again = await service_prices.quote(account_id, NewService(price_id=monthly), by=alice)
        assert again.trial_until is None, "one trial for each client and product"
        other = await account(alice, "elodie")
        tried = await begin(other, monthly, alice)
        changed = await service_changes.quote(tried, NewChange(price_id=monthly, addons={}), by=alice)
        assert changed.units == 0
        await service_states.cancel(tried, "period_end", "", by=alice)
    assert (await bill(date(2026, 1, 23), alice))["expenses"] == 0
    await bill(first, alice)
    found = await services.get(service_id, by=alice)
    assert (found["periods"], found["next_on"], found["owes_set_up"]) == (
        1,
        first.replace(month=first.month + 1),
        False,
    )
    await bill(found["next_on"], alice)
    assert sorted(row[2] for row in await charged(service_id)) == [300, 500, 1000]
    assert await charged(tried) == []
    assert (await services.get(tried, by=alice))["state"] == "ended"
