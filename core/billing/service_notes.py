"""Credit notes over what is given back of the periods of services that stand on issued invoices.

The money is a credit of the service (`service_credits`); these are its documents, and give none again. What stands
on no issued invoice yet waits: its credit note is issued right behind that invoice.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec

from core import figures, i18n
from core.accounts import rows
from core.actor import Actor
from core.billing import credited_lines, expenses, invoice_drafts, invoice_issuing, invoices, service_credits
from core.billing.change_quotes import Amount
from core.billing.totals import Line
from core.catalog.tax_rules import Tax
from core.i18n import _
from core.periods import Period


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a line of an invoice, with the line's expense."""

    invoice_id: int
    expense_id: int
    line: Line


async def pieces(service_id: int, period: Period, amount: Amount, tax: Tax | expenses.Tax) -> list[Piece]:
    """What of an amount is credited on which line that was billed with this tax, the newest first.

    What of the amount stands on no issued invoice is in none. The caller has locked the account.
    """
    asked = {"service_id": service_id, "period_start": period.start, "period_end": period.end,
             "tax_rate": tax.rate, "tax_category": tax.category}  # fmt: skip
    found: list[Piece] = []
    for invoice_id in await credited_lines.invoices_about([service_id], period):
        await rows.locked("invoices", invoice_id)
        taken, amount = _taken(await credited_lines.left(invoice_id), asked, amount)
        found += taken
    return found


async def issue(found: Sequence[Piece], credit_id: int, text: str, day: date, *, by: Actor) -> None:
    """Issue a credit note for each invoice that these are of. Its reason is what was given back on which day."""
    for invoice_id, group in groupby(found, key=lambda one: one.invoice_id):
        invoice = await invoices.find(invoice_id)
        with i18n.speaking(invoice["language"]):
            reason = _("Given back on %(day)s: %(text)s") % {"day": figures.day(day), "text": text}
        parts = [(one.expense_id, one.line) for one in group]
        told = reason[: invoice_issuing.LONGEST_REASON]
        await invoice_issuing.correct(invoice, parts, told, service_credit_id=credit_id, by=by)


async def behind(services: Mapping[int, Collection[int]], *, by: Actor) -> bool:
    """Issue what is due behind invoices that were issued just now: whether there was anything.

    `services` are those that the lines of each invoice are about. The caller has locked their accounts.
    """
    over = defaultdict(list)
    for invoice_id, ids in services.items():
        for service_id in ids:
            over[service_id].append(invoice_id)
    credits_ = await service_credits.undocumented(over) if over else []
    for credit in credits_:
        amount = Amount(credit["net_units"], credit["tax_units"])
        for invoice_id in reversed(over[credit["service_id"]]):
            found, amount = _taken(await credited_lines.uncorrected(invoice_id), credit, amount)
            await issue(found, credit["id"], credit["text"], credit["day"], by=by)
    return bool(credits_)


def _taken(
    listed: Sequence[Mapping[str, Any]], credit: Mapping[str, Any], amount: Amount
) -> tuple[list[Piece], Amount]:
    """What of an amount these lines take, the last one first, and what is over."""
    found: list[Piece] = []
    for row in reversed(listed):
        if not (credited_lines.is_about(row, credit) and credited_lines.is_same_tax(row, credit)):
            continue
        taken = Amount(min(amount.net, row["left_net_units"]), min(amount.tax, row["left_tax_units"]))
        if taken.net > 0:
            found.append(_piece(row, taken, credit))
            amount = Amount(amount.net - taken.net, amount.tax - taken.tax)
    return found, amount


def _piece(row: Mapping[str, Any], taken: Amount, credit: Mapping[str, Any]) -> Piece:
    """So much of a line, for the days that the credit is about."""
    line = msgspec.structs.replace(
        invoice_drafts.line_of(row),
        net_units=taken.net,
        tax_units=taken.tax,
        discount_units=0,
        period_start=max(row["period_start"], credit["period_start"]),
        period_end=min(row["period_end"], credit["period_end"]),
    )
    return Piece(invoice_id=row["invoice_id"], expense_id=row["expense_id"], line=line)
