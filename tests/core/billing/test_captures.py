"""Taking and releasing money that a gateway holds, with a gateway that fails: once, never more than is held."""

import asyncio
from typing import Any

import pytest

from core import db
from core.billing import attempt_captures
from core.errors import Conflict, Forbidden, Invalid
from core.payment_contract import Standing
from core.settings import Settings
from tests import cast
from tests.core.at_queue import until, workers
from tests.core.billing.test_attempts import House
from tests.core.billing.test_attempts import house as house

pytestmark = pytest.mark.anyio


async def held(house: House, units: int = 10_000) -> Any:
    house.gateway.first = Standing.AUTHORIZED
    return await house.begin(units, state="authorized")


async def capture(house: House, attempt: Any, units: int | None = None, once: str = "") -> None:
    async with db.as_tenant(house.by.tenant.id):
        await attempt_captures.capture(attempt["id"], units, once=once, by=house.by)


async def asked(house: House) -> list[tuple[str, int, str]]:
    async with db.as_tenant(house.by.tenant.id):
        found = await db.fetch("SELECT kind, units, state FROM attempt_captures ORDER BY created_at, id")
    return [tuple(row) for row in found]


async def test_what_is_held_is_in_no_book_until_it_is_taken(house: House) -> None:
    attempt = await held(house)
    assert (attempt["held_units"], await house.paid()) == (10_000, [])
    await capture(house, attempt)
    await house.becomes(attempt["id"], "succeeded")
    assert await house.paid() == [(10_000, "paid", 0)]
    assert await asked(house) == [("capture", 10_000, "succeeded")]
    assert (await house.row(attempt["id"]))["parked"] == ""


async def test_a_part_is_taken_once_however_often_it_is_asked_for(house: House) -> None:
    attempt = await held(house)
    for _time in range(2):
        await capture(house, attempt, 6_000, once="form-1")
    with pytest.raises(Conflict):
        await capture(house, attempt, 4_000, once="form-2")
    await house.becomes(attempt["id"], "succeeded")
    with pytest.raises(Conflict):
        await capture(house, attempt, 4_000)
    assert await house.paid() == [(6_000, "paid", 0)]
    assert house.gateway.held[attempt["key"]].captures == 1
    assert (await house.row(attempt["id"]))["parked"] == "", "what was asked for came"


async def test_of_twenty_who_take_at_once_one_does(house: House) -> None:
    attempt = await held(house)
    done = await asyncio.gather(*(capture(house, attempt, 9_000) for _one in range(20)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == [*["Conflict"] * 19, "NoneType"]


async def test_never_more_than_is_held_and_a_part_only_where_the_gateway_can(house: House) -> None:
    attempt = await held(house)
    for units in (0, -1, 10_001, 10**15):
        with pytest.raises(Invalid):
            await capture(house, attempt, units)
    assert await asked(house) == []
    sam = await cast.who("sam")
    async with db.as_tenant(house.by.tenant.id):
        with pytest.raises(Forbidden):
            await attempt_captures.capture(attempt["id"], by=sam)


async def test_an_answer_that_is_lost_and_two_notices_are_one_payment(house: House, database: Settings) -> None:
    attempt = await held(house)
    house.gateway.faults += ["500", "lost"]
    await capture(house, attempt, 7_000)
    await house.becomes(attempt["id"], "succeeded")
    notices = [house.gateway.says(attempt["key"]) for _time in range(2)]
    assert [await house.hear(one) for one in notices] == [["known"], ["known"]]
    assert await house.paid() == [(7_000, "paid", 0)]
    assert await asked(house) == [("capture", 7_000, "succeeded")]
    assert house.gateway.held[attempt["key"]].captures == 1


async def test_a_notice_that_comes_before_the_answer_ends_the_capture(house: House) -> None:
    attempt = await held(house)
    await capture(house, attempt, 7_000)
    held_there = house.gateway.held[attempt["key"]]
    held_there.units = 7_000
    assert await house.hear(house.gateway.says(attempt["key"])) == ["applied"]
    assert await asked(house) == [("capture", 7_000, "succeeded")]
    assert await house.paid() == [(7_000, "paid", 0)]


async def test_what_is_released_is_taken_no_more(house: House) -> None:
    attempt = await held(house)
    async with db.as_tenant(house.by.tenant.id):
        await attempt_captures.void(attempt["id"], by=house.by)
        with pytest.raises(Conflict):
            await attempt_captures.capture(attempt["id"], by=house.by)
    await house.becomes(attempt["id"], "released")

    async def is_noted() -> bool:
        return await asked(house) == [("void", 10_000, "succeeded")]

    async with workers(house.settings):
        await until(is_noted)
    with pytest.raises(Conflict):
        await capture(house, attempt)
    assert await house.paid() == []


async def test_a_hold_whose_time_is_over_fails_and_another_amount_is_looked_at(house: House) -> None:
    late, less = await held(house), await held(house)
    assert await house.hear(house.gateway.says(late["key"], Standing.FAILED)) == ["applied"]
    assert (await house.row(late["id"]))["state"] == "failed"
    await capture(house, less)
    assert await house.hear(house.gateway.says(less["key"], units=9_000)) == ["applied"]
    assert (await house.row(less["id"]))["parked"] == "amount"
    assert await house.paid() == [(9_000, "paid", 0)]
