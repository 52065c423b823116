"""Credit notes over what a change of a service gives back of periods that stand on issued invoices.

The money is a credit of the service (`service_credits`); these are its documents. What stands on no issued invoice
yet gets none: there is nothing to be corrected.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec

from core import db, figures, i18n
from core.accounts import rows
from core.actor import Actor
from core.billing import credit_notes, expenses, invoice_drafts, invoice_states, invoices
from core.billing.change_quotes import Amount
from core.billing.totals import Line
from core.catalog.tax_rules import Tax
from core.i18n import _
from core.periods import Period

INVOICES = """
    SELECT k.id FROM invoices k JOIN invoice_lines l ON l.invoice_id = k.id AND l.is_live
      JOIN expenses e ON e.id = l.expense_id
     WHERE e.service_id = $1 AND e.period_start < $3 AND e.period_end > $2 AND k.state = 'issued'
       AND k.kind = 'invoice' GROUP BY k.id, k.created_at ORDER BY k.created_at DESC, k.id DESC
"""
OF_SERVICE = """SELECT id FROM expenses WHERE service_id = $1 AND period_start < $3 AND period_end > $2"""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a line of an invoice, with the line's expense."""

    invoice_id: int
    expense_id: int
    line: Line


async def pieces(service_id: int, period: Period, amount: Amount, tax: Tax | expenses.Tax) -> list[Piece]:
    """What of an amount is credited on which line that was billed with this tax, the newest first.

    What of the amount stands on no issued invoice is in none. The caller has locked the account.
    """
    about = (service_id, period.start, period.end)
    own = {row["id"] for row in await db.fetch(OF_SERVICE, *about)}
    found: list[Piece] = []
    for invoice in await db.fetch(INVOICES, *about):
        await rows.locked("invoices", invoice["id"])
        for row in reversed(await credit_notes.left(invoice["id"])):
            is_same = (row["tax_rate"], row["tax_category"]) == (tax.rate, tax.category)
            taken = Amount(min(amount.net, row["left_net_units"]), min(amount.tax, row["left_tax_units"]))
            if row["expense_id"] in own and is_same and taken.net > 0:
                found.append(_piece(invoice["id"], row, taken, period))
                amount = Amount(amount.net - taken.net, amount.tax - taken.tax)
    return found


async def issue(found: Sequence[Piece], text: str, day: date, *, by: Actor) -> None:
    """Issue a credit note for each invoice that these are of, with what was changed as its reason."""
    for invoice_id, group in groupby(found, key=lambda one: one.invoice_id):
        invoice = await invoices.find(invoice_id)
        with i18n.speaking(invoice["language"]):
            reason = _("Change of the service on %(day)s: %(text)s") % {"day": figures.day(day), "text": text}
        parts = [(one.expense_id, one.line) for one in group]
        await invoice_states.correct(invoice, parts, reason[: invoice_states.LONGEST_REASON], by=by)


def _piece(invoice_id: int, row: Mapping[str, Any], taken: Amount, period: Period) -> Piece:
    """So much of a line, for the days of the period that it is about."""
    line = msgspec.structs.replace(
        invoice_drafts.line_of(row),
        net_units=taken.net,
        tax_units=taken.tax,
        discount_units=0,
        period_start=max(row["period_start"], period.start),
        period_end=min(row["period_end"], period.end),
    )
    return Piece(invoice_id=invoice_id, expense_id=row["expense_id"], line=line)
