"""Charging periods of services: the statement that the billing run is made of, one for any number of services.

What is due is priced (the service's own price, its discount as long as it lasts, the tax of its payer on the
day), written as expenses with their ledger entries, and the service moves on to its next period. A period's
expense has a key of its own, so that it is made once; all of it is one statement, made whole or not at all.

An account that may not owe so much is charged for its oldest periods as far as they fit; the rest waits, and the
service says so (`parked`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import clock, db
from core.accounts import project_companies
from core.actor import Actor
from core.billing import accounts, allocations, planned_changes, trials
from core.catalog import price_words, tax_rules, taxes
from core.catalog.tax_rules import Tax
from core.periods import first_moment

MOST_PERIODS = 400
"""So many periods of one service are charged at once: a year of days after an outage, not a run gone mad."""


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: so many services and expenses, so many services that wait, and the account of each."""

    services: int = 0
    expenses: int = 0
    parked: int = 0
    units: Mapping[str, int] = {}


DUE = """
    SELECT due.* FROM ({chosen}) d CROSS JOIN LATERAL (
        SELECT s.id, s.client_id, s.account_id, s.plan_id, a.project_id, p.id AS payer_id, p.country, p.kind,
               p.vat_number
          FROM services s JOIN client_projects a ON a.id = s.account_id
          JOIN clients c ON c.id = s.client_id AND c.status = 'active'
          JOIN payers p ON p.client_id = s.client_id
           AND CASE WHEN s.payer_id IS NULL THEN p.is_default ELSE p.id = s.payer_id END
         WHERE s.id = d.id AND s.state = 'active' OFFSET 0) due
"""
"""Active services with what their tax depends on, in the order in which `chosen` has their ids, one by one."""
BY_DAY = "SELECT id FROM service_dues WHERE next_on <= $1 AND id + 0 > $2 ORDER BY id + 0 OFFSET 0"
"""Whose next period begins by a day, behind an id: from the index of days (`+ 0`), which has no others."""
PARTS = """
    asked AS MATERIALIZED (
        SELECT t.*, s.client_id, s.account_id, s.currency, s.name, s.label, s.full_units, s.discount_units,
               s.discount_periods, s.discount_until, s.anchor, s.period_unit, s.period_count, s.ends_on, d.periods
          FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::text[], $6::text[])
               AS t (id, payer_id, rate, inside, category, reason)
          JOIN services s ON s.id = t.id JOIN service_dues d ON d.id = t.id),
    parts AS (
        SELECT s.*, n.number, f.day AS start_day,
               period_day(s.anchor, s.period_unit, s.period_count, n.number + 1) AS end_day,
               CASE WHEN (s.discount_periods IS NULL OR n.number < s.discount_periods)
                     AND (s.discount_until IS NULL OR f.day <= s.discount_until)
                    THEN s.discount_units ELSE 0 END AS lowered
          FROM asked s
         CROSS JOIN LATERAL generate_series(s.periods, least(s.periods + $9::int - 1,
                    period_number(s.anchor, s.period_unit, s.period_count, $7))) AS n (number)
         CROSS JOIN LATERAL (SELECT period_day(s.anchor, s.period_unit, s.period_count, n.number) AS day) f
         WHERE f.day <= $7 AND (s.ends_on IS NULL OR f.day < s.ends_on)),
    nets AS (
        SELECT p.*, CASE WHEN $8 THEN round((full_units - lowered) * 100000.0 / (100000 + inside))
                         ELSE full_units - lowered END::bigint AS net,
               CASE WHEN $8 THEN round(full_units * 100000.0 / (100000 + inside))
                    ELSE full_units END::bigint AS listed
          FROM parts p),
    priced AS (
        SELECT n.*, CASE WHEN NOT $8 THEN round(net * rate / 100000.0)
                         WHEN rate > 0 THEN full_units - lowered - net ELSE 0 END::bigint AS tax
          FROM nets n),
    rooms AS (
        SELECT a.id, CASE WHEN NOT a.is_postpaid THEN coalesce(a.credit_limit, j.credit_limit)
                   + coalesce((SELECT r.left_units FROM promised_payments r
                                WHERE r.account_id = a.id AND r.state = 'open'), 0)
                   + coalesce((SELECT t.credits - t.debits FROM ledger_accounts l
                                 JOIN ledger_totals t ON t.account_id = l.id
                                WHERE l.holder_id = a.id AND l.kind = 'client' AND l.currency = j.currency), 0)
               END AS room
          FROM client_projects a JOIN projects j ON j.id = a.project_id
         WHERE a.id IN (SELECT account_id FROM priced)),
    placed AS (
        SELECT q.*, r.room, sum(q.net + q.tax)
                   OVER (PARTITION BY q.account_id ORDER BY q.start_day, q.id, q.number) AS upto
          FROM priced q JOIN rooms r ON r.id = q.account_id),
    good AS MATERIALIZED (
        SELECT p.*, 'service-' || p.id || '-' || p.start_day AS key
          FROM placed p WHERE p.room IS NULL OR p.upto <= p.room)
"""
LOOK = f"""
    WITH services AS ({planned_changes.AS_PLANNED.format(day="$7", ids="$1")}),
    service_dues AS (SELECT id, periods FROM services), {PARTS}
    SELECT p.currency, count(*) AS expenses, count(DISTINCT p.id) AS services, sum(p.net + p.tax)::bigint AS units,
           count(*) FILTER (WHERE p.room IS NOT NULL AND p.upto > p.room) AS parked,
           coalesce(sum(p.net + p.tax) FILTER (WHERE p.room IS NOT NULL AND p.upto > p.room), 0)::bigint
               AS parked_units
      FROM placed p GROUP BY p.currency ORDER BY p.currency
"""
CHARGE = f"""
    WITH {PARTS},
    sums AS MATERIALIZED (
        SELECT s.*, new_id() AS entry_id,
               (SELECT c.id FROM ledger_accounts c WHERE c.kind = 'client' AND c.currency = s.currency
                   AND c.holder_id = s.account_id) AS owing_id
          FROM (
            SELECT g.account_id, g.currency, sum(g.net)::bigint AS net, sum(g.tax)::bigint AS tax,
                   min(g.key) AS key, string_agg(g.key || g.net || '+' || g.tax, ' ' ORDER BY g.key) AS told
              FROM good g GROUP BY g.account_id, g.currency HAVING sum(g.net + g.tax) > 0) s),
    entries AS (
        INSERT INTO ledger_entries (id, key, kind, digest, at, recorded_at)
        SELECT s.entry_id, 'expense-' || s.key, 'expense', sha256(convert_to(s.told, 'UTF8')), $10, $11
          FROM sums s),
    moves AS (
        INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
        SELECT s.entry_id, s.owing_id, r.id, s.currency, x.units, $10
          FROM sums s CROSS JOIN LATERAL (VALUES ('revenue', s.net), ('tax', s.tax)) x (kind, units)
          JOIN ledger_accounts r ON r.kind = x.kind AND r.currency = s.currency AND r.holder_id IS NULL
         WHERE x.units > 0),
    made AS (
        INSERT INTO expenses (id, client_id, account_id, payer_id, service_id, key, kind, text, day, period_start,
            period_end, currency, discount_units, net_units, tax_rate, tax_category, tax_reason, tax_units,
            gross_units, entry_id, created_at, created_by)
        SELECT new_id(), g.client_id, g.account_id, g.payer_id, g.id, g.key, 'service',
               g.name || CASE WHEN g.label = '' THEN '' ELSE ' · ' || g.label END, least(g.start_day, $7),
               g.start_day, g.end_day, g.currency, g.listed - g.net, g.net, g.rate, g.category, g.reason, g.tax,
               g.net + g.tax, CASE WHEN g.net + g.tax > 0 THEN s.entry_id END, $11, $12
          FROM good g LEFT JOIN sums s ON s.account_id = g.account_id AND s.currency = g.currency),
    turns AS (
        SELECT id, ends_on, sum(one)::int AS count,
               period_day(anchor, period_unit, period_count, periods + sum(one)::int) AS day
          FROM (SELECT id, ends_on, anchor, period_unit, period_count, periods, 0 AS one FROM asked
                UNION ALL
                SELECT id, ends_on, anchor, period_unit, period_count, periods, 1 FROM good) u
         GROUP BY id, ends_on, anchor, period_unit, period_count, periods),
    moved AS (
        UPDATE service_dues d SET periods = d.periods + m.count,
               next_on = CASE WHEN m.ends_on IS NOT NULL AND m.day >= m.ends_on THEN NULL ELSE m.day END,
               parked = CASE WHEN m.day <= $7 AND (m.ends_on IS NULL OR m.day < m.ends_on)
                              AND m.count < $9::int THEN 'funds' ELSE '' END
          FROM turns m WHERE d.id = m.id
        RETURNING d.id, d.parked, m.count)
    SELECT (SELECT count(*) FROM moved WHERE count > 0) AS services, (SELECT count(*) FROM good) AS expenses,
           (SELECT count(*) FROM moved WHERE parked <> '') AS parked,
           (SELECT jsonb_object_agg(currency, units) FROM (
                SELECT currency, sum(net + tax) AS units FROM good GROUP BY currency) u) AS units
"""


