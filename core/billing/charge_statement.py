"""The statements that charge services: what each account may owe, what the periods come to, and the one that
writes all of it.

$1 to $5 are services with their payer, the place of their tax, and what `BOOKS` says of their account, as text of
`core.arrays`; $6 to $9 the taxes; $10 the day, $11 whether list prices have the tax inside, $12 how many periods
of one service at most; $13 the moment of the entries, $14 now, $15 who.
"""

from core.billing import planned_changes

BOOKS = """
    SELECT a.id, l.id AS owing_id, l.id IS NOT NULL AND j.kinds = 2 AS is_open,
           CASE WHEN NOT a.is_postpaid THEN coalesce(a.credit_limit, j.credit_limit)
               + coalesce((SELECT r.left_units FROM promised_payments r
                            WHERE r.account_id = a.id AND r.state = 'open'), 0)
               + coalesce((SELECT t.credits - t.debits FROM ledger_totals t WHERE t.account_id = l.id), 0)
           END::bigint AS room
      FROM unnest($1::bigint[]) AS asked (id)
     CROSS JOIN LATERAL (SELECT a.id, a.project_id, a.is_postpaid, a.credit_limit FROM client_projects a
                          WHERE a.id = asked.id OFFSET 0) a
     CROSS JOIN LATERAL (
           SELECT j.currency, j.credit_limit,
                  (SELECT count(*) FROM ledger_accounts r WHERE r.holder_id IS NULL AND r.currency = j.currency
                      AND r.kind IN ('revenue', 'tax')) AS kinds
             FROM projects j WHERE j.id = a.project_id OFFSET 0) j
      LEFT JOIN LATERAL (SELECT l.id FROM ledger_accounts l
                          WHERE l.holder_id = a.id AND l.kind = 'client' AND l.currency = j.currency
                         OFFSET 0) l ON true
"""
"""Accounts with their ledger account, and how much may still be charged there (null: as much as comes)."""
ASKED = """(SELECT u.*, ($6::int[])[u.tax_at] AS rate, ($7::int[])[u.tax_at] AS inside,
                   ($8::text[])[u.tax_at] AS category, ($9::text[])[u.tax_at] AS reason
              FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::bigint[],
                          $5::text::bigint[]) AS u (id, payer_id, tax_at, room, owing_id) OFFSET 0) t"""
IDS = "(SELECT $1::text::bigint[])::bigint[]"
TERMS = """s.client_id, s.account_id, s.currency, s.name, s.label, s.full_units, s.discount_units,
               s.discount_periods, s.discount_until, s.anchor, s.period_unit, s.period_count, s.ends_on"""
