"""What gateways say that does not agree: found once, never money by itself, recorded once, or dismissed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core import clock, db
from core.actor import system
from core.billing import attempts, gateway_comparison, gateway_reconciliation, payment_differences
from core.errors import Conflict, Forbidden, Invalid
from core.payment_contract import Days, Standing, Told
from core.settings import Settings
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing import books
from tests.core.billing.test_attempts import House
from tests.core.billing.test_attempts import house as house
from tests.plugins.fake_gateway import NAME, Held

pytestmark = pytest.mark.anyio
OTHER: dict[str, Any] = {
    "id": "G9",
    "key": "other",
    "units": 700,
    "currency": "EUR",
    "standing": Standing.SUCCEEDED,
}


async def listed(house: House, state: Any = "open") -> list[Any]:
    async with db.as_tenant(house.by.tenant.id):
        return await payment_differences.latest(state=state, by=house.by)


async def compared(house: House) -> list[tuple[str, str]]:
    """What stands open after the gateway's list of these days was compared: kind and standing."""
    today = clock.today(house.by.tenant.timezone)
    days = Days(first=today - timedelta(days=3), last=today + timedelta(days=3))
    async with db.as_tenant(house.by.tenant.id):
        told = house.gateway.reconcile_payments(days)
        await gateway_reconciliation.keep(NAME, days, told, by=system(house.by.tenant))
    return sorted((row["kind"], row["standing"]) for row in await listed(house))


async def record(house: House, row: Any, attempt_id: int | None = None) -> Any:
    async with db.as_tenant(house.by.tenant.id):
        return await payment_differences.record(row["id"], attempt_id=attempt_id, by=house.by)


async def record_into(house: House, row: Any, login: str = "dupont") -> Any:
    async with db.as_tenant(house.by.tenant.id):
        account_id = await books.account_of(login)
        return await payment_differences.record_into(row["id"], account_id, by=house.by)


def test_lists_that_agree_have_no_difference_and_others_are_told_apart() -> None:
    def ours(number: int, state: str, paid: int | None = None, back: int = 0, held: int = 0) -> dict[str, Any]:
        facts = {"id": number, "key": f"k{number}", "gateway_id": f"G{number}", "state": state, "currency": "EUR"}
        return facts | {"units": 100, "paid_units": paid, "refunded_units": back, "held_units": held}

    def told(number: int, standing: Standing, units: int | None = 100, currency: str = "EUR") -> Told:
        return Told(standing=standing, gateway_id=f"G{number}", units=units, currency=currency)

    def kinds(row: dict[str, Any], *said: Told) -> list[str]:
        return [one.kind for one in gateway_comparison.compare([row], said, {row["id"]})]

    assert kinds(ours(1, "succeeded", 100), told(1, Standing.SUCCEEDED)) == []
    assert kinds(ours(1, "succeeded", 100, back=40), told(1, Standing.REFUNDED, 40)) == []
    assert kinds(ours(1, "refunded", 100, back=100), told(1, Standing.CHARGED_BACK, None)) == []
    assert kinds(ours(1, "authorized", held=100), told(1, Standing.AUTHORIZED)) == []
    assert kinds(ours(1, "failed"), told(1, Standing.FAILED)) == []
    assert kinds(ours(1, "failed")) == [], "a gateway need not list what failed"
    assert kinds(ours(1, "succeeded", 100), told(1, Standing.SUCCEEDED, 90)) == ["amount"]
    assert kinds(ours(1, "succeeded", 100), told(1, Standing.SUCCEEDED, currency="USD")) == ["amount"]
    assert kinds(ours(1, "succeeded", 100, back=40), told(1, Standing.REFUNDED, 50)) == ["amount"]
    assert kinds(ours(1, "pending"), told(1, Standing.SUCCEEDED)) == ["state"]
    assert kinds(ours(1, "succeeded", 100), told(1, Standing.REFUNDED)) == ["state"]
    assert kinds(ours(1, "succeeded", 100)) == ["missing"]
    assert kinds(ours(1, "failed"), told(2, Standing.SUCCEEDED), told(3, Standing.FAILED)) == ["nobody"]


