"""The reconciliation of a period: what the ledger says beside what expenses, payments and credits say.

Both are added up anew, each from its own rows, for the entries that count in the period. A difference means that
somebody was at the tables; there is none otherwise.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import clock, db, policies
from core.actor import Actor
from core.billing import payments
from core.checks import Checks
from core.errors import Forbidden
from core.i18n import N_, _
from core.periods import first_moment
from core.permissions import Permission

MOST_DAYS = 366
LABELS = {
    "revenue": N_("Revenue before tax"),
    "tax": N_("Taxes"),
    "bank": N_("Taken by bank transfer"),
    "cash": N_("Taken in cash"),
    "other_money": N_("Taken otherwise"),
    "balances": N_("Balances of all accounts, now"),
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure twice, in minor units: by the ledger, and by the rows it was posted for."""

    name: str
    ledger: int
    books: int

    @property
    def difference(self) -> int:
        """Zero, unless something is wrong."""
        return self.ledger - self.books


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was charged less what was taken back, by rate (thousandths of a percent) and category (UNTDID 5305)."""

    category: str
    rate: int
    net: int
    tax: int


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A currency: what must agree, taxes, takings by method (less what went back), documents that were issued."""

    currency: str
    lines: list[Line]
    taxes: list[TaxLine]
    methods: dict[str, int]
    owed: int
    ahead: int
    invoiced: int
    credited: int

    @property
    def is_right(self) -> bool:
        """Whether nothing differs."""
        return not any(line.difference for line in self.lines)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A period, both days included, by currency."""

    first: date
    last: date
    sheets: list[Sheet]


async def of(first: date | None = None, last: date | None = None, *, by: Actor) -> Report:
    """The report; of this month without a period. `Invalid` under "day_from" and "day_to".

    It is about all clients: `Forbidden` for whoever is limited to some of them.
    """
    policies.require(by, Permission.REPORT_READ)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("The reconciliation is about all clients, and you see only some of them."))
    first, last = _period(first, last, clock.today(by.tenant.timezone))
    zone = ZoneInfo(by.tenant.timezone)
    begin, end = first_moment(first, zone), first_moment(last + timedelta(days=1), zone)
    ledger = _sums(await db.fetch(LEDGER, begin, end))
    taxes = await db.fetch(TAXES, begin, end)
    taken = await db.fetch(TAKEN, begin, end)
    balances = {row["currency"]: row for row in await db.fetch(BALANCES)}
    papers = {row["currency"]: row for row in await db.fetch(PAPERS, first, last)}
    currencies = {*ledger, *balances, *papers, *(row["currency"] for row in (*taxes, *taken))}
    return Report(
        first=first,
        last=last,
        sheets=[
            _sheet(
                currency,
                ledger.get(currency, {}),
                [row for row in taxes if row["currency"] == currency],
                {row["method"]: int(row["units"]) for row in taken if row["currency"] == currency},
                balances.get(currency),
                papers.get(currency),
            )
            for currency in sorted(currencies)
        ],
    )


def _period(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    last = last or today
    first = first or last.replace(day=1)
    checks = Checks()
    if first > last or (last - first).days >= MOST_DAYS:
        checks.error("day_from", _("A period has at most %(count)s days.") % {"count": MOST_DAYS})
    if not date(1990, 1, 1) <= last <= date(2200, 1, 1):
        checks.error("day_to", _("This day cannot be."))
    checks.done()
    return first, last


def _sums(found: list[Record]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for row in found:
        sums.setdefault(row["currency"], {})[row["kind"]] = int(row["units"])
    return sums


def _sheet(
    currency: str,
    ledger: Mapping[str, int],
    taxes: list[Record],
    taken: dict[str, int],
    balances: Record | None,
    papers: Record | None,
) -> Sheet:
    books = {"revenue": sum(row["net"] for row in taxes), "tax": sum(row["tax"] for row in taxes)}
    for method, units in taken.items():
        place = payments.PLACES.get(method, "bank")
        books[place] = books.get(place, 0) + units
    held: dict[str, Any] = dict(balances) if balances else dict.fromkeys(("ledger", "books", "owed", "ahead"), 0)
    lines = [
        Line(name=name, ledger=ledger.get(name, 0), books=int(books.get(name, 0)))
        for name in LABELS
        if name in ("revenue", "tax") or ledger.get(name) or books.get(name)
    ]
    lines.append(Line(name="balances", ledger=int(held["ledger"]), books=int(held["books"])))
    return Sheet(
        currency=currency,
        lines=lines,
        taxes=[
            TaxLine(category=row["category"], rate=row["rate"], net=int(row["net"]), tax=int(row["tax"]))
            for row in taxes
        ],
        methods=taken,
        owed=int(held["owed"]),
        ahead=int(held["ahead"]),
        invoiced=int(papers["invoiced"]) if papers else 0,
        credited=int(papers["credited"]) if papers else 0,
    )


LEDGER = """
    SELECT l.currency, l.kind, sum(m.units) AS units FROM (
        SELECT debit_id AS id, CASE WHEN k.kind IN ('revenue', 'tax') THEN -t.units ELSE t.units END AS units
          FROM ledger_transfers t JOIN ledger_accounts k ON k.id = t.debit_id
         WHERE t.at >= $1 AND t.at < $2 AND k.holder_id IS NULL
        UNION ALL
        SELECT credit_id, CASE WHEN k.kind IN ('revenue', 'tax') THEN t.units ELSE -t.units END
          FROM ledger_transfers t JOIN ledger_accounts k ON k.id = t.credit_id
         WHERE t.at >= $1 AND t.at < $2 AND k.holder_id IS NULL) m
      JOIN ledger_accounts l ON l.id = m.id GROUP BY l.currency, l.kind
