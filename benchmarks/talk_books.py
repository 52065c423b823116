"""Fills a provider with years of conversations: tickets, what was said, and what was told by mail and webhooks.

Written by a statement for each table of a provider, under the product's own wall, rules and triggers.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
from rich.console import Console

from benchmarks.seeding import BIG
from core import clock, db
from core.actor import Actor, Tenant, system
from core.settings import Settings
from core.support import webhook_endpoints
from core.support.webhook_endpoints import EndpointValues
from tenants import providers

YEARS = timedelta(days=3 * 365)
TABLES = """tickets, ticket_messages, ticket_watchers, notifications, deliveries, fraud_checks, webhook_events,
    webhook_deliveries"""
NUMBERED = """WITH numbered AS MATERIALIZED (SELECT id, project_id, name, email, language,
    row_number() OVER (ORDER BY id) - 1 AS n FROM clients)"""
SINCE = "$2::timestamptz + $3::interval * (n.n / $1::float)"
"""The moment of a row: evenly over the years, the last one now."""
TICKETS = f"""{NUMBERED} INSERT INTO tickets (number, key, client_id, project_id, category_id, department_id,
        subject, state, priority, language, assignee_id, opened_side, opened_by, created_at, changed_at,
        waiting_since, closed_at)
    SELECT n.n, 'bench-' || n.n, c.id, c.project_id, k.id, k.department_id,
           (ARRAY['Slow', 'Down again', 'Invoice', 'Mail bounces', 'A new server'])[1 + n.n % 5] || ' ' || n.n,
           s.state, CASE WHEN n.n % 50 = 0 THEN 'urgent' ELSE 'normal' END, c.language,
           CASE WHEN n.n % 3 = 0 THEN (SELECT min(id) FROM staff) END, 'client', c.name, {SINCE}, {SINCE},
           CASE WHEN s.state IN ('new', 'waiting_staff') THEN {SINCE} END,
           CASE WHEN s.state = 'closed' THEN {SINCE} END
      FROM generate_series(1, $1::int) AS n (n) JOIN numbered c ON c.n = n.n % (SELECT count(*) FROM clients)
     CROSS JOIN (SELECT id, department_id FROM ticket_categories ORDER BY id LIMIT 1) k
     CROSS JOIN LATERAL (SELECT CASE WHEN n.n % 20 > 0 THEN 'closed' ELSE
           (ARRAY['new', 'open', 'waiting_client', 'waiting_staff'])[1 + n.n / 20 % 4] END AS state) s"""
MESSAGES = """INSERT INTO ticket_messages (ticket_id, key, side, author_name, text, created_at)
    SELECT t.id, t.key || '-' || m, CASE WHEN m = 2 THEN 'staff' ELSE 'client' END, 'Somebody',
           t.subject || ': host' || t.number % 9000 || ' answers error' || (t.number * m) % 700 || ' since ' ||
           (ARRAY['Monday', 'today', 'the update', 'yesterday'])[1 + t.number % 4] || ', could you look at it?',
           t.created_at FROM tickets t CROSS JOIN generate_series(1, 3) AS m"""
WATCHED = """INSERT INTO ticket_watchers (ticket_id, staff_id)
    SELECT t.id, (SELECT min(id) FROM staff) FROM tickets t WHERE t.number % 100 = 7"""
TOLD = """INSERT INTO notifications (kind, key, client_id, about_kind, about_id, state, created_at)
    SELECT 'ticket.answered', 'bench-' || t.number, t.client_id, 'ticket', t.id, 'handed_out', t.created_at
      FROM tickets t"""
MAILED = """INSERT INTO deliveries (notification_id, kind, channel, medium, client_id, address, subject, state,
        reason, created_at, ended_at)
    SELECT o.id, o.kind, 'mail', 'mail', o.client_id, c.email, 'Answer', s.state,
           CASE WHEN s.state = 'dead' THEN 'refused' ELSE '' END, o.created_at, o.created_at
      FROM notifications o JOIN clients c ON c.id = o.client_id
     CROSS JOIN LATERAL (SELECT CASE WHEN o.id % 500 = 0 THEN 'dead' ELSE 'sent' END AS state) s"""
RUNG = """INSERT INTO deliveries (notification_id, kind, channel, medium, client_id, person_id, audience, subject,
        state, created_at, ended_at, read_at)
    SELECT o.id, o.kind, 'panel', 'panel', o.client_id, (SELECT min(person_id) FROM staff WHERE role = 'owner'),
           'staff', 'Answer', 'sent', o.created_at, o.created_at, CASE WHEN o.id % 10 > 0 THEN o.created_at END
      FROM notifications o WHERE o.id % 4 = 0"""
CHECKED = f"""{NUMBERED} INSERT INTO fraud_checks (kind, source, verdict, state, client_id, project_id, name,
        email, created_at, decided_at)
    SELECT 'order', 'portal', CASE WHEN s.state = 'passed' THEN 'pass' ELSE 'review' END, s.state, c.id,
           c.project_id, c.name, c.email, {SINCE}, CASE WHEN s.state = 'approved' THEN {SINCE} END
      FROM generate_series(1, $1::int) AS n (n) JOIN numbered c ON c.n = n.n % (SELECT count(*) FROM clients)
     CROSS JOIN LATERAL (SELECT CASE WHEN n.n % 1000 = 0 THEN 'waiting' WHEN n.n % 100 = 0 THEN 'approved'
           ELSE 'passed' END AS state) s"""
HAPPENED = """INSERT INTO webhook_events (kind, subject_id, client_id, payload, is_spread, created_at)
    SELECT 'ticket.opened', t.id, t.client_id, '{}', true, t.created_at FROM tickets t"""
HOOKED = """INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, state, attempts, status, next_at,
        give_up_at, created_at)
    SELECT (SELECT min(id) FROM webhook_endpoints), e.id, e.kind,
           CASE WHEN e.id % 300 = 0 THEN 'dead' ELSE 'sent' END, 1, 200, NULL, e.created_at, e.created_at
      FROM webhook_events e"""


async def kept(settings: Settings, biggest: int, few: int, console: Console) -> list[Tenant]:
    """The providers, the biggest first, each with its conversations; written once for a database."""
    async with db.as_platform():
        ids = [row["id"] for row in await db.fetch("SELECT id FROM providers WHERE id <> 0 ORDER BY id")]
    tenants = sorted([await providers.tenant(number) for number in ids], key=lambda one: one.code != BIG)
    async with db.as_tenant(tenants[-1].id):
        is_written = await db.value("SELECT EXISTS (SELECT FROM tickets)")
    if not is_written:
        for tenant in tenants:
            async with db.as_tenant(tenant.id):
                await _endpoint(system(tenant))
        await _write(tenants, settings, biggest, few, console)
    return tenants


async def _endpoint(by: Actor) -> None:
    await webhook_endpoints.create(EndpointValues(url="https://hooks.example.org/in", is_on=False), by=by)


async def _write(tenants: list[Tenant], settings: Settings, biggest: int, few: int, console: Console) -> None:
    """A table for all providers, and the next one; what autovacuum does in minutes comes between them."""
    app = await asyncpg.connect(settings.database_url)
    owner = await asyncpg.connect(settings.database_owner_url, statement_cache_size=0)
    try:
        for statement in _statements():
            for place, tenant in enumerate(tenants):
                many = biggest if place == 0 else few
                given = (many, clock.now() - YEARS, YEARS) if "$1" in statement else ()
                async with app.transaction():
                    await app.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant.id))
                    await app.execute("SET LOCAL enable_nestloop = off")
                    await app.execute(statement, *given)
            await owner.execute(f"ANALYZE {TABLES}")
            console.print(f"Wrote {statement.partition('INSERT INTO ')[2].split()[0]}")
        await owner.execute("VACUUM (ANALYZE)")
    finally:
        await app.close()
        await owner.close()


def _statements() -> Iterator[str]:
    yield from (TICKETS, MESSAGES, WATCHED, TOLD, MAILED, RUNG, CHECKED, HAPPENED, HOOKED)


def figures(many: int) -> dict[str, Any]:
    """What stands at the biggest provider."""
    return {"tickets": many, "messages": 3 * many, "deliveries": many + many // 4, "webhook_deliveries": many}
