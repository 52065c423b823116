"""Paying through a gateway that does everything wrong: whatever it does, an attempt makes one payment at most."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from core import db, hooks, plugin_settings
from core.actor import Actor, system
from core.billing import accounts, attempt_calls, attempts
from core.billing.accounts import Terms
from core.errors import Conflict, Forbidden, Invalid
from core.payment_contract import Callback, Standing
from core.settings import Settings
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing import books
from tests.plugins.fake_gateway import NAME, FakeGateway

pytestmark = pytest.mark.anyio


class House:
    """A provider for which the gateway is on, with a client who pays."""

    def __init__(self, settings: Settings, gateway: FakeGateway, by: Actor) -> None:
        self.settings, self.gateway, self.by = settings, gateway, by

    async def begin(self, units: int = 10_000, *faults: str, state: str = "pending") -> Any:
        """An attempt whose gateway was called, with these faults."""
        self.gateway.faults += faults
        async with db.as_tenant(self.by.tenant.id):
            account_id = await books.account_of("dupont")
            made = await attempts.begin(account_id, NAME, "card", units, by=self.by)
        await self.becomes(made["id"], state)
        return await self.row(made["id"])

    async def becomes(self, attempt_id: int, state: str) -> None:
        async def is_so() -> bool:
            return bool((await self.row(attempt_id))["state"] == state)

        async with workers(self.settings):
            await until(is_so)

    async def row(self, attempt_id: int) -> Any:
        async with db.as_tenant(self.by.tenant.id):
            return await attempts.row(attempt_id)

    async def hear(self, callback: Callback) -> list[str]:
        async with db.as_tenant(self.by.tenant.id):
            return await attempt_calls.hear(NAME, callback, by=system(self.by.tenant))

    async def paid(self) -> list[tuple[int, str, int]]:
        """Units, state and what went back of all payments; the books are right."""
        async with db.as_tenant(self.by.tenant.id):
            await books.check()
            found = await db.fetch("SELECT units, state, refunded_units FROM payments ORDER BY created_at")
            return [tuple(row) for row in found]


@pytest.fixture
async def house(database: Settings) -> AsyncIterator[House]:
    gateway = FakeGateway()
    assert not hooks.load(database, extra={NAME: gateway})
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await plugin_settings.save(NAME, {"secret": gateway.secret}, by=alice)
        await plugin_settings.enable(NAME, by=alice)
        await accounts.set_terms(await books.account_of("dupont"), Terms(is_postpaid=True), by=alice)
    yield House(database, gateway, await cast.who("alice"))
    hooks.load(database)


async def test_fifty_copies_of_one_callback_make_one_payment(house: House) -> None:
    attempt = await house.begin()
    said = house.gateway.says(attempt["key"])
    outcomes = await asyncio.gather(*(house.hear(said) for _copy in range(50)))
    assert sorted(outcomes) == [["applied"], *[["known"]] * 49]
    assert await house.paid() == [(10_000, "paid", 0)]
    later = house.gateway.says(attempt["key"])
    assert await house.hear(later) == ["known"], "another message about the same payment"
    assert await house.paid() == [(10_000, "paid", 0)]


async def test_forged_calls_write_nothing(house: House) -> None:
    attempt = await house.begin()
    real = house.gateway.says(attempt["key"])
    forged: list[Callable[[Callback], Callback]] = [
        lambda one: msgspec.structs.replace(one, headers={}),
        lambda one: msgspec.structs.replace(one, body=one.body.replace(b"10000", b"99999")),
        lambda one: msgspec.structs.replace(one, body=one.body + b"\n"),
        lambda _one: Callback(body=b"{}", headers={"x-signature": "0" * 64}),
    ]
    for forge in forged:
        with pytest.raises(Forbidden):
            await house.hear(forge(real))
    assert await house.paid() == []


async def test_an_answer_that_is_lost_and_errors_before_it_end_in_one_payment(house: House) -> None:
    attempt = await house.begin(10_000, "500", "lost")
    assert len(house.gateway.held) == 1 and house.gateway.calls == 3
    async with db.as_tenant(house.by.tenant.id):
        noted = [row["outcome"] for row in await attempts.events(attempt["id"], by=house.by)]
    assert noted == ["failed", "failed", "applied"]
    await house.hear(house.gateway.says(attempt["key"]))
    assert await house.paid() == [(10_000, "paid", 0)]


async def test_a_callback_that_never_comes_is_made_up_for_by_asking(house: House) -> None:
    attempt = await house.begin()
    house.gateway.held[attempt["key"]].standing = Standing.SUCCEEDED
    async with db.as_tenant(house.by.tenant.id):
        await attempt_calls.look(attempt["id"], by=house.by)
    await house.becomes(attempt["id"], "succeeded")
    assert await house.paid() == [(10_000, "paid", 0)]
    assert await house.hear(house.gateway.says(attempt["key"])) == ["known"], "it comes late after all"
    async with db.as_tenant(house.by.tenant.id):
        with pytest.raises(Conflict):
            await attempt_calls.look(attempt["id"], by=house.by)
    assert await house.paid() == [(10_000, "paid", 0)]


async def test_calls_in_the_wrong_order_end_in_the_same(house: House) -> None:
    attempt = await house.begin()
    gateway = house.gateway
    failed, pending = gateway.says(attempt["key"], Standing.FAILED), gateway.says(attempt["key"], Standing.PENDING)
    succeeded = gateway.says(attempt["key"])
    assert await house.hear(failed) == ["applied"]
    assert await house.hear(pending) == ["late"]
    assert await house.hear(succeeded) == ["applied"], "money came after all"
    assert await house.hear(gateway.says(attempt["key"], Standing.FAILED)) == ["late"]
    assert (await house.row(attempt["id"]))["state"] == "succeeded"
    assert await house.paid() == [(10_000, "paid", 0)]


async def test_another_amount_is_recorded_as_it_came_and_another_currency_is_not(house: House) -> None:
    small, big, other = await house.begin(), await house.begin(), await house.begin()
    await house.hear(house.gateway.says(small["key"], units=100))
    await house.hear(house.gateway.says(big["key"], units=15_000))
    assert await house.hear(house.gateway.says(other["key"], currency="USD")) == ["parked"]
    assert [(await house.row(one["id"]))["parked"] for one in (small, big, other)] == [
        "amount",
        "amount",
        "currency",
    ]
    assert await house.paid() == [(100, "paid", 0), (15_000, "paid", 0)]
    async with db.as_tenant(house.by.tenant.id):
        listed = await attempts.latest(parked=True, by=house.by)
        assert {row["id"] for row in listed} == {small["id"], big["id"], other["id"]}
        settled = await attempts.settle(small["id"], by=house.by)
        assert settled["parked"] == ""


async def test_money_taken_twice_and_money_of_nobody_wait_for_somebody(house: House) -> None:
    attempt = await house.begin()
    await house.hear(house.gateway.says(attempt["key"]))
    assert await house.hear(house.gateway.says(attempt["key"], gateway_id="G99")) == ["parked"]
    assert (await house.row(attempt["id"]))["parked"] == "twice"
    strange = house.gateway.says(attempt["key"], gateway_id="G77", key="nobody")
    assert await house.hear(strange) == ["nobody"]
    assert await house.paid() == [(10_000, "paid", 0)]


async def test_a_refund_without_an_answer_is_asked_for_again_and_recorded_once(house: House) -> None:
    attempt = await house.begin()
    await house.hear(house.gateway.says(attempt["key"]))
    async with db.as_tenant(house.by.tenant.id):
        for units, reason in ((10_001, "Too much"), (1, " ")):
            with pytest.raises(Invalid):
                await attempt_calls.give_back(attempt["id"], units, reason, by=house.by)
        house.gateway.faults += ["500", "lost"]
        await attempt_calls.give_back(attempt["id"], 4_000, "Half of it", by=house.by)
        with pytest.raises(Conflict, match="giving back already"):
            await attempt_calls.give_back(attempt["id"], 100, "Again", by=house.by)

    async def is_back() -> bool:
        async with db.as_tenant(house.by.tenant.id):
            return bool(await db.value("SELECT state = 'succeeded' FROM attempt_refunds"))

    async with workers(house.settings):
        await until(is_back)
    assert await house.paid() == [(10_000, "paid", 4_000)]
    assert await house.hear(house.gateway.says(attempt["key"], Standing.REFUNDED)) == ["known"]
    charged = house.gateway.says(attempt["key"], Standing.CHARGED_BACK, units=10_000)
    assert await house.hear(charged) == ["applied"], "the bank takes the rest back"
    assert await house.paid() == [(10_000, "refunded", 10_000)]
    assert (await house.row(attempt["id"]))["state"] == "refunded"


async def test_only_what_a_method_can_is_begun_and_once(house: House) -> None:
    async with db.as_tenant(house.by.tenant.id):
        account_id = await books.account_of("dupont")
        for units, method in ((0, "card"), (100, "cheque")):
            with pytest.raises(Invalid):
                await attempts.begin(account_id, NAME, method, units, by=house.by)
        made = [
            await attempts.begin(account_id, NAME, "card", 100, once="form-1", by=house.by) for _time in range(2)
        ]
        assert made[0]["id"] == made[1]["id"]
