"""What a document says besides its figures, by the laws of the seller's country and of the European Union. Pure.

The Union: article 226 of Directive 2006/112/EC (why there is no tax). France: articles L441-9, L441-10 and D441-5
of the Code de commerce (penalties, 40 euros, discount), 242 nonies A of annex II of the CGI (category of operation
and tax on debits, from 2026 on), 293 B of the CGI.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from core import figures
from core.accounts.payer_numbers import FRENCH
from core.billing.invoice_content import Content
from core.catalog import vatex
from core.i18n import N_, _

RECOVERY_UNITS = 4000
"""What a business owes for the costs of recovery in France, in cents of a euro."""
FRANCHISE = "VATEX-FR-FRANCHISE"

REASONS: Mapping[str, str] = MappingProxyType(
    {
        FRANCHISE: N_("VAT not applicable, article 293 B of the French Tax Code"),
        "VATEX-EU-AE": N_("Reverse charge"),
        "VATEX-EU-IC": N_("Supply within the European Union, exempt (article 138 of Directive 2006/112/EC)"),
        "VATEX-EU-G": N_("Export outside the European Union, exempt (article 146 of Directive 2006/112/EC)"),
        "VATEX-EU-O": N_("Outside the scope of VAT"),
        **vatex.EXEMPT,
    }
)
"""Codes of the VATEX list, in words."""
CODES: Mapping[str, str] = MappingProxyType(
    {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
)
"""The code that a category has by itself."""
OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "services": N_("Category of operation: supply of services"),
        "goods": N_("Category of operation: supply of goods"),
        "mixed": N_("Category of operation: supply of goods and of services"),
    }
)


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A sentence in the current language. `code` is its subject (UNTDID 4451), "" for a plain note."""

    text: str
    code: str = ""


def of(content: Content) -> list[Mention]:
    """All that this document has to say, in the current language."""
    return [*_reasons(content), *(_french(content) if content.seller.country in FRENCH else ())]


def code_of(category: str, reasons: tuple[str, ...]) -> str:
    """The VATEX code of a part of the taxes, "" when it has none."""
    given = [code for code, _sentence in map(vatex.split, reasons) if code]
    return given[0] if given else CODES.get(category, "")


def words_of(category: str, reasons: tuple[str, ...]) -> str:
    """Why a part of the taxes is not taxed, or at its rate, in the current language: what was given, or what its
    code means."""
    sentences = [sentence or _(REASONS.get(code, "")) or code for code, sentence in map(vatex.split, reasons)]
    if not sentences and category in CODES:
        sentences = [_(REASONS[CODES[category]])]
    return "; ".join(sentences)


def _reasons(content: Content) -> Iterator[Mention]:
    for part in content.totals.parts:
        if words := words_of(part.category, part.reasons):
            yield Mention(text=words)


def _french(content: Content) -> Iterator[Mention]:
    yield Mention(text=_(OPERATIONS[content.operations]))
    if content.is_vat_on_debits:
        yield Mention(text=_("VAT is due on debits, by option"))
    if not content.buyer.is_business:
        return
    yield Mention(code="AAB", text=_("No discount for early payment."))
    yield Mention(
        code="PMD",
        text=_("Late payment: penalties at three times the French legal interest rate, without a reminder."),
    )
    amount = figures.amount(RECOVERY_UNITS, "EUR")
    message = _(
        "Late payment: a fixed sum of %(amount)s for the costs of recovery (article D441-5, Code de commerce)."
    )
    yield Mention(code="PMT", text=message % {"amount": amount})
