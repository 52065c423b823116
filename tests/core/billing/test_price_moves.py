"""Renewing early, and moving services to another price list: what was shown is charged, each period once."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core import db
from core.actor import Actor
from core.billing import accounts, early_renewals, price_moves, service_changes, service_states, services
from core.billing.service_changes import NewChange
from core.catalog import discounts, plans, price_lists, price_sheets, prices
from core.errors import Conflict
from core.settings import Settings
from core.task_kinds import Chunk, Task
from tests import cast
from tests.core.billing import books
from tests.core.billing.test_services import account, begin, bill, charged, on, sell
from tests.core.catalog import shop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def test_a_service_is_renewed_early_once_for_each_period(alice: Actor) -> None:
    monthly, dearer = await sell(alice, {"units": 1000}, {"units": 2000, "months": 2})
    new = discounts.NewDiscount(name="Start", kind="percent", percent=50_000, lasts="periods", periods=2)
    await discounts.create(new, by=alice)
    account_id = await account(alice, is_postpaid=False, credit_limit=2000)
    with on(date(2026, 1, 31)):
        service_id = await begin(account_id, monthly, alice)
        quoted = await early_renewals.quote(service_id, by=alice)
        assert (quoted.net, quoted.discount, quoted.gross) == (500, 500, 600)
        with pytest.raises(Conflict, match="price has changed"):
            await early_renewals.renew(service_id, 1200, by=alice)
        meant = quoted.period.start
        found = await early_renewals.renew(service_id, 600, meant, by=alice)
        with pytest.raises(Conflict, match="charged meanwhile"):
            await early_renewals.renew(service_id, 600, meant, by=alice)
        assert (found["next_on"], found["periods"]) == (date(2026, 3, 31), 2)
        with pytest.raises(Conflict, match="may owe"):
            await early_renewals.renew(service_id, by=alice)
    assert (await bill(date(2026, 2, 28), alice))["expenses"] == 0
    await accounts.set_terms(account_id, accounts.Terms(is_postpaid=True), by=alice)
    assert (await bill(date(2026, 3, 31), alice))["expenses"] == 1
    assert [row[2] for row in await charged(service_id)] == [500, 500, 1000]
    with on(date(2026, 4, 1)):
        await service_states.suspend(service_id, "abuse", "Spam", by=alice)
        with pytest.raises(Conflict, match="abuse"):
            await early_renewals.renew(service_id, by=alice)
        await service_states.resume(service_id, by=alice)
        await service_changes.change(service_id, NewChange(price_id=dearer), by=alice)
        with pytest.raises(Conflict, match="planned"):
            await early_renewals.renew(service_id, by=alice)


async def test_what_was_paid_ahead_is_part_of_a_change(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    product_id = await db.value("SELECT id FROM products LIMIT 1")
    plan = await plans.create(product_id, plans.NewPlan(name="Plus", state="on_sale"), by=alice)
    draft = await shop.draft_of(plan["id"], alice)
    plus = await shop.priced(draft, alice, units=3000)
    with on(date(2025, 12, 1)):
        await shop.publish(draft, alice, date(2026, 1, 1))
    with on(date(2026, 6, 1)):
        service_id = await begin(await account(alice), monthly, alice)
        await early_renewals.renew(service_id, by=alice)
    with on(date(2026, 6, 16)):
        quoted = await service_changes.quote(service_id, NewChange(price_id=plus), by=alice)
        assert [part.moves.gross for part in quoted.parts] == [2400, 1200], "July wholly, half of June"
        await service_changes.change(service_id, NewChange(price_id=plus, expected_units=3600), by=alice)
    assert await db.value("SELECT sum(gross_units)::bigint FROM expenses") == 2400 + 3600


async def second_list(by: Actor, day: date, units: int) -> int:
    """The next price list of the plan, where a month costs so much."""
    plan_id = await db.value("SELECT id FROM plans LIMIT 1")
    draft = await price_lists.begin(plan_id, by=by)
    sheet = (await price_sheets.of_list(draft["id"]))[0]
    await prices.update(
        draft["id"], sheet.price_id, prices.PriceChanges(units=units), version=draft["version"], by=by
    )
    with on(date(2025, 12, 2)):
        await shop.publish(draft["id"], by, day)
    return int(draft["id"])


async def run(list_id: int, by: Actor, after: int = 0) -> Chunk:
    task = Task(
        **dict.fromkeys(("title", "reason", "actor_kind", "actor_name", "locale", "address", "request_id"), ""),
        **dict.fromkeys(("id", "total", "done", "skipped", "failed"), 0),
        **dict.fromkeys(("person_id", "api_key_id", "started_at", "ended_at")),
        kind=price_moves.KIND,
        payload={"list_id": list_id},
        position={"after": after},
        outcome={},
        state="running",
        is_cancel_asked=False,
        created_at=datetime.now(UTC),
        touched_at=datetime.now(UTC),
    )
    found: Any = await price_moves.step(task, by)
    return found  # type: ignore[no-any-return]


async def test_services_move_to_the_new_prices_as_the_preview_says(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    new = discounts.NewDiscount(name="Always", kind="percent", percent=10_000, lasts="forever")
    discount = await discounts.create(new, by=alice)
    with on(date(2026, 5, 10)):
        mine = [await begin(await account(alice, login), monthly, alice) for login in ("dupont", "elodie")]
        await discounts.end(discount["id"], by=alice)
        cheap = await begin(await account(alice, "tanaka"), monthly, alice)
        gone = await begin(await account(alice, "tanaka"), monthly, alice)
        await service_states.cancel(gone, "period_end", "", by=alice)
    list_id = await second_list(alice, date(2026, 5, 1), 1500)
    with on(date(2026, 5, 20)):
        before = await db.value("SELECT count(*) FROM service_changes")
        seen = await price_moves.preview(list_id, by=alice)
        assert await db.value("SELECT count(*) FROM service_changes") == before
        (euros,) = seen.sums
        assert (seen.total, euros.services) == (4, 3)
        done = await run(list_id, alice)
        assert [one.outcome for one in done.results].count("done") == 3 and done.is_last
        assert [one.outcome for one in (await run(list_id, alice)).results] == ["skipped"] * 4
        told = await db.fetch("SELECT * FROM notifications WHERE kind = 'service.price_changes' ORDER BY about_id")
        assert [row["about_id"] for row in told] == sorted((*mine, cheap)), "each once"
        data = next(row["data"] for row in told if row["about_id"] == cheap)
        assert (data["old"]["_units"], data["new"]["_units"]) == (1000, 1500)
        assert data["day"] == {"_day": "2026-06-10"} and data["link"].endswith(f"/services/{cheap}")
    for _again in range(2):
        await bill(date(2026, 6, 10), alice)
    paid = [(await charged(one))[-1][2] for one in (*mine, cheap)]
    assert sum(paid) == euros.then
    assert (await services.get(cheap, by=alice))["full_units"] == 1500
    with on(date(2026, 6, 11)), pytest.raises(Conflict):
        await price_moves.start(list_id, by=alice)
