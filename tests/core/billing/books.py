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
