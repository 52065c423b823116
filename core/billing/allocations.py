"""Which payment covered which expense: the oldest open expense first, from the oldest payment with money left.

The database keeps the sums beside expenses and payments, and refuses to cover or to spend anything twice. What is
released stays as a row with its moment.
"""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from piccolo.columns import BigInt, Timestamptz

from core import clock, db, listening
from core.billing import waking
from core.listening import Happened

COVERED = "expense:covered"
"""What those who listen are told of expenses that something more was paid of."""
COVER = """
    INSERT INTO allocations (payment_id, expense_id, units, at)
    SELECT p.id, e.id, least(p.upto, e.upto) - greatest(p.upto - p.units, e.upto - e.units), $2
      FROM (SELECT id, account_id, currency, units - allocated_units - refunded_units AS units,
                   sum(units - allocated_units - refunded_units)
                       OVER (PARTITION BY account_id, currency ORDER BY day, created_at, id) AS upto
              FROM payments WHERE account_id = ANY($1::bigint[]) AND state = 'paid'
               AND allocated_units + refunded_units < units) p
      JOIN (SELECT id, account_id, currency, gross_units - covered_units AS units,
                   sum(gross_units - covered_units)
                       OVER (PARTITION BY account_id, currency ORDER BY day, created_at, id) AS upto
              FROM expenses WHERE account_id = ANY($1::bigint[]) AND reversed_at IS NULL
               AND covered_units < gross_units) e
        ON e.account_id = p.account_id AND e.currency = p.currency
       AND least(p.upto, e.upto) > greatest(p.upto - p.units, e.upto - e.units)
"""
"""Both sides laid end to end, oldest first; where two overlap, that much of the payment covers the expense."""

MAKE_ROOM = """
    UPDATE allocations a SET released_at = $3
      FROM (SELECT g.id, g.units, w.short,
                   sum(g.units) OVER (PARTITION BY g.expense_id ORDER BY g.at DESC, g.id DESC) AS upto
              FROM (SELECT e.id, u.units - (e.gross_units - e.covered_units) AS short
                      FROM unnest($1::bigint[], $2::bigint[]) AS u (id, units) JOIN expenses e ON e.id = u.id) w
              JOIN allocations g ON g.expense_id = w.id AND g.released_at IS NULL
             WHERE w.short > 0 AND NOT EXISTS (SELECT FROM invoices k WHERE k.payment_id = g.payment_id)) laid
     WHERE a.id = laid.id AND laid.upto - laid.units < laid.short
 RETURNING a.payment_id, a.expense_id, (laid.upto - laid.short)::bigint AS kept
"""
"""Release what covers these expenses as far as room is needed; `kept` is what of it need not have gone."""


class Allocation(db.Owned, tablename="allocations"):
    """`units` of a payment cover an expense, until it is released."""

    payment_id = BigInt()
    expense_id = BigInt()
    units = BigInt()
    at = Timestamptz()
    released_at = Timestamptz(null=True)


async def cover(account_ids: Sequence[int], *, at: datetime | None = None) -> None:
    """Let what was paid in these accounts, which the caller has locked, cover what is open there.

    Services that dunning suspended there go on when nothing is overdue any more.
    """
    given = [list(account_ids), at or clock.now()]
    if await listening.is_wanted(COVERED):
        found = await db.fetch(f"{COVER} RETURNING expense_id", *given)
        await _tell({row["expense_id"] for row in found})
    else:
        await db.execute(COVER, *given)
    await waking.paid(account_ids)


async def release_expense(expense_id: int) -> None:
    """No payment covers this expense any more."""
    await db.execute(
        "UPDATE allocations SET released_at = $2 WHERE expense_id = $1 AND released_at IS NULL",
        expense_id,
        clock.now(),
    )


async def release_payment(payment_id: int, units: int) -> None:
    """Free at least so much of a payment, from what it covered last on; `cover` gives back what was too much."""
    await db.execute(
        """UPDATE allocations SET released_at = $3 WHERE id IN (
               SELECT a.id FROM (
                   SELECT a.id, a.units,
                          sum(a.units) OVER (ORDER BY e.day DESC, e.created_at DESC, e.id DESC) AS upto
                     FROM allocations a JOIN expenses e ON e.id = a.expense_id
                    WHERE a.payment_id = $1 AND a.released_at IS NULL) a
                WHERE a.upto - a.units < $2)""",
        payment_id,
        units,
        clock.now(),
    )


async def settle(payment_id: int, given: Sequence[tuple[int, int]]) -> None:
    """Cover so much of each expense (id, units) with this payment, which makes room where others covered it.

    What covered an expense last makes room first, but never a credit of a credit note. `cover` finds what is freed
    another place.
    """
    ids, units, now = [one for one, _units in given], [units for _one, units in given], clock.now()
    freed = await db.fetch(MAKE_ROOM, ids, units, now)
    kept = [row for row in freed if row["kept"] > 0]
    await _add([(row["payment_id"], row["expense_id"], row["kept"]) for row in kept], now)
    await _add([(payment_id, expense_id, part) for expense_id, part in given], now)


async def prefer(payment_id: int, wanted: Sequence[tuple[int, int]]) -> None:
    """Cover what is open of these expenses (id, at most so many units) with this payment; nothing makes room."""
    found = await db.fetch(
        """SELECT e.id, least(u.units, e.gross_units - e.covered_units) AS units FROM expenses e
             JOIN unnest($1::bigint[], $2::bigint[]) AS u (id, units) ON u.id = e.id
            WHERE e.covered_units < e.gross_units""",
        [expense_id for expense_id, _units in wanted],
        [units for _expense_id, units in wanted],
    )
    await _add([(payment_id, row["id"], row["units"]) for row in found], clock.now())


async def _add(listed: Sequence[tuple[int, int, int]], at: datetime) -> None:
    await db.execute(
        """INSERT INTO allocations (payment_id, expense_id, units, at)
           SELECT u.payment_id, u.expense_id, u.units, $4
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u (payment_id, expense_id, units)""",
        [payment_id for payment_id, _expense_id, _units in listed],
        [expense_id for _payment_id, expense_id, _units in listed],
        [units for _payment_id, _expense_id, units in listed],
        at,
    )
    await _tell({expense_id for _payment_id, expense_id, _units in listed})


async def _tell(expense_ids: set[int]) -> None:
    await listening.tell(COVERED, [Happened(id=expense_id) for expense_id in sorted(expense_ids)])


async def of_payment(payment_id: int) -> list[Record]:
    """The expenses that a payment covers: id, text, day, units, gross_units, currency."""
    return await db.fetch(
        """SELECT e.id, e.text, e.day, e.gross_units, e.currency, sum(a.units)::bigint AS units
             FROM allocations a JOIN expenses e ON e.id = a.expense_id
            WHERE a.payment_id = $1 AND a.released_at IS NULL
            GROUP BY e.id, e.text, e.day, e.gross_units, e.currency, e.created_at
            ORDER BY e.day, e.created_at, e.id""",
        payment_id,
    )


async def of_expense(expense_id: int) -> list[Record]:
    """The payments that cover an expense: id, method, day, reference, units, currency."""
    return await db.fetch(
        """SELECT p.id, p.method, p.day, p.reference, p.currency, sum(a.units)::bigint AS units
             FROM allocations a JOIN payments p ON p.id = a.payment_id
            WHERE a.expense_id = $1 AND a.released_at IS NULL
            GROUP BY p.id, p.method, p.day, p.reference, p.currency, p.created_at
            ORDER BY p.day, p.created_at, p.id""",
        expense_id,
    )
