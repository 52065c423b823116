"""The benchmark of the billing run: services charged and invoiced per second, beside a bare statement for it.

Every client has two or three services by the month, all of them due, and a ledger account, as who was charged
before. A month is charged by the run as the product does it (discounts, tax, ledger, what was paid covers what is
open), and invoiced: `services_per_s` counts both. The next month is charged and invoiced by one bare statement for
a provider (`bare_per_s`): expenses, the ledger's books, documents with numbers and lines, next dates, and none of
the product's discounts, tax rules, locks, checks, audit and history. The month after by what of it charges alone
(`bare_charged_per_s`). `ratio` and `ratio_charged` are the speed of the run to that of these. All take a
provider at a time, four providers at once, as a worker does. `processor_us` is the time of a processor for each
service or invoice, which other work on the machine changes less than the seconds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from typing import Any

import asyncpg
import msgspec
from dateutil.relativedelta import relativedelta
from rich.console import Console

from benchmarks import effort, ground, working
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
AT_ONCE = 4
FIRST = date(2026, 1, 15)
SERVICES = """
    WITH made AS (
    INSERT INTO services (client_id, account_id, plan_id, price_id, key, name, label, state, billing, period_count,
        period_unit, currency, full_units, discount_units, anchor, created_at, created_by)
    SELECT a.client_id, a.id, $1, $2, 'bench-' || a.id || '-' || n, 'Hosting', 'site-' || n, 'active', 'period', 1,
           'month', 'EUR', 900 + n, 90, $3, $5, 'benchmark'
      FROM client_projects a CROSS JOIN generate_series(1, 2 + (a.id % 2)::int) n
     WHERE NOT EXISTS (SELECT FROM services) RETURNING id)
    INSERT INTO service_dues (id, periods, next_on) SELECT id, 1, $4 FROM made
"""
BUYERS = """
    UPDATE payers SET kind = 'individual', country = 'FR', street = '1 rue du Port', postcode = '69001',
           city = 'Lyon', region = '', name = CASE WHEN name = '' THEN 'Jean Dupont' ELSE name END WHERE is_default
"""
SELLER = """
    UPDATE companies SET registration_number = '73282932000074', vat_number = 'FR44732829320', country = 'FR',
           street = '12 rue de la Paix', postcode = '75002', city = 'Paris', email = 'f@h.example' WHERE is_default
"""
BOOKS = """
    WITH due AS MATERIALIZED (
        SELECT s.*, d.periods, d.next_on, period_day(s.anchor, 'month', 1, d.periods + 1) AS then_on,
               s.full_units / 5 AS tax_units, new_id() AS expense_id
          FROM service_dues d JOIN services s ON s.id = d.id WHERE s.state = 'active' AND d.next_on <= $1),
    sums AS MATERIALIZED (
        SELECT client_id, account_id, new_id() AS entry_id, new_id() AS invoice_id, sum(full_units) AS net,
               sum(tax_units) AS tax, row_number() OVER () AS place
          FROM due GROUP BY client_id, account_id),
    entries AS (
        INSERT INTO ledger_entries (id, key, kind, digest, at, recorded_at)
        SELECT entry_id, 'bare-' || entry_id, 'expense', '', $2, $2 FROM sums),
    moves AS (
        INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
        SELECT s.entry_id, c.id, r.id, 'EUR', CASE r.kind WHEN 'tax' THEN s.tax ELSE s.net END, $2
          FROM sums s JOIN ledger_accounts c ON c.kind = 'client' AND c.holder_id = s.account_id
          JOIN ledger_accounts r ON r.kind IN ('revenue', 'tax') AND r.holder_id IS NULL),
    made AS (
        INSERT INTO expenses (id, client_id, account_id, service_id, key, kind, text, day, period_start,
            period_end, currency, net_units, tax_rate, tax_category, tax_units, gross_units, entry_id, created_at,
            created_by)
        SELECT d.expense_id, d.client_id, d.account_id, d.id, 'bare-' || d.id || '-' || d.next_on, 'service',
               d.name, d.next_on, d.next_on, d.then_on, d.currency, d.full_units, 20000, 'S', d.tax_units,
               d.full_units + d.tax_units, s.entry_id, $2, 'bare'
          FROM due d JOIN sums s ON s.account_id = d.account_id),
    moved AS (
        UPDATE service_dues s SET periods = s.periods + 1, next_on = d.then_on FROM due d WHERE d.id = s.id)
