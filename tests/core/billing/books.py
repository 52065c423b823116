"""What must hold of a provider's money at any moment: the oracles that every test of money asks at its end."""

from core import db
from core.billing import ledger


async def account_of(login: str, project: str = "") -> int:
    """The id of a client's account: in its home, or in the project of this name."""
    return int(
        await db.value(
            """SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id
                 JOIN projects p ON p.id = a.project_id
                WHERE c.login = $1 AND CASE WHEN $2 = '' THEN a.project_id = c.project_id ELSE p.name = $2 END""",
            login,
            project,
        )
    )


async def check() -> None:
    """Inside a provider's scope: the ledger balances and says what expenses and payments say, sums are sums."""
    assert await ledger.differences() == []
    for row in await db.fetch(
        "SELECT l.currency, sum(t.debits) AS d, sum(t.credits) AS c FROM ledger_accounts l"
        " JOIN ledger_totals t ON t.account_id = l.id GROUP BY 1"
    ):
        assert row["d"] == row["c"], row
    assert await db.fetch(WRONG_BALANCES) == []
    assert await db.fetch(WRONG_COVERS) == []
    assert await db.fetch(WRONG_SPENDINGS) == []
    assert await db.fetch(LEFT_OPEN) == [], "what was paid covers what is open"
    assert await db.fetch(WRONG_EARNINGS) == []
    assert await db.fetch(WRONG_PERIODS) == [], "each period of a service is charged once, without a gap"
    assert await db.fetch(WRONG_DOCUMENTS) == []
    assert await db.fetch(WRONG_LINES) == []
    assert await db.fetch(WRONG_CREDITS) == [], "credit notes are within their invoice, and cover its expenses"
    assert await db.fetch(WRONG_SERVICE_NOTES) == [], "what is given back of an invoice has its credit note"
    assert await db.fetch(WRONG_NUMBERS) == [], "the numbers of documents follow each other"


async def overdrawn() -> dict[int, int]:
    """The accounts that owe more than they may, each with its balance: a chargeback does that."""
    found = await db.fetch(
        """SELECT a.id, (t.credits - t.debits)::bigint AS balance FROM client_projects a
             JOIN projects p ON p.id = a.project_id
             JOIN ledger_accounts l ON l.holder_id = a.id AND l.kind = 'client' AND l.currency = p.currency
             JOIN ledger_totals t ON t.account_id = l.id
            WHERE NOT a.is_postpaid AND t.credits - t.debits < -coalesce(a.credit_limit, p.credit_limit)
                - coalesce((SELECT r.left_units FROM promised_payments r
                             WHERE r.account_id = a.id AND r.state = 'open'), 0)"""
    )
    return {row["id"]: row["balance"] for row in found}


