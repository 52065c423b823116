"""The fault run: a billing run whose connections are cut at random comes to what an undisturbed one comes to.

One month is charged and invoiced in peace. The next is done by a run that loses its connections to the database
again and again, is started anew each time, and goes on with what is left. Both months have to tell the same,
service by service and account by account, with the ledger in balance and no number missing.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import asyncpg
from dateutil.relativedelta import relativedelta
from rich.console import Console

from benchmarks import billing_run as bench
from benchmarks import ground, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from core import clock, db
from core.actor import Tenant
from core.billing import ledger
from core.settings import Settings
from web import composition

KILL = """
    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE usename = 'comptoir_app' AND datname = $1
"""
CHARGED = """
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT concat_ws('/', service_id, net_units, tax_units, discount_units, tax_category) AS line
          FROM expenses WHERE period_start >= $1 AND period_start < $2 AND service_id IS NOT NULL) told
"""
INVOICED = """
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT concat_ws('/', account_id, payer_id, net_units, tax_units) AS line
          FROM invoices WHERE issued_on = $1 AND state = 'issued') told
"""
GAPS = """
    SELECT count(*) FROM (
        SELECT substring(number FROM '[0-9]+$')::int AS n, row_number() OVER (PARTITION BY company_id
               ORDER BY substring(number FROM '[0-9]+$')::int) AS place FROM invoices WHERE number <> '') numbered
     WHERE n <> place
"""


def measure(options: Options, standing: Ground, console: Console, *, kills: int) -> dict[str, Any]:
    """Disturb a run so many times, and return what came of it ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    ours = options.scale.database
    found = asyncio.run(_measured(standing.settings(options.scale), standing.cluster.admin_url, ours, kills))
    is_same = found["same_charges"] and found["same_invoices"] and not found["differences"] + found["gaps"]
    targets = {"the same as undisturbed": is_same, f"{kills} times cut off": found["kills"] >= kills}
    return working.head("billing-faults", scale=options.scale, **found, targets=targets)


async def _measured(settings: Settings, admin_url: str, database: str, kills: int) -> dict[str, Any]:
    async with composition.running(settings):
        composition.settle()
        tenants = await bench.furnished()
        async with db.as_tenant(tenants[0].id):
            first: date = await db.value("SELECT max(next_on) FROM service_dues")
        second = first + relativedelta(months=1)
        quiet = await _month(tenants, first)
        admin = await asyncpg.connect(admin_url)

        async def cut_off() -> int:
            return int(await admin.fetchval(KILL, database))

        stopped, cut = await _disturbed(tenants, second, cut_off, kills, quiet)
        await admin.close()
        before, after = await _told(tenants, first), await _told(tenants, second)
        differences, gaps = await _sums(tenants)
    return {
        "kills": cut,
        "stopped_by_kills": stopped,
        "undisturbed_s": round(quiet, 2),
        "same_charges": [one[0] for one in before] == [one[0] for one in after],
        "same_invoices": [one[1] for one in before] == [one[1] for one in after],
        "differences": differences,
        "gaps": gaps,
    }


async def _month(tenants: list[Tenant], day: date) -> float:
    """Charge and invoice a month at every provider; the seconds it took."""
    began, since = time.perf_counter(), clock.now()
    for tenant in tenants:
        await bench.charge(tenant, day)
        await bench.invoice(tenant, day, since=since)
    return time.perf_counter() - began


async def _disturbed(
    tenants: list[Tenant], day: date, cut_off: Callable[[], Awaitable[int]], kills: int, usual: float
) -> tuple[int, int]:
    """Cut the month off so many times, then let it end; how many runs stopped at that, and the connections cut."""
    chance, stopped, cut = random.Random("kills"), 0, 0
    for _time in range(kills):
        at_work = asyncio.create_task(_month(tenants, day))
        await asyncio.sleep(chance.uniform(0, usual / kills * 2))
        cut += await cut_off()
        (ended,) = await asyncio.gather(at_work, return_exceptions=True)
        stopped += isinstance(ended, BaseException)
    await _month(tenants, day)
    return stopped, cut


async def _told(tenants: list[Tenant], day: date) -> list[tuple[str, str]]:
    """What a month came to at each provider: its charges and its invoices."""
    told = []
    for tenant in tenants:
        async with db.as_tenant(tenant.id):
            charged = await db.value(CHARGED, day, day + relativedelta(months=1))
            told.append((charged, await db.value(INVOICED, day)))
    return told


async def _sums(tenants: list[Tenant]) -> tuple[int, int]:
    differences, gaps = 0, 0
    for tenant in tenants:
        async with db.as_tenant(tenant.id):
            differences += len(await ledger.differences())
            gaps += await db.value(GAPS)
    return differences, gaps
