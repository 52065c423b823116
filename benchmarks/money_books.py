"""Fills providers with the books of some months: services that were charged, invoiced and mostly paid.

Written by one statement for all accounts of a provider and a month, under the same wall, rules and triggers as the
product's own; tax and discounts are left out. One account in ten never pays, and of the last month half is open.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import asyncpg
from dateutil.relativedelta import relativedelta
from rich.console import Console

from benchmarks import billing_run
from core import clock, db
from core.actor import Tenant
from core.billing import allocations
from core.settings import Settings

MONTHS = 5
TABLES = "ledger_accounts, ledger_totals, ledger_entries, expenses, invoices, invoice_lines, payments, services"
OPENED = """
    INSERT INTO ledger_accounts (kind, currency, holder_id, opened_at)
    SELECT 'client', j.currency, a.id, $1::timestamptz FROM client_projects a
      JOIN projects j ON j.id = a.project_id
     UNION ALL SELECT k.kind, j.currency, NULL, $1
      FROM (SELECT DISTINCT currency FROM projects) j CROSS JOIN (VALUES ('revenue'), ('bank')) k (kind)
    ON CONFLICT DO NOTHING
"""
BEGUN = """
    UPDATE services SET anchor = $1::date + (id % 27)::int, periods = 1 + $2::int,
           next_on = period_day($1::date + (id % 27)::int, 'month', 1, 1 + $2::int)
"""
SUMS = """
    WITH sums AS MATERIALIZED (
        SELECT s.*, new_id() AS entry_id FROM (
            SELECT account_id, client_id, currency, sum(full_units)::bigint AS units FROM services
             GROUP BY 1, 2, 3) s),
    entries AS (
        INSERT INTO ledger_entries (id, key, kind, digest, at, recorded_at)
        SELECT entry_id, 'bench-' || entry_id, 'expense', sha256('bench'), $1, $1 FROM sums),
    moves AS (
        INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
        SELECT s.entry_id, c.id, r.id, s.currency, s.units, $1 FROM sums s
          JOIN ledger_accounts c ON c.kind = 'client' AND c.holder_id = s.account_id AND c.currency = s.currency
          JOIN ledger_accounts r ON r.kind = 'revenue' AND r.holder_id IS NULL AND r.currency = s.currency)
    INSERT INTO expenses (client_id, account_id, service_id, key, kind, text, day, period_start, period_end,
        currency, net_units, tax_category, gross_units, entry_id, created_at, created_by)
    SELECT s.client_id, s.account_id, s.id, 'bench-' || s.id || '-' || $2::date, 'service',
           s.name || ' ' || s.label, $2::date, $2::date, $2::date + 30, s.currency, s.full_units, 'O',
           s.full_units, m.entry_id, $1, 'benchmark'
      FROM services s JOIN sums m ON m.account_id = s.account_id AND m.currency = s.currency
"""
INVOICES = """
    INSERT INTO invoices (client_id, account_id, payer_id, company_id, kind, state, language, currency,
        discount_units, net_units, tax_units, gross_units, created_at)
    SELECT e.client_id, e.account_id, p.id, (SELECT id FROM companies WHERE is_default), 'invoice', 'draft', 'en',
           e.currency, 0, e.units, 0, e.units, $1
      FROM (SELECT client_id, account_id, currency, sum(gross_units) AS units FROM expenses WHERE created_at = $1
             GROUP BY 1, 2, 3) e
      JOIN payers p ON p.client_id = e.client_id AND p.is_default
"""
LINES = """
    INSERT INTO invoice_lines (invoice_id, is_live, position, expense_id, text, period_start, period_end,
        discount_units, net_units, tax_rate, tax_category, tax_reason, tax_units)
    SELECT k.id, true, row_number() OVER (PARTITION BY k.id), e.id, e.text, e.period_start, e.period_end, 0,
           e.net_units, 0, 'O', '', 0
      FROM invoices k JOIN expenses e ON e.account_id = k.account_id AND e.currency = k.currency
     WHERE k.created_at = $1 AND e.created_at = $1