WRONG_BALANCES = """
    SELECT a.id, held.units, moved.units FROM client_projects a
    CROSS JOIN LATERAL (SELECT coalesce(sum(t.credits - t.debits), 0) AS units FROM ledger_accounts l
        JOIN ledger_totals t ON t.account_id = l.id WHERE l.holder_id = a.id AND l.kind = 'client') held
    CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(p.units - p.refunded_units) FROM payments p
        WHERE p.account_id = a.id AND p.state IN ('paid', 'refunded')), 0) - coalesce((SELECT sum(e.gross_units)
        FROM expenses e WHERE e.account_id = a.id AND e.reversed_at IS NULL), 0) AS units) moved
    WHERE held.units <> moved.units
"""
WRONG_COVERS = """
    SELECT e.id FROM expenses e WHERE e.covered_units <> coalesce((SELECT sum(a.units) FROM allocations a
        WHERE a.expense_id = e.id AND a.released_at IS NULL), 0)
       OR (e.reversed_at IS NOT NULL AND e.covered_units > 0)
       OR e.gross_units <> e.net_units + e.tax_units OR e.covered_units > e.gross_units
"""
WRONG_SPENDINGS = """
    SELECT p.id FROM payments p WHERE p.allocated_units <> coalesce((SELECT sum(a.units) FROM allocations a
        WHERE a.payment_id = p.id AND a.released_at IS NULL), 0)
       OR p.refunded_units <> coalesce((SELECT sum(r.units) FROM refunds r WHERE r.payment_id = p.id), 0)
       OR p.allocated_units + p.refunded_units > p.units
       OR (p.state = 'refunded') <> (p.refunded_units = p.units)
"""
LEFT_OPEN = """
    SELECT e.account_id FROM expenses e JOIN payments p ON p.account_id = e.account_id AND p.currency = e.currency
    WHERE e.reversed_at IS NULL AND e.covered_units < e.gross_units
      AND p.state = 'paid' AND p.allocated_units + p.refunded_units < p.units
"""
WRONG_EARNINGS = """
    SELECT l.currency, l.kind, held.units, told.units FROM ledger_accounts l
      JOIN LATERAL (SELECT credits - debits AS units FROM ledger_totals WHERE account_id = l.id) held ON true
     CROSS JOIN LATERAL (SELECT coalesce((SELECT sum(CASE l.kind WHEN 'tax' THEN e.tax_units ELSE e.net_units END)
               FROM expenses e
              WHERE e.currency = l.currency AND e.kind <> 'transfer' AND e.reversed_at IS NULL), 0)
           - coalesce((SELECT sum(CASE l.kind WHEN 'tax' THEN c.tax_units ELSE c.net_units END)
               FROM service_credits c JOIN payments p ON p.id = c.payment_id AND p.currency = l.currency), 0)
           - coalesce((SELECT sum(CASE l.kind WHEN 'tax' THEN c.tax_units ELSE c.net_units END)
               FROM invoice_lines c JOIN invoices k ON k.id = c.invoice_id AND k.currency = l.currency
              WHERE k.payment_id IS NOT NULL), 0)
           AS units) told
     WHERE l.kind IN ('revenue', 'tax') AND held.units <> told.units
"""
WRONG_PERIODS = """
    SELECT c.service_id, c.period_start, c.period_end, c.before, c.is_last, s.state, d.next_on FROM (
        SELECT e.service_id, e.period_start, e.period_end, lag(e.period_end) OVER w AS before,
               lead(e.period_end) OVER w IS NULL AS is_last
          FROM expenses e WHERE e.key ~ '^service-[0-9]+-(start|[0-9]{4}-)' AND e.period_start IS NOT NULL
        WINDOW w AS (PARTITION BY e.service_id ORDER BY e.period_start, e.id)) c
      JOIN services s ON s.id = c.service_id JOIN service_dues d ON d.id = s.id
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM audit_entries a WHERE a.action = 'service:resumed'
            AND a.subject_id = s.id AND a.changes::text LIKE '%"skip"%') AS has_gaps) g
     WHERE c.before > c.period_start OR (c.before < c.period_start AND NOT g.has_gaps)
        OR c.period_start >= c.period_end
        OR (c.is_last AND s.state <> 'ended' AND c.period_end <> coalesce(d.next_on, s.ends_on, '-infinity')
            AND NOT (g.has_gaps AND c.period_end < d.next_on))
"""
WRONG_DOCUMENTS = """
    SELECT k.id, k.number, k.gross_units FROM invoices k
      JOIN LATERAL (SELECT sum(l.net_units) AS net, sum(l.tax_units) AS tax, sum(l.discount_units) AS discount,
                           bool_or(l.is_live) AS some, bool_and(l.is_live) AS every
                      FROM invoice_lines l WHERE l.invoice_id = k.id) l ON true
     CROSS JOIN LATERAL (SELECT CASE WHEN k.frozen <> '' THEN k.frozen::jsonb -> 'totals' END AS said) f
      LEFT JOIN invoices c ON c.corrects_id = k.id AND k.state = 'void'
     WHERE (k.net_units, k.tax_units, k.discount_units) IS DISTINCT FROM (l.net, l.tax, l.discount)
        OR k.gross_units <> k.net_units + k.tax_units
        OR (k.state <> 'draft') <> (k.frozen <> '')
        OR (k.state <> 'draft' AND k.kind <> 'proforma') <> (k.number <> '')
        OR (f.said ->> 'gross_units')::bigint <> k.gross_units OR (f.said ->> 'tax_units')::bigint <> k.tax_units
        OR encode(sha256(convert_to(k.frozen, 'UTF8')), 'hex') <> coalesce(nullif(k.digest, ''),
               encode(sha256(''), 'hex'))
        OR l.every <> (k.kind = 'invoice' AND k.state <> 'void') OR l.some <> l.every
        OR (c.id IS NOT NULL) <> (k.kind = 'invoice' AND k.state = 'void') OR c.gross_units <> k.gross_units
        OR (SELECT count(*) FROM invoices n WHERE n.corrects_id = k.id) > 1 AND k.state = 'void'
        OR c.tax_units <> k.tax_units OR (k.kind = 'credit_note') <> (k.corrects_id IS NOT NULL)
"""
WRONG_LINES = """
    SELECT l.invoice_id, l.position FROM invoice_lines l
      JOIN expenses e ON e.id = l.expense_id JOIN invoices k ON k.id = l.invoice_id
     WHERE (l.tax_rate, l.tax_category, e.currency, e.client_id)
           IS DISTINCT FROM (e.tax_rate, e.tax_category, k.currency, k.client_id)
        OR (k.kind <> 'credit_note' AND (l.net_units, l.tax_units) IS DISTINCT FROM (e.net_units, e.tax_units))
        OR (l.is_live AND k.state = 'issued' AND e.reversed_at IS NOT NULL)
"""
WRONG_CREDITS = """
    SELECT l.invoice_id, l.position, g.net, g.tax FROM invoice_lines l JOIN (
        SELECT n.corrects_id, c.expense_id, sum(c.net_units) AS net, sum(c.tax_units) AS tax,
               bool_and(n.payment_id IS NOT NULL) AS by_hand
          FROM invoices n JOIN invoice_lines c ON c.invoice_id = n.id GROUP BY 1, 2) g
        ON g.corrects_id = l.invoice_id AND g.expense_id = l.expense_id
     WHERE g.net > l.net_units OR g.tax > l.tax_units
        OR (g.by_hand AND g.net = l.net_units AND g.tax <> l.tax_units)
    UNION ALL
    SELECT k.id, 0, k.gross_units, p.allocated_units FROM invoices k JOIN payments p ON p.id = k.payment_id
     WHERE (p.units, p.allocated_units, p.state, p.currency) IS DISTINCT FROM
           (k.gross_units, k.gross_units, 'paid', k.currency)
    UNION ALL
    SELECT k.id, l.position, l.net_units, l.tax_units FROM invoices k JOIN invoice_lines l ON l.invoice_id = k.id
     WHERE k.payment_id IS NOT NULL AND l.net_units + l.tax_units IS DISTINCT FROM (
           SELECT sum(a.units) FROM allocations a
            WHERE a.payment_id = k.payment_id AND a.expense_id = l.expense_id AND a.released_at IS NULL)
"""
WRONG_SERVICE_NOTES = """
    WITH said AS (
        SELECT n.service_credit_id, sum(n.net_units) AS net, sum(n.tax_units) AS tax FROM invoices n
         WHERE n.service_credit_id IS NOT NULL GROUP BY 1)
    SELECT c.id, 'more than was given back' AS what FROM service_credits c
      JOIN said ON said.service_credit_id = c.id
     WHERE said.net > c.net_units OR said.tax > c.tax_units
    UNION ALL
    SELECT n.id, 'about something else' FROM invoices n JOIN service_credits c ON c.id = n.service_credit_id
      JOIN invoice_lines l ON l.invoice_id = n.id JOIN expenses e ON e.id = l.expense_id
     WHERE (e.service_id, l.tax_rate, l.tax_category) IS DISTINCT FROM (c.service_id, c.tax_rate, c.tax_category)
        OR l.period_start < c.period_start OR l.period_end > c.period_end
    UNION ALL
    SELECT n.id, 'gives no money, and none was given' FROM invoices n JOIN invoices k ON k.id = n.corrects_id
     WHERE k.state = 'issued' AND n.payment_id IS NULL AND n.service_credit_id IS NULL
    UNION ALL
    SELECT c.id, 'stands on an invoice and in no note' FROM service_credits c
      LEFT JOIN said ON said.service_credit_id = c.id
      JOIN expenses e ON e.service_id = c.service_id AND e.period_start < c.period_end
       AND e.period_end > c.period_start
      JOIN invoice_lines l ON l.expense_id = e.id AND l.is_live
       AND (l.tax_rate, l.tax_category) = (c.tax_rate, c.tax_category)
      JOIN invoices k ON k.id = l.invoice_id AND k.state = 'issued'
     WHERE c.net_units > coalesce(said.net, 0) AND l.net_units > (
           SELECT coalesce(sum(o.net_units), 0) FROM invoices n JOIN invoice_lines o ON o.invoice_id = n.id
            WHERE n.corrects_id = k.id AND o.expense_id = e.id)
"""
WRONG_NUMBERS = """
    SELECT company_id, kind, series, min(number), max(number), count(*) FROM (
        SELECT company_id, kind, regexp_replace(number, '[0-9]+$', '') AS series,
               substring(number FROM '[0-9]+$')::bigint AS number FROM invoices WHERE number <> '') n
     GROUP BY company_id, kind, series
    HAVING min(number) <> 1 OR max(number) <> count(*) OR count(DISTINCT number) <> count(*)
"""
