"""What is given back of the periods of a service: a payment by credit, with its own entry against revenue and tax.

An expense never changes. Who gets something back of what was charged gets a credit: it covers what is open and
what comes next. A payable one can be paid out as well, as any payment that is given back.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import clock, db
from core.actor import Actor
from core.billing import account_credits, allocations, expenses
from core.billing.change_quotes import Amount
from core.catalog.tax_rules import Tax
from core.periods import Period

UNDOCUMENTED = """
    SELECT c.id, c.service_id, c.period_start, c.period_end, c.tax_rate, c.tax_category,
           (c.net_units - d.net)::bigint AS net_units, (c.tax_units - d.tax)::bigint AS tax_units,
           p.reference AS text, p.day
      FROM unnest($1::bigint[]) AS asked (id)
     CROSS JOIN LATERAL (SELECT * FROM service_credits c WHERE c.service_id = asked.id OFFSET 0) c
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(k.net_units), 0) AS net, coalesce(sum(k.tax_units), 0) AS tax FROM invoices k
            WHERE k.service_credit_id = c.id AND k.state = 'issued') d
      JOIN payments p ON p.id = c.payment_id
     WHERE c.net_units > d.net ORDER BY c.created_at, c.id
"""


class ServiceCredit(db.Owned, tablename="service_credits", append_only=True):
    """What was given back for the days from `period_start` to before `period_end`."""

    service_id = BigInt()
    payment_id = BigInt()
    period_start = Date()
    period_end = Date()
    net_units = BigInt()
    tax_rate = Integer()
    tax_category = Text()
    tax_units = BigInt()
    gross_units = BigInt()
    created_at = Timestamptz()


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """An amount to be given back; `key` makes it one."""

    key: str
    service_id: int
    text: str
    period: Period
    amount: Amount
    tax: Tax | expenses.Tax
    is_payable: bool = False


async def give(
    account: Mapping[str, Any], made: Credit, *, first: Sequence[tuple[int, int]] = (), by: Actor
) -> int:
    """Give it back into an account that the caller has locked; returns the credit's id. Asks for no right.

    It covers what is open of `first`, expenses with at most so much of each, before anything else.
    """
    given = await account_credits.give(
        account, made.key, made.amount, made.text, is_payable=made.is_payable, by=by
    )
    credit_id = await _keep(made, given["id"])
    await allocations.prefer(given["id"], first)
    await allocations.cover([account["id"]])
    return credit_id


async def undocumented(service_ids: Collection[int]) -> list[Record]:
    """What was given back of these services and stands in no credit note, or not all of it; the oldest first.

    `net_units` and `tax_units` are what is in none yet. A tax by itself is no document's, so it is not told.
    """
    return await db.fetch(UNDOCUMENTED, list(service_ids))


async def _keep(made: Credit, payment_id: int) -> int:
    kept = await db.value(
        """INSERT INTO service_credits (service_id, payment_id, period_start, period_end, net_units, tax_rate,
               tax_category, tax_units, gross_units, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id""",
        made.service_id,
        payment_id,
        made.period.start,
        made.period.end,
        made.amount.net,
        made.tax.rate,
        made.tax.category,
        made.amount.tax,
        made.amount.gross,
        clock.now(),
    )
    return int(kept)