async def lock_due(day: date, *, after: int, size: int) -> list[Record]:
    """So many services that are due on the day, by their ids, behind one; nobody charges them meanwhile.

    Clients and accounts are locked as verbs of people lock them, clients first, so that none waits for another.
    """
    found = await due(day, after=after, size=size)
    if found:
        await accounts.lock_with_clients(found)
    return found


async def due(day: date, *, after: int = 0, size: int) -> list[Record]:
    """The same, and none is locked."""
    return await db.fetch(f"{DUE.format(chosen=BY_DAY)} LIMIT {size:d}", day, after)


async def charge(found: Sequence[Record], day: date, *, by: Actor) -> Charged:
    """Charge these services, whose accounts are locked, for every period that has begun by the day."""
    if not found:
        return Charged()
    await planned_changes.perform([row["id"] for row in found], day, by=by)
    await trials.charge_set_ups([row["id"] for row in found], day, by=by)
    account_ids = sorted({row["account_id"] for row in found})
    await _open_ledger(account_ids)
    asked = await _asked(found, day)
    at = first_moment(day, ZoneInfo(by.tenant.timezone))
    now: datetime = clock.now()
    done = await db.row(CHARGE, *asked, at, now, by.name)
    assert done is not None
    await allocations.cover(account_ids, at=now)
    return Charged(
        services=done["services"],
        expenses=done["expenses"],
        parked=done["parked"],
        units=done["units"] or {},
    )


