"""The lines of invoices, and what of them can still be credited: that was neither credited nor given back before.

A credit of a service without a credit note (`service_credits.undocumented`) was given for a line as well. Its
money is with the client, so no credit note by hand is made over that part of the line.
"""

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

import msgspec
from asyncpg import Record

from core import db
from core.billing import invoice_drafts, service_credits
from core.billing.change_quotes import Amount
from core.billing.totals import Line
from core.money import rounded
from core.periods import Period

UNCORRECTED = """
    SELECT l.*, l.period_end - 1 AS last_day, l.net_units + l.tax_units AS gross_units, e.service_id,
           (l.net_units - coalesce(g.net, 0))::bigint AS left_net_units,
           (l.tax_units - coalesce(g.tax, 0))::bigint AS left_tax_units
      FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id LEFT JOIN (
        SELECT c.expense_id, sum(c.net_units) AS net, sum(c.tax_units) AS tax FROM invoices n
          JOIN invoice_lines c ON c.invoice_id = n.id WHERE n.corrects_id = $1 AND n.state = 'issued'
         GROUP BY c.expense_id) g ON g.expense_id = l.expense_id
     WHERE l.invoice_id = $1 ORDER BY l.position
"""
ABOUT = """
    SELECT k.id FROM invoices k JOIN invoice_lines l ON l.invoice_id = k.id AND l.is_live
      JOIN expenses e ON e.id = l.expense_id
     WHERE e.service_id = ANY($1::bigint[]) AND e.period_start < $3 AND e.period_end > $2 AND k.state = 'issued'
       AND k.kind = 'invoice' GROUP BY k.id, k.created_at ORDER BY k.created_at DESC, k.id DESC
"""


async def left(invoice_id: int) -> list[dict[str, Any]]:
    """The lines of an invoice that the caller may see; `left_net_units` and `left_tax_units` can be credited."""
    listed = [dict(row) for row in await uncorrected(invoice_id)]
    services = {row["service_id"] for row in listed} - {None}
    open_ones = await service_credits.undocumented(services) if services else []
    if not open_ones:
        return listed
    found = await _about(open_ones, invoice_id, listed)
    for credit in open_ones:
        _lower(credit, [row for row in found if is_about(row, credit)])
    return listed


async def uncorrected(invoice_id: int) -> list[Record]:
    """The same, but for what was given back without a credit note, which is left here."""
    return await db.fetch(UNCORRECTED, invoice_id)


async def invoices_about(service_ids: Collection[int], days: Period) -> list[int]:
    """The issued invoices over days of these services, the newest first."""
    return [row["id"] for row in await db.fetch(ABOUT, list(service_ids), days.start, days.end)]


def is_about(row: Mapping[str, Any], credit: Mapping[str, Any]) -> bool:
    """Whether a credit of a service was given for days that a line is about."""
    return (
        row["service_id"] == credit["service_id"]
        and row["period_start"] is not None
        and row["period_start"] < credit["period_end"]
        and row["period_end"] > credit["period_start"]
    )


def is_same_tax(row: Mapping[str, Any], credit: Mapping[str, Any]) -> bool:
    """Whether two were billed with one tax."""
    return (row["tax_rate"], row["tax_category"]) == (credit["tax_rate"], credit["tax_category"])


def tax_of(whole: Amount, given: Amount, net: int) -> int:
    """The tax of a part of a line, of which `given` was credited before. Pure.

    All that is credited of the line has its share of the line's tax, rounded once; so nothing is lost however many
    parts there are, and the last one takes the rest.
    """
    due = rounded(Fraction(whole.tax * (given.net + net), whole.net))
    return min(max(due - given.tax, 0), whole.tax - given.tax)


def part_of(row: Mapping[str, Any], net: int) -> Line:
    """A part of a line as `left` has it: so much of it before tax."""
    whole = Amount(row["net_units"], row["tax_units"])
    given = Amount(whole.net - row["left_net_units"], whole.tax - row["left_tax_units"])
    line = invoice_drafts.line_of(row)
    return msgspec.structs.replace(line, net_units=net, tax_units=tax_of(whole, given, net), discount_units=0)


async def _about(
    credits_: Sequence[Mapping[str, Any]], invoice_id: int, listed: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The lines of all issued invoices about these credits, the newest first; of this invoice the listed ones."""
    days = Period(min(row["period_start"] for row in credits_), max(row["period_end"] for row in credits_))
    found: list[dict[str, Any]] = []
    for about_id in await invoices_about({row["service_id"] for row in credits_}, days):
        own = listed if about_id == invoice_id else [dict(one) for one in await uncorrected(about_id)]
        found += reversed(own)
    return found


def _lower(credit: Mapping[str, Any], listed: Sequence[dict[str, Any]]) -> None:
    """Take a credit off these lines, the newest first; off those with its tax before others."""
    rest = Amount(credit["net_units"], credit["tax_units"])
    for row in sorted(listed, key=lambda row: not is_same_tax(row, credit)):
        was = Amount(row["left_net_units"], row["left_tax_units"])
        if is_same_tax(row, credit):
            taken = Amount(min(rest.net, was.net), min(rest.tax, was.tax))
            rest = Amount(rest.net - taken.net, rest.tax - taken.tax)
        else:
            units = min(rest.gross, was.gross)
            taken = _share(was, units)
            net = min(rest.net, units)
            rest = Amount(rest.net - net, rest.tax - (units - net))
        row["left_net_units"], row["left_tax_units"] = was.net - taken.net, was.tax - taken.tax


def _share(was: Amount, units: int) -> Amount:
    """So much with tax of what is left of a line. Pure."""
    kept = was.gross - units
    net = was.net * kept // was.gross if was.gross else 0
    return Amount(was.net - net, units - (was.net - net))