"""
TAXES = """
    WITH posted AS MATERIALIZED (
        SELECT id, recorded_at FROM ledger_entries WHERE at >= $1 AND at < $2),
    days AS MATERIALIZED (
        SELECT DISTINCT date_trunc('day', n.recorded_at + a.minute, 'UTC') AS day
          FROM posted n CROSS JOIN (VALUES (interval '-1 minute'), (interval '1 minute')) a (minute))
    SELECT currency, tax_category AS category, tax_rate AS rate, sum(net) AS net, sum(tax) AS tax FROM (
        SELECT e.currency, e.tax_category, e.tax_rate, e.net_units AS net, e.tax_units AS tax
          FROM days d CROSS JOIN LATERAL (
                SELECT * FROM expenses WHERE created_at >= d.day AND created_at < d.day + interval '1 day'
                OFFSET 0) e
          JOIN posted n ON n.id = e.entry_id
         WHERE e.kind <> 'transfer'
        UNION ALL
        SELECT e.currency, e.tax_category, e.tax_rate, -e.net_units, -e.tax_units FROM expenses e
         WHERE e.reversed_at >= $1 AND e.reversed_at < $2 AND e.kind <> 'transfer' AND e.entry_id IS NOT NULL
        UNION ALL
        SELECT p.currency, c.tax_category, c.tax_rate, -c.net_units, -c.tax_units FROM service_credits c
          JOIN payments p ON p.id = c.payment_id JOIN ledger_entries n ON n.id = p.entry_id
         WHERE n.at >= $1 AND n.at < $2
        UNION ALL
        SELECT k.currency, l.tax_category, l.tax_rate, -l.net_units, -l.tax_units FROM ledger_entries n
          JOIN payments p ON p.entry_id = n.id JOIN invoices k ON k.payment_id = p.id
          JOIN invoice_lines l ON l.invoice_id = k.id WHERE n.at >= $1 AND n.at < $2) charged
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 DESC
"""
"""An expense is written together with its entry, so it is looked for on the days on which entries of the period
were: an index by entry would cost the billing run more than all reports together."""
TAKEN = """
    SELECT currency, method, sum(units) AS units FROM (
        SELECT p.currency, p.method, p.units FROM payments p JOIN ledger_entries n ON n.id = p.entry_id
         WHERE n.at >= $1 AND n.at < $2 AND p.state IN ('paid', 'refunded')
           AND p.method NOT IN ('transfer', 'credit', 'payable_credit')
        UNION ALL
        SELECT p.currency, p.method, -r.units FROM refunds r JOIN payments p ON p.id = r.payment_id
          JOIN ledger_entries n ON n.id = r.entry_id WHERE n.at >= $1 AND n.at < $2) moved
     GROUP BY 1, 2 ORDER BY 1, 2
"""
BALANCES = """
    SELECT currency, sum(ledger) AS ledger, sum(ahead - owed) AS books, sum(owed) AS owed, sum(ahead) AS ahead
      FROM (
        SELECT l.currency, t.credits - t.debits AS ledger, 0 AS owed, 0 AS ahead FROM ledger_accounts l
          JOIN ledger_totals t ON t.account_id = l.id WHERE l.kind = 'client'
        UNION ALL
        SELECT e.currency, 0, e.gross_units - e.covered_units, 0 FROM expenses e
         WHERE e.reversed_at IS NULL AND e.covered_units < e.gross_units
        UNION ALL
        SELECT p.currency, 0, 0, p.units - p.allocated_units - p.refunded_units FROM payments p
         WHERE p.state = 'paid' AND p.allocated_units + p.refunded_units < p.units) held
     GROUP BY currency
"""
PAPERS = """
    SELECT currency, coalesce(sum(gross_units) FILTER (WHERE kind = 'invoice'), 0) AS invoiced,
           coalesce(sum(gross_units) FILTER (WHERE kind = 'credit_note'), 0) AS credited
      FROM invoices WHERE issued_on BETWEEN $1 AND $2 AND state <> 'draft' AND kind <> 'proforma' GROUP BY currency
"""