async def look(found: Sequence[Record], day: date) -> list[Record]:
    """What charging them would do, by currency: services, expenses, units. It is the statement that charges, over
    services as their planned changes will have made them.

    Of these, parked and parked_units do not fit into what their accounts may owe.
    """
    return await db.fetch(LOOK, *await _asked(found, day)) if found else []


async def _asked(found: Sequence[Record], day: date) -> tuple[Any, ...]:
    """The arguments of PARTS: each service with its payer and tax, the day, and how list prices are."""
    book = await taxes.book(day, found)
    sellers = {key: (await project_companies.selling(key))[0] for key in {row["project_id"] for row in found}}
    known: dict[tuple[Any, ...], Tax] = {}
    decided = []
    for row in found:
        kind = (row["project_id"], row["country"], row["kind"], row["vat_number"])
        key = (*kind, book.sold.get(row["plan_id"]), book.treatments.get(row["client_id"]))
        if key not in known:
            known[key] = book.tax(row, sellers[row["project_id"]], plan_id=row["plan_id"])
        decided.append(known[key])
    return (
        [row["id"] for row in found],
        [row["payer_id"] for row in found],
        [tax.rate for tax in decided],
        [tax_rules.inside(tax) for tax in decided],
        [tax.category for tax in decided],
        [price_words.kept_reason(tax) for tax in decided],
        day,
        book.decided.includes_tax,
        MOST_PERIODS,
    )


async def _open_ledger(account_ids: Sequence[int]) -> None:
    """The ledger accounts that are posted to, where there are none yet."""
    await db.execute(
        """WITH held AS (SELECT a.id, j.currency FROM client_projects a JOIN projects j ON j.id = a.project_id
                         WHERE a.id = ANY($1::bigint[]))
           INSERT INTO ledger_accounts (kind, currency, holder_id, opened_at)
           SELECT 'client', h.currency, h.id, $2::timestamptz FROM held h
            WHERE (SELECT l.id FROM ledger_accounts l
                    WHERE l.kind = 'client' AND l.currency = h.currency AND l.holder_id = h.id) IS NULL
            UNION ALL
           SELECT k.kind, h.currency, NULL, $2
             FROM (SELECT DISTINCT currency FROM held) h CROSS JOIN (VALUES ('revenue'), ('tax')) k (kind)
            WHERE NOT EXISTS (SELECT FROM ledger_accounts l
                               WHERE l.holder_id IS NULL AND l.kind = k.kind AND l.currency = h.currency)
           ON CONFLICT DO NOTHING""",
        list(account_ids),
        clock.now(),
    )
