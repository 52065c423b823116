"""The benchmark of the billing run: services charged and invoices issued per second.

Every client has two or three services by the month, all of them due. A month is charged by the run as the product
does it (discounts, tax, ledger, what was paid covers what is open), and invoiced; the next by the bare statement:
an expense for each, and the next date. `ratio` is the speed of charging to that of the bare statement. All take a
provider at a time, two providers at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from typing import Any

import asyncpg
from dateutil.relativedelta import relativedelta
from rich.console import Console

from benchmarks import ground, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from core import clock, db
from core.actor import Actor, Tenant, system
from core.billing import billing_run, renewals, run_invoices
from core.catalog import plans, price_list_publishing, price_lists, prices, product_types, products
from core.settings import Settings
from tenants import providers
from web import composition

PER_SECOND = 15_000
SHARE = 0.6
AT_ONCE = 2
FIRST = date(2026, 1, 15)
SERVICES = """
    INSERT INTO services (client_id, account_id, plan_id, price_id, key, name, label, state, billing, period_count,
        period_unit, currency, full_units, discount_units, anchor, periods, next_on, created_at, created_by)
    SELECT a.client_id, a.id, $1, $2, 'bench-' || a.id || '-' || n, 'Hosting', 'site-' || n, 'active', 'period', 1,
           'month', 'EUR', 900 + n, 90, $3, 1, $4, $5, 'benchmark'
      FROM client_projects a CROSS JOIN generate_series(1, 2 + (a.id % 2)::int) n
     WHERE NOT EXISTS (SELECT FROM services)
"""
BUYERS = """
    UPDATE payers SET kind = 'individual', country = 'FR', street = '1 rue du Port', postcode = '69001',
           city = 'Lyon', region = '', name = CASE WHEN name = '' THEN 'Jean Dupont' ELSE name END WHERE is_default
"""
SELLER = """
    UPDATE companies SET registration_number = '73282932000074', vat_number = 'FR44732829320', country = 'FR',
           street = '12 rue de la Paix', postcode = '75002', city = 'Paris', email = 'f@h.example' WHERE is_default
"""
BARE = """
    WITH due AS MATERIALIZED (
        SELECT * FROM services WHERE state = 'active' AND next_on <= $1),
    made AS (
        INSERT INTO expenses (client_id, account_id, service_id, key, kind, text, day, period_start, period_end,
            currency, net_units, tax_category, gross_units, created_at, created_by)
        SELECT client_id, account_id, id, 'bare-' || id || '-' || next_on, 'service', name, next_on, next_on,
               period_day(anchor, 'month', 1, periods + 1), currency, full_units, 'O', full_units, $2, 'bare'
          FROM due),
    moved AS (
        UPDATE services s SET periods = s.periods + 1, next_on = period_day(s.anchor, 'month', 1, s.periods + 1)
          FROM due d WHERE d.id = s.id)
    SELECT count(*) FROM due
"""

Turn = Callable[[Tenant, date], Awaitable[int]]


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale)))
    return working.head(
        "billing-run",
        scale=options.scale,
        **found,
        targets={
            f"{PER_SECOND} services/s": found["services_per_s"] >= PER_SECOND,
            f"{SHARE} of the bare statement": found["ratio"] >= SHARE,
        },
    )


async def _measured(settings: Settings) -> dict[str, Any]:
    async with composition.running(settings):
        composition.settle()
        tenants = await furnished()
        async with db.as_tenant(tenants[0].id):
            begun = await db.value("SELECT min(next_on) FROM services")
        await analyse(settings)
        since = clock.now()
        services, took = await _all(tenants, begun, charge)
        issued, issuing = await _all(tenants, begun, partial(invoice, since=since))
        bare, bare_took = await _all(tenants, begun + relativedelta(months=1), _bare)
    assert services > 0
    assert issued > 0
    return {
        "services": services,
        "services_per_s": round(services / took),
        "invoices": issued,
        "invoices_per_s": round(issued / issuing),
        "charged_and_invoiced_per_s": round(services / (took + issuing)),
        "bare_per_s": round(bare / bare_took),
        "ratio": round(services / took / (bare / bare_took), 3),
    }


async def furnished() -> list[Tenant]:
    """The providers, each with a plan on sale and due services for every account."""
    async with db.as_platform():
        ids = [row["id"] for row in await db.fetch("SELECT id FROM providers WHERE id > 0 ORDER BY id")]
    found = []
    for tenant_id in ids:
        async with db.as_tenant(tenant_id):
            found.append(await providers.current())
    for tenant in found:
        await _furnish(tenant)
    return found


async def analyse(settings: Settings) -> None:
    """What autovacuum does in minutes on a server that stays."""
    owner = await asyncpg.connect(settings.database_owner_url)
    await owner.execute("ANALYZE")
    await owner.close()


async def _furnish(tenant: Tenant) -> None:
    """A plan on sale, and due services of it for every account; once for a database."""
    by = system(tenant)
    async with db.as_tenant(tenant.id):
        if await db.value("SELECT EXISTS (SELECT FROM services)"):
            return
        price_id, plan_id = await _on_sale(by)
        await db.execute("UPDATE client_projects SET is_postpaid = true")
        await db.execute(BUYERS)
        await db.execute(SELLER)
        await db.execute(SERVICES, plan_id, price_id, FIRST, FIRST + relativedelta(months=1), clock.now())


async def _on_sale(by: Actor) -> tuple[int, int]:
    kind = await product_types.create(product_types.NewProductType(name="Benchmark"), by=by)
    new = products.NewProduct(type_id=kind["id"], name="Hosting", state="on_sale")
    product = await products.create(new, by=by)
    plan = await plans.create(product["id"], plans.NewPlan(name="Start", state="on_sale"), by=by)
    draft = (await price_lists.of_plan(plan["id"], by=by))[0]
    price = prices.NewPrice(billing="period", currency="EUR", units=900, period_count=1, period_unit="month")
    made = await prices.create(draft["id"], price, version=draft["version"], by=by)
    version = (await price_lists.get(draft["id"], by=by))["version"]
    await price_list_publishing.publish(draft["id"], FIRST, version=version, by=by)
    return int(made["id"]), int(plan["id"])


async def _all(tenants: list[Tenant], day: date, turn: Turn) -> tuple[int, float]:
    """Work on all providers, AT_ONCE at a time; how many services or invoices, in how many seconds."""
    left, counts = list(reversed(tenants)), []

    async def work() -> None:
        while left:
            counts.append(await turn(left.pop(), day))

    began = time.perf_counter()
    await asyncio.gather(*(work() for _one in range(AT_ONCE)))
    return sum(counts), time.perf_counter() - began


async def charge(tenant: Tenant, day: date) -> int:
    """Charge what is due at a provider; how many services."""
    by, after, count = system(tenant), 0, 0
    while True:
        async with db.as_tenant(tenant.id):
            found = await renewals.lock_due(day, after=after, size=billing_run.AT_ONCE)
            count += (await renewals.charge(found, day, by=by)).services
        if len(found) < billing_run.AT_ONCE:
            return count
        after = found[-1]["id"]


async def invoice(tenant: Tenant, day: date, *, since: datetime) -> int:
    """Issue the invoices of what was charged; how many."""
    by, count, after = system(tenant), 0, ""
    while True:
        async with db.as_tenant(tenant.id):
            made = await run_invoices.some(since, day, after=after, by=by)
        count += made.invoices
        if made.after is None:
            return count
        after = made.after


async def _bare(tenant: Tenant, day: date) -> int:
    async with db.as_tenant(tenant.id):
        return int(await db.value(BARE, day, clock.now()))