async def test_what_differs_at_night_is_a_row_once_and_money_only_when_somebody_records_it(house: House) -> None:
    known, silent = await house.begin(), await house.begin(5_000)
    await house.hear(house.gateway.says(known["key"]))
    house.gateway.held[silent["key"]].standing = Standing.SUCCEEDED
    house.gateway.held["other"] = Held(
        id="G9", key="other", units=700, currency="EUR", standing=Standing.SUCCEEDED
    )
    for _night in range(2):
        assert await compared(house) == [("nobody", "succeeded"), ("state", "succeeded")]
    assert await house.paid() == [(10_000, "paid", 0)], "nothing of it is money yet"
    row = next(row for row in await listed(house) if row["kind"] == "state")
    done = await asyncio.gather(*(record(house, row) for _one in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 4
    assert await house.paid() == [(10_000, "paid", 0), (5_000, "paid", 0)]
    assert await compared(house) == [("nobody", "succeeded")]


async def test_what_agrees_later_is_gone_and_what_was_dismissed_is_not_found_again(house: House) -> None:
    attempt = await house.begin()
    del house.gateway.held[attempt["key"]]
    async with db.as_tenant(house.by.tenant.id):
        await db.execute("UPDATE payment_attempts SET state = 'authorized', held_units = 10000")
    assert await compared(house) == [("missing", "authorized")]
    house.gateway.held[attempt["key"]] = Held(
        id="G1", key=attempt["key"], units=10_000, currency="EUR", standing=Standing.AUTHORIZED
    )
    assert await compared(house) == []
    assert [row["state"] for row in await listed(house, "gone")] == ["gone"]
    house.gateway.held["other"] = Held(
        id="G9", key="other", units=700, currency="EUR", standing=Standing.SUCCEEDED
    )
    await compared(house)
    (row,) = await listed(house)
    async with db.as_tenant(house.by.tenant.id):
        with pytest.raises(Invalid):
            await payment_differences.dismiss(row["id"], " ", by=house.by)
        await payment_differences.dismiss(row["id"], "Of the shop in town", by=house.by)
        with pytest.raises(Conflict):
            await payment_differences.dismiss(row["id"], "Again", by=house.by)
    assert await compared(house) == []
    with pytest.raises(Conflict):
        await record_into(house, row)
    assert await house.paid() == []


async def test_a_callback_of_nobody_is_matched_by_hand_and_counts_once(house: House) -> None:
    attempt = await house.begin()
    strange = house.gateway.says(attempt["key"], gateway_id="G1", key="theirs", event_id="E1")
    await db_forgets_the_number(house)
    assert await house.hear(strange) == ["nobody"]
    (row,) = await listed(house)
    assert (row["kind"], row["source"], row["gateway_id"], row["units"]) == ("nobody", "callback", "G1", 10_000)
    with pytest.raises(Invalid):
        await record(house, row)
    with pytest.raises(Invalid):
        await record(house, row, 12345)
    done = await record(house, row, attempt["id"])
    assert (done["state"], done["attempt_id"]) == ("recorded", attempt["id"])
    assert await house.hear(house.gateway.says(attempt["key"])) == ["known"]
    assert await house.paid() == [(10_000, "paid", 0)]


async def test_money_of_nobody_goes_into_one_account_once(house: House) -> None:
    attempt = await house.begin()
    await house.hear(house.gateway.says(attempt["key"], gateway_id="G77", key="theirs", units=900))
    (row,) = await listed(house)
    done = await asyncio.gather(*(record_into(house, row) for _one in range(5)), return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 4
    assert await house.paid() == [(900, "paid", 0)]
    assert await house.hear(house.gateway.says(attempt["key"], gateway_id="G77", key="theirs", units=900)) == [
        "nobody"
    ]
    assert await listed(house) == [], "the same again is no new difference"


async def test_the_night_asks_each_gateway_once(house: House, database: Settings) -> None:
    house.gateway.held["other"] = Held(
        id="G9", key="other", units=700, currency="EUR", standing=Standing.SUCCEEDED
    )
    async with db.as_tenant(house.by.tenant.id):
        for _hour in range(2):
            await gateway_reconciliation.nightly(clock.now())

    async def is_found() -> bool:
        return len(await listed(house)) == 1

    async with workers(database):
        await until(is_found)
    assert house.gateway.listings == 1


async def test_who_is_limited_to_some_clients_sees_none_and_support_records_none(house: House) -> None:
    sam = await cast.who("sam")
    attempt = await house.begin()
    await house.hear(house.gateway.says(attempt["key"], gateway_id="G77", key="theirs"))
    (row,) = await listed(house)
    async with db.as_tenant(house.by.tenant.id):
        with pytest.raises(Forbidden):
            await payment_differences.latest(by=replace(house.by, projects=frozenset({1})))
        with pytest.raises(Forbidden):
            await payment_differences.dismiss(row["id"], "x", by=sam)


async def db_forgets_the_number(house: House) -> None:
    """The answer to the start was lost before the gateway's number was kept."""
    async with db.as_tenant(house.by.tenant.id):
        await db.execute("UPDATE payment_attempts SET gateway_id = ''")
        assert len(await attempts.latest(by=house.by)) == 1
