"""The billing run, cut off from its database twenty times at random, comes to what an undisturbed run comes to."""

import asyncio
import random
from datetime import date

import asyncpg
import pytest

from core import db
from core.actor import Actor
from core.billing import billing_run, renewals
from core.settings import Settings
from tests import cast
from tests.conftest import Server
from tests.core.billing import books
from tests.core.billing.test_services import account, begin, on, sell

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
