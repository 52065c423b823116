"""The billing run, cut off from its database twenty times at random, comes to what an undisturbed run comes to."""

import asyncio
import random
from datetime import date
from typing import Any

import asyncpg
import pytest

from core import db
from core.actor import Actor
from core.billing import accounts, billing_run, price_moves, renewals, service_states
from core.settings import Settings
from tests import cast
from tests.conftest import Server
from tests.core.billing import books
from tests.core.billing.test_price_moves import run as move_to
from tests.core.billing.test_price_moves import second_list
from tests.core.billing.test_services import a_run, account, begin, on, sell

pytestmark = pytest.mark.anyio
DAY = date(2026, 6, 3)
KILLS = 20


async def run(by: Actor, size: int) -> None:
    """What is due by the day, some services in each transaction."""
    after, found = renewals.START, [None] * size
    while len(found) == size:
        async with db.as_tenant(by.tenant.id):
            found = await renewals.lock_due(DAY, after=after, size=size)
            await renewals.charge(found, DAY, by=by)
        after = renewals.place(found[-1]) if found else after


async def test_a_run_that_is_killed_again_and_again_charges_each_period_once(
    database: Settings, server: Server
) -> None:
    by, chance = await cast.who("alice"), random.Random("kills")
    async with db.as_tenant(by.tenant.id):
        monthly, daily = await sell(
            by, {"units": 1000}, {"billing": "daily", "units": 10, "period_count": 0, "period_unit": ""}
        )
        with on(date(2026, 1, 31)):
            made = [
                await begin(await account(by, login), price, by)
                for login in ("dupont", "mueller", "tanaka", "o-brien", "elodie")
                for price in (monthly, daily)
            ]
        name = await db.value("SELECT current_database()")
    admin = await asyncpg.connect(server.admin_url)
    killed = 0
    for _time in range(KILLS):
        at_work = asyncio.create_task(run(by, 3))
        await asyncio.sleep(chance.uniform(0, 0.06))
        killed += await admin.fetchval(
            """SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE usename = 'comptoir_app' AND datname = $1""",
            name,
        )
        await asyncio.gather(at_work, return_exceptions=True)
    await admin.close()
    await run(by, billing_run.AT_ONCE)
    assert killed > 0
    async with db.as_tenant(by.tenant.id):
        counts = {
            row["service_id"]: row["count"]
            for row in await db.fetch("SELECT service_id, count(*) AS count FROM expenses GROUP BY 1")
        }
        assert [counts[one] for one in made] == [5, 124] * 5
        assert await renewals.lock_due(DAY, size=10) == []
        await books.check()


async def test_a_run_goes_from_place_to_place_and_one_of_an_older_version_from_the_beginning(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(billing_run, "AT_ONCE", 2)
    by, day, positions = await cast.who("alice"), date(2026, 3, 5), []
    async with db.as_tenant(by.tenant.id):
        (monthly,) = await sell(by, {"units": 1000})
        for begun in (3, 5, 4):
            with on(date(2026, 2, begun)):
                made = await begin(await account(by, "dupont"), monthly, by)
    with on(day):
        task = a_run(day, position={"after": made})
        while "invoiced" not in task.position:
            async with db.as_tenant(by.tenant.id):
                positions.append((await billing_run.step(task, by)).position)
            task = a_run(day, position=positions[-1])
    assert [place.get("behind", ["the end"])[0] for place in positions] == ["2026-03-04", "the end"]
    async with db.as_tenant(by.tenant.id):
        assert await db.value("SELECT count(*) FROM service_dues WHERE next_on <= $1", day) == 0
        assert await db.value("SELECT count(*) FROM expenses") == 6
        await books.check()


async def test_a_run_that_ends_services_and_people_who_change_them_do_not_wait_for_each_other(
    database: Settings,
) -> None:
    """Each locks client and account before services and stock; whoever has the account goes on."""
    alice = await cast.who("alice")
    day = date(2026, 2, 1)
    async with db.as_tenant(alice.tenant.id):
        (monthly,) = await sell(alice, {"units": 1000})
        await db.execute("UPDATE products SET stock = 9")
        account_id = await account(alice)
        with on(date(2026, 1, 1)):
            ending, staying = [await begin(account_id, monthly, alice) for _one in range(2)]
            await service_states.cancel(ending, "period_end", "", by=alice)

    async def stop() -> None:
        async with db.as_tenant(alice.tenant.id):
            await accounts.locked(account_id, by=alice)
            await asyncio.sleep(0.1)
            await service_states.keep(ending, by=alice)

    async def bill_all() -> None:
        await asyncio.sleep(0.05)
        task = a_run(day)
        while "invoiced" not in task.position:
            async with db.as_tenant(alice.tenant.id):
                chunk = await billing_run.step(task, alice)
            task = a_run(day, position=chunk.position)

    with on(day):
        await asyncio.gather(stop(), bill_all())
    async with db.as_tenant(alice.tenant.id):
        states = {row["id"]: row["state"] for row in await db.fetch("SELECT id, state FROM services")}
        assert states == {ending: "active", staying: "active"}
        assert await db.value("SELECT count(*) FROM expenses") == 4
        await books.check()


async def test_a_move_to_other_prices_and_a_run_lock_clients_in_one_order(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Services are moved in the order of their ids, in which the clients of these two are the wrong way round."""
    is_moving = asyncio.Event()
    by, day, move = await cast.who("alice"), date(2026, 3, 1), price_moves._move
    async with db.as_tenant(by.tenant.id):
        (monthly,) = await sell(by, {"units": 1000})
        with on(date(2026, 1, 1)):
            for row in await db.fetch("SELECT login FROM clients ORDER BY id DESC LIMIT 2"):
                await begin(await account(by, row["login"]), monthly, by)
        list_id = await second_list(by, date(2026, 2, 1), 1500)

    async def slowly(*given: Any, by: Actor) -> Any:
        done = await move(*given, by=by)
        is_moving.set()
        await asyncio.sleep(0.2)
        return done

    async def bill_all() -> None:
        await is_moving.wait()
        async with db.as_tenant(by.tenant.id):
            await renewals.charge(await renewals.lock_due(day, size=10), day, by=by)

    async def move_all() -> None:
        async with db.as_tenant(by.tenant.id):
            assert [one.outcome for one in (await move_to(list_id, by)).results] == ["done", "done"]

    monkeypatch.setattr(price_moves, "_move", slowly)
    with on(day):
        await asyncio.gather(move_all(), bill_all())
    async with db.as_tenant(by.tenant.id):
        await books.check()
