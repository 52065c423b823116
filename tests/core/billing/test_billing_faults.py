"""The billing run, cut off from its database twenty times at random, comes to what an undisturbed run comes to."""

import asyncio
import random
from datetime import date

import asyncpg
import pytest

from core import db
from core.actor import Actor
from core.billing import accounts, billing_run, renewals, service_states
from core.settings import Settings
from tests import cast
from tests.conftest import Server
from tests.core.billing import books
from tests.core.billing.test_services import a_run, account, begin, on, sell

pytestmark = pytest.mark.anyio
DAY = date(2026, 6, 3)
KILLS = 20


async def run(by: Actor, size: int) -> None:
    """What is due by the day, some services in each transaction."""
    after, found = 0, [None] * size
    while len(found) == size:
        async with db.as_tenant(by.tenant.id):
            found = await renewals.lock_due(DAY, after=after, size=size)
            await renewals.charge(found, DAY, by=by)
        after = found[-1]["id"] if found else after


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
        assert await renewals.lock_due(DAY, after=0, size=10) == []
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
