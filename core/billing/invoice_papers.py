"""The PDF of a document: its content in words, printed by typst, with its XML inside where the standard takes it.

The content alone decides every byte. What is issued is Factur-X: a PDF/A-3 for people, and the same figures as XML
of the profile EN 16931 for machines. A pro forma and a draft are for people only.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from core import factur_x, figures, i18n, places, printing
from core.billing import invoice_mentions, invoice_xml
from core.billing.invoice_content import Content, Party
from core.billing.invoice_xml_parties import siren
from core.billing.totals import Line, TaxPart
from core.i18n import N_, _

TITLES = {"invoice": N_("Invoice"), "credit_note": N_("Credit note"), "proforma": N_("Pro forma invoice")}
PROFILE = "EN 16931"


def printed(content: Content, *, logo: bytes = b"") -> bytes:
    """The file. Takes some milliseconds of a processor: off the event loop, please."""
    with i18n.speaking(content.language):
        shown = said(content)
    if logo:
        shown["logo"] = list(logo)
    has_xml = bool(content.number) and not invoice_xml.why_not(content)
    if has_xml:
        shown["xml"] = {"file": invoice_xml.FILE, "text": invoice_xml.xml(content).decode()}
    made = printing.made("invoice", shown, at=datetime.combine(content.issued_on, time(), UTC), standard="a-3b")
    if not (has_xml and made.is_archival):
        return made.content
    return factur_x.marked(made.content, file=invoice_xml.FILE, profile=PROFILE)


def said(content: Content) -> dict[str, Any]:
    """What stands in the file, in the current language: what `core/documents/invoice.typ` shows."""
    has_discount = bool(content.totals.discount_units)
    title = _(TITLES[content.kind])
    return {
        "lang": content.language,
        "day": [content.issued_on.year, content.issued_on.month, content.issued_on.day],
        "title": title,
        "heading": f"{title} {content.number}".strip(),
        "mark": _mark(content),
        "seller": {"name": content.seller.name, "lines": list(_party(content.seller))},
        "buyer": {"role": _("Billed to"), "name": content.buyer.name, "lines": list(_party(content.buyer))},
        "facts": list(_facts(content)),
        "about": list(_about(content)),
        "columns": _columns(has_discount=has_discount),
        "lines": [_line(line, content.currency, has_discount=has_discount) for line in content.lines],
        "tax_columns": [_("VAT rate"), _("Net"), _("VAT")],
        "taxes": [_tax(part, content.currency) for part in content.totals.parts],
        "sums": _sums(content),
        "payment": list(_payment(content)),
        "mentions": [mention.text for mention in invoice_mentions.of(content)],
        "footer": " · ".join(_footer(content.seller)),
    }


def _mark(content: Content) -> str:
    if content.kind == "proforma":
        return _("Pro forma: this is not an invoice")
    return "" if content.number else _("Draft: not issued")


def _facts(content: Content) -> Iterator[tuple[str, str]]:
    if content.number:
        yield _("Document no."), content.number
    yield _("Date"), figures.day(content.issued_on)
    if content.due_on is not None and content.kind != "credit_note":
        yield _("Due"), figures.day(content.due_on)
    if content.client_code:
        yield _("Client"), content.client_code


def _about(content: Content) -> Iterator[str]:
    if content.origin is not None:
        known = {"number": content.origin.number, "day": figures.day(content.origin.issued_on)}
        yield _("Corrects invoice %(number)s of %(day)s.") % known
    if content.reason:
        yield _("Reason: %(reason)s") % {"reason": content.reason}


def _party(who: Party) -> Iterator[str]:
    country = places.countries(i18n.current()).get(who.country, who.country)
    street = [line.strip() for line in who.street.split("\n")]
    lines = [
        who.legal_form,
        who.contact_person,
        *street,
        f"{who.postcode} {who.city}".strip(),
        who.region,
        country,
    ]
    yield from [line for line in lines if line]
    yield from _numbers(who)


def _numbers(who: Party) -> Iterator[str]:
    number = siren(who)
    if number:
        yield f"SIREN {number}"
    if who.registration_number and who.registration_number != number:
        yield ("SIRET " if number else _("Registration number") + " ") + who.registration_number
    if who.vat_number:
        yield _("VAT number") + " " + who.vat_number


def _columns(*, has_discount: bool) -> list[str]:
    discount = [_("Price"), _("Discount")] if has_discount else []
    return [_("Description"), *discount, _("VAT"), _("Net")]


def _line(line: Line, currency: str, *, has_discount: bool) -> dict[str, Any]:
    note = ""
    if line.period_start is not None and line.period_end is not None:
        days = {"first": figures.day(line.period_start), "last": figures.day(line.period_end - timedelta(days=1))}
        note = _("%(first)s to %(last)s") % days
    discount = figures.amount(-line.discount_units, currency) if line.discount_units else ""
    before = [figures.amount(line.full_units, currency), discount] if has_discount else []
    return {
        "text": line.text,
        "note": note,
        "figures": [*before, _rate(line.tax_category, line.tax_rate), figures.amount(line.net_units, currency)],
    }


def _rate(category: str, rate: int) -> str:
    return figures.percent(rate) if category != "O" else "–"


def _tax(part: TaxPart, currency: str) -> list[str]:
    amounts = [figures.amount(units, currency) for units in (part.net_units, part.tax_units)]
    return [_rate(part.category, part.rate), *amounts]


def _sums(content: Content) -> list[dict[str, Any]]:
    sums = content.totals
    total = _("Total credited") if content.kind == "credit_note" else _("Total to pay")
    told = []
    if sums.discount_units:
        told = [
            (_("Before discount"), sums.net_units + sums.discount_units),
            (_("Discount"), -sums.discount_units),
        ]
    told += [(_("Total without VAT"), sums.net_units), (_("VAT"), sums.tax_units), (total, sums.gross_units)]
    return [
        {"label": label, "amount": figures.amount(units, content.currency), "is_total": label == total}
        for label, units in told
    ]


def _payment(content: Content) -> Iterator[str]:
    if content.kind == "credit_note" or not content.totals.gross_units:
        return
    if content.due_on is not None:
        yield _("To be paid by %(day)s.") % {"day": figures.day(content.due_on)}
    if content.accounts and content.number:
        yield _("By bank transfer, with the reference %(number)s:") % {"number": content.number}
    for account in content.accounts:
        grouped = " ".join(account.iban[at : at + 4] for at in range(0, len(account.iban), 4))
        bic = f"BIC {account.bic}" if account.bic else ""
        yield " · ".join(told for told in (account.holder, f"IBAN {grouped}", bic, account.bank) if told)


def _footer(who: Party) -> Iterator[str]:
    yield who.name
    if who.legal_form:
        yield who.legal_form
    yield from _numbers(who)
    yield from (told for told in (who.email, who.phone) if told)