PARTS = """
    parts AS (
        SELECT s.*, n.number, f.day AS start_day,
               period_day(s.anchor, s.period_unit, s.period_count, n.number + 1) AS end_day,
               CASE WHEN (s.discount_periods IS NULL OR n.number < s.discount_periods)
                     AND (s.discount_until IS NULL OR f.day <= s.discount_until)
                    THEN s.discount_units ELSE 0 END AS lowered
          FROM asked s
         CROSS JOIN LATERAL generate_series(s.periods, least(s.periods + $12::int - 1,
                    period_number(s.anchor, s.period_unit, s.period_count, $10))) AS n (number)
         CROSS JOIN LATERAL (SELECT period_day(s.anchor, s.period_unit, s.period_count, n.number) AS day) f
         WHERE f.day <= $10 AND (s.ends_on IS NULL OR f.day < s.ends_on)),
    nets AS (
        SELECT p.*, CASE WHEN $11 THEN round((full_units - lowered) * 100000.0 / (100000 + inside))
                         ELSE full_units - lowered END::bigint AS net,
               CASE WHEN $11 THEN round(full_units * 100000.0 / (100000 + inside))
                    ELSE full_units END::bigint AS listed
          FROM parts p),
    priced AS (
        SELECT n.*, CASE WHEN NOT $11 THEN round(net * rate / 100000.0)
                         WHEN rate > 0 THEN full_units - lowered - net ELSE 0 END::bigint AS tax
          FROM nets n),
    placed AS (
        SELECT q.*, sum(q.net + q.tax)
                   OVER (PARTITION BY q.account_id ORDER BY q.start_day, q.id, q.number) AS upto
          FROM priced q)
"""
LOOK = f"""
    WITH planned AS MATERIALIZED ({planned_changes.AS_PLANNED.format(day="$10", ids=IDS)}),
    asked AS MATERIALIZED (
        SELECT t.*, {TERMS}, s.periods FROM {ASKED} JOIN planned s ON s.id = t.id), {PARTS}
    SELECT p.currency, count(*) AS expenses, count(DISTINCT p.id) AS services, sum(p.net + p.tax)::bigint AS units,
           count(*) FILTER (WHERE p.room IS NOT NULL AND p.upto > p.room) AS parked,
           coalesce(sum(p.net + p.tax) FILTER (WHERE p.room IS NOT NULL AND p.upto > p.room), 0)::bigint
               AS parked_units
      FROM placed p GROUP BY p.currency ORDER BY p.currency
"""
CHARGE = f"""
    WITH asked AS MATERIALIZED (
        SELECT t.*, s.*, d.periods FROM {ASKED}
         CROSS JOIN LATERAL (SELECT {TERMS} FROM services s WHERE s.id = t.id OFFSET 0) s
         CROSS JOIN LATERAL (SELECT d.periods FROM service_dues d WHERE d.id = t.id OFFSET 0) d), {PARTS},
    good AS MATERIALIZED (
        SELECT p.*, 'service-' || p.id || '-' || p.start_day AS key, new_id() AS expense_id
          FROM placed p WHERE p.room IS NULL OR p.upto <= p.room),
    sums AS MATERIALIZED (
        SELECT g.owing_id, g.currency, sum(g.net)::bigint AS net, sum(g.tax)::bigint AS tax,
               min(g.expense_id) AS entry_id, min(g.key) AS key,
               string_agg(g.key || g.net || '+' || g.tax, ' ' ORDER BY g.key) AS told
          FROM good g GROUP BY g.account_id, g.owing_id, g.currency HAVING sum(g.net + g.tax) > 0),
    entries AS (
        INSERT INTO ledger_entries (id, key, kind, digest, at, recorded_at)
        SELECT s.entry_id, 'expense-' || s.key, 'expense', sha256(convert_to(s.told, 'UTF8')), $13, $14
          FROM sums s),
    moves AS (
        INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, currency, units, at)
        SELECT s.entry_id, s.owing_id, r.id, s.currency, CASE r.kind WHEN 'tax' THEN s.tax ELSE s.net END, $13
          FROM sums s JOIN ledger_accounts r ON r.holder_id IS NULL AND r.currency = s.currency
           AND r.kind IN ('revenue', 'tax')
         WHERE CASE r.kind WHEN 'tax' THEN s.tax ELSE s.net END > 0),
    made AS (
        INSERT INTO expenses (id, client_id, account_id, payer_id, service_id, key, kind, text, day, period_start,
            period_end, currency, discount_units, net_units, tax_rate, tax_category, tax_reason, tax_units,
            gross_units, entry_id, created_at, created_by)
        SELECT g.expense_id, g.client_id, g.account_id, g.payer_id, g.id, g.key, 'service',
               g.name || CASE WHEN g.label = '' THEN '' ELSE ' · ' || g.label END, least(g.start_day, $10),
               g.start_day, g.end_day, g.currency, g.listed - g.net, g.net, g.rate, g.category, g.reason, g.tax,
               g.net + g.tax,
               CASE WHEN g.net + g.tax > 0
                    THEN min(g.expense_id) OVER (PARTITION BY g.account_id, g.currency) END, $14, $15
          FROM good g),
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
               parked = CASE WHEN m.day <= $10 AND (m.ends_on IS NULL OR m.day < m.ends_on)
                              AND m.count < $12::int THEN 'funds' ELSE '' END
          FROM turns m WHERE d.id = m.id
        RETURNING d.id, d.parked, m.count)
    SELECT (SELECT count(*) FROM moved WHERE count > 0) AS services, (SELECT count(*) FROM good) AS expenses,
           (SELECT count(*) FROM moved WHERE parked <> '') AS parked,
           (SELECT jsonb_object_agg(currency, units) FROM (
                SELECT currency, sum(net + tax) AS units FROM good GROUP BY currency) u) AS units
"""
"""An entry has the id of its first expense, so that neither is looked for in the other."""
BY_KEYS = ("plan_cache_mode = force_generic_plan", "enable_hashjoin = off", "enable_mergejoin = off",
           "enable_seqscan = off", "enable_bitmapscan = off")  # fmt: skip
"""How these statements are planned: once, and each row is looked for by its key. What the planner makes of the
number of rows, which it cannot know, was now and then a comparison of each with each."""