"""
ISSUED = """
    UPDATE invoices k SET state = 'issued', issued_on = $2::date, due_on = $2::date + 14, frozen = '{}',
           digest = encode(sha256('{}'), 'hex'), number = 'B-' || $2::date || '-' || k.id
     WHERE k.created_at = $1
"""
PAID = """
    WITH paid AS MATERIALIZED (
        SELECT e.*, new_id() AS entry_id FROM (
            SELECT account_id, client_id, currency, sum(gross_units - covered_units)::bigint AS units FROM expenses
             WHERE covered_units < gross_units AND reversed_at IS NULL AND account_id % $3::int <> 0
             GROUP BY 1, 2, 3) e),
    entries AS (
        INSERT INTO ledger_entries (id, key, kind, digest, at, recorded_at)
        SELECT entry_id, 'bench-' || entry_id, 'payment', sha256('bench'), $1, $1 FROM paid),
    moves AS (
        INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
        SELECT p.entry_id, b.id, c.id, p.currency, p.units, $1 FROM paid p
          JOIN ledger_accounts c ON c.kind = 'client' AND c.holder_id = p.account_id AND c.currency = p.currency
          JOIN ledger_accounts b ON b.kind = 'bank' AND b.holder_id IS NULL AND b.currency = p.currency)
    INSERT INTO payments (client_id, account_id, key, method, state, currency, units, day, entry_id, created_at,
        created_by)
    SELECT client_id, account_id, 'bench-' || entry_id, 'bank_transfer', 'paid', currency, units, $2::date,
           entry_id, $1, 'benchmark' FROM paid
"""
COVERED = allocations.COVER.replace("account_id = ANY($1::bigint[]) AND", "").replace("$2", "$1")


async def kept(settings: Settings, console: Console) -> list[Tenant]:
    """The providers, each with its books; written once for a database. Opens its own scopes."""
    tenants = await billing_run.furnished()
    async with db.as_tenant(tenants[-1].id):
        is_written = await db.value("SELECT EXISTS (SELECT FROM payments)")
    if not is_written:
        await _write(tenants, settings, console)
    return tenants


async def _write(tenants: list[Tenant], settings: Settings, console: Console) -> None:
    """A step for all providers, and the next one; what autovacuum does in minutes comes between them.

    Nested loops are off: of the one big provider the planner expects as few rows as of the average one.
    """
    today = clock.now().date()
    first = today - relativedelta(months=MONTHS)
    app = await asyncpg.connect(settings.database_url)
    owner = await asyncpg.connect(settings.database_owner_url, statement_cache_size=0)
    try:
        for statement, arguments in _steps(first):
            for tenant in tenants:
                async with app.transaction():
                    await app.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant.id))
                    await app.execute("SET LOCAL enable_nestloop = off")
                    await app.execute(statement, *arguments)
            await owner.execute(f"ANALYZE {TABLES}")
            console.print(f"Wrote {' '.join(statement.split()[:3])} of {arguments[0]}")
        await owner.execute("VACUUM (ANALYZE)")
    finally:
        await app.close()
        await owner.close()


def _steps(first: date) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Charge, invoice, and be paid by all accounts but one in ten, in the last month in two; month by month."""
    yield OPENED, (clock.now(),)
    yield BEGUN, (first, MONTHS)
    for month in range(MONTHS):
        day = first + relativedelta(months=month + 1, days=-1)
        moment = datetime.combine(day, time(3), UTC)
        yield SUMS, (moment, day)
        yield INVOICES, (moment,)
        yield LINES, (moment,)
        yield ISSUED, (moment, day)
        yield PAID, (moment, day, 10 if month < MONTHS - 1 else 2)
        yield COVERED, (moment,)