"""
BARE_CHARGES = f"{BOOKS} SELECT count(*) FROM due"
BARE = f"""{BOOKS},
    numbered AS (
        INSERT INTO document_counters AS c (company_id, kind, series, year, next)
        SELECT k.id, 'invoice', 'BARE', 2026, 1 + (SELECT count(*) FROM sums) FROM companies k WHERE k.is_default
        ON CONFLICT (tenant_id, company_id, kind, series, year) DO UPDATE SET next = c.next + excluded.next - 1
        RETURNING company_id, next - (SELECT count(*) FROM sums) - 1 AS before),
    said AS MATERIALIZED (
        SELECT s.*, n.company_id, p.id AS payer_id, 'BARE-' || n.before + s.place AS number, json_build_object(
               'number', n.before + s.place, 'day', $1, 'net', s.net, 'tax', s.tax, 'seller', row_to_json(k),
               'buyer', row_to_json(p), 'lines', l.lines)::text AS frozen
          FROM sums s CROSS JOIN numbered n JOIN companies k ON k.id = n.company_id
          JOIN payers p ON p.client_id = s.client_id AND p.is_default
          JOIN (SELECT account_id, json_agg(json_build_object('text', name, 'from', next_on, 'to', then_on,
                       'net', full_units, 'tax', tax_units)) AS lines
                  FROM due GROUP BY account_id) l ON l.account_id = s.account_id),
    invoices AS (
        INSERT INTO invoices (id, client_id, account_id, payer_id, company_id, kind, state, language, currency,
            discount_units, net_units, tax_units, gross_units, number, issued_on, due_on, frozen, digest,
            created_at)
        SELECT invoice_id, client_id, account_id, payer_id, company_id, 'invoice', 'issued', 'en', 'EUR', 0, net,
               tax, net + tax, number, $1, $1 + 14, frozen, encode(sha256(convert_to(frozen, 'UTF8')), 'hex'),
               $2
          FROM said),
    lines AS (
        INSERT INTO invoice_lines (invoice_id, is_live, position, expense_id, text, period_start, period_end,
            discount_units, net_units, tax_rate, tax_category, tax_reason, tax_units)
        SELECT s.invoice_id, true, row_number() OVER (PARTITION BY s.invoice_id), d.expense_id, d.name, d.next_on,
               d.then_on, 0, d.full_units, 20000, 'S', '', d.tax_units
          FROM due d JOIN sums s ON s.account_id = d.account_id)
    SELECT count(*) FROM due
"""

Turn = Callable[[Tenant], Awaitable[int]]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """So many services or invoices, in so many seconds, and the seconds of processor that it took."""

    count: int
    took: float
    database: float
    python: float

    @property
    def per_s(self) -> float:
        """How many a second."""
        return self.count / self.took

    @property
    def processor_us(self) -> dict[str, int]:
        """Microseconds of a processor for each."""
        return {
            "database": round(1e6 * self.database / self.count),
            "python": round(1e6 * self.python / self.count),
        }


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale), effort.postgres_of(standing.data)))
    return working.head(
        "billing-run",
        scale=options.scale,
        **found,
        targets={
            f"{PER_SECOND} services/s": found["services_per_s"] >= PER_SECOND,
            f"{SHARE} of the bare statement": found["ratio"] >= SHARE,
        },
    )


async def _measured(settings: Settings, postgres: int) -> dict[str, Any]:
    async with composition.running(settings):
        composition.settle()
        tenants = await furnished()
        async with db.as_tenant(tenants[0].id):
            begun = await db.value("SELECT max(next_on) FROM service_dues")
        await analyse(settings)
        since = clock.now()
        months = [begun + relativedelta(months=n) for n in range(3)]
        charged = await _all(tenants, partial(charge, day=months[0]), postgres)
        issued = await _all(tenants, partial(invoice, day=months[0], since=since), postgres)
        bare = await _all(tenants, partial(_bare, sql=BARE, day=months[1]), postgres)
        bare_charges = await _all(tenants, partial(_bare, sql=BARE_CHARGES, day=months[2]), postgres)
    both = charged.count / (charged.took + issued.took)
    return {
        "services": charged.count,
        "services_per_s": round(both),
        "charged_per_s": round(charged.per_s),
        "invoices": issued.count,
        "invoices_per_s": round(issued.per_s),
        "bare_per_s": round(bare.per_s),
        "ratio": round(both / bare.per_s, 3),
        "bare_charged_per_s": round(bare_charges.per_s),
        "ratio_charged": round(charged.per_s / bare_charges.per_s, 3),
        "processor_us": {
            "service": charged.processor_us,
            "invoice": issued.processor_us,
            "bare": bare.processor_us,
            "bare_charges": bare_charges.processor_us,
        },
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
        await renewals.open_ledger([row["id"] for row in await db.fetch("SELECT id FROM client_projects")])


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


async def _all(tenants: list[Tenant], turn: Turn, postgres: int) -> Work:
    """Work on all providers, AT_ONCE at a time."""
    left, counts = list(reversed(tenants)), []

    async def work() -> None:
        while left:
            counts.append(await turn(left.pop()))

    began, database, python = time.perf_counter(), effort.spent(postgres), time.process_time()
    await asyncio.gather(*(work() for _one in range(AT_ONCE)))
    took, spent = time.perf_counter() - began, effort.spent(postgres) - database
    assert sum(counts) > 0
    return Work(count=sum(counts), took=took, database=spent, python=time.process_time() - python)


async def charge(tenant: Tenant, day: date) -> int:
    """Charge what is due at a provider; how many services."""
    by, after, count = system(tenant), renewals.START, 0
    while True:
        async with db.as_tenant(tenant.id):
            found = await renewals.lock_due(day, after=after, size=billing_run.AT_ONCE)
            count += (await renewals.charge(found, day, by=by)).services
        if len(found) < billing_run.AT_ONCE:
            return count
        after = renewals.place(found[-1])


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


async def _bare(tenant: Tenant, *, sql: str, day: date) -> int:
    async with db.as_tenant(tenant.id):
        return int(await db.value(sql, day, clock.now()))
