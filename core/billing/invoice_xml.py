"""An invoice or a credit note as XML: Factur-X in its profile EN 16931 (UN/CEFACT Cross Industry Invoice). Pure.

The order of the elements is that of the schema. What a document has to have beyond it, by the rules of the profile
and of the French reform of 2026, says `why_not`; tests hold both against XSD and Schematron. The parties:
`invoice_xml_parties`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from xml.etree.ElementTree import Element, tostring

from core import i18n, money
from core.billing import invoice_mentions, totals
from core.billing.invoice_content import Content
from core.billing.invoice_xml_parties import NAMESPACES, add, party
from core.billing.totals import Line, TaxPart
from core.i18n import _

PROFILE = "urn:cen.eu:en16931:2017"
FILE = "factur-x.xml"
TYPES = {"invoice": "380", "credit_note": "381"}
PROCESSES = {"services": "S1", "goods": "B1", "mixed": "M1"}
"""Frames of invoicing of the French reform: an invoice that is filed, over services, goods or both."""
_SEPA = (
    "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO SE SI SK SM"
)
SEPA = frozenset(_SEPA.split(" "))
"""Countries whose accounts take a SEPA transfer."""


def why_not(content: Content) -> str:
    """Why this document cannot be XML of this profile, in the current language; "" when it can."""
    parts = content.totals.parts
    if content.kind not in TYPES:
        return _("It is not an invoice.")
    if money.digits(content.currency) > 2:
        return _("The standard has no more than two digits after the point.")
    if any(part.category == "O" for part in parts) and len(parts) > 1:
        return _("What is outside the scope of VAT needs a document of its own.")
    if any(_is_adrift(part, content.currency) for part in parts):
        return _("Its taxes, rounded line by line, differ too much from its rates.")
    if any(line.net_units < 0 or line.discount_units < 0 for line in content.lines):
        return _("The standard has no lines below zero.")
    return ""


def _is_adrift(part: TaxPart, currency: str) -> bool:
    """Whether a tax differs by a whole unit of currency from its rate on its basis (EN 16931, BR-CO-17, BR-S-09),
    which the rules round to two digits first, whatever the currency has."""
    finer: int = 10 ** (2 - money.digits(currency))
    told = money.rounded(Fraction(part.net_units * part.rate * finer, 100_000))
    return abs(part.tax_units * finer - told) >= 100


def xml(content: Content) -> bytes:
    """The document; `ValueError` when there is a reason why it cannot be."""
    if reason := why_not(content):
        raise ValueError(reason)
    with i18n.speaking(content.language):
        root = _root(content)
    return bytes(tostring(root, "utf-8", xml_declaration=True))


def _root(content: Content) -> Element:
    root = Element("rsm:CrossIndustryInvoice", NAMESPACES)
    context = add(root, "rsm:ExchangedDocumentContext")
    add(
        add(context, "ram:BusinessProcessSpecifiedDocumentContextParameter"),
        "ram:ID",
        PROCESSES[content.operations],
    )
    add(add(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)
    head = add(root, "rsm:ExchangedDocument")
    add(head, "ram:ID", content.number)
    add(head, "ram:TypeCode", TYPES[content.kind])
    _day(add(head, "ram:IssueDateTime"), content.issued_on)
    _notes(head, content)
    trade = add(root, "rsm:SupplyChainTradeTransaction")
    for number, line in enumerate(content.lines, start=1):
        _line(trade, number, line, content.currency)
    _agreement(trade, content)
    _delivery(trade, content)
    _settlement(trade, content)
    return root


def _notes(head: Element, content: Content) -> None:
    told = [(content.reason, "")] if content.reason else []
    told += [(mention.text, mention.code) for mention in invoice_mentions.of(content)]
    for text, code in told:
        note = add(head, "ram:IncludedNote")
        add(note, "ram:Content", text)
        if code:
            add(note, "ram:SubjectCode", code)


def _line(trade: Element, number: int, line: Line, currency: str) -> None:
    item = add(trade, "ram:IncludedSupplyChainTradeLineItem")
    add(add(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(number))
    add(add(item, "ram:SpecifiedTradeProduct"), "ram:Name", line.text)
    price = add(add(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    add(price, "ram:ChargeAmount", money.written(line.full_units, currency))
    add(add(item, "ram:SpecifiedLineTradeDelivery"), "ram:BilledQuantity", "1", unitCode="C62")
    told = add(item, "ram:SpecifiedLineTradeSettlement")
    tax = add(told, "ram:ApplicableTradeTax")
    add(tax, "ram:TypeCode", "VAT")
    add(tax, "ram:CategoryCode", line.tax_category)
    if line.tax_category != "O":
        add(tax, "ram:RateApplicablePercent", _percent(line.tax_rate))
    if line.period_start is not None and line.period_end is not None:
        _period(told, (line.period_start, line.period_end))
    if line.discount_units:
        allowance = add(told, "ram:SpecifiedTradeAllowanceCharge")
        add(add(allowance, "ram:ChargeIndicator"), "udt:Indicator", "false")
        add(allowance, "ram:ActualAmount", money.written(line.discount_units, currency))
        add(allowance, "ram:ReasonCode", "95")
        add(allowance, "ram:Reason", _("Discount"))
    summed = add(told, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    add(summed, "ram:LineTotalAmount", money.written(line.net_units, currency))


def _agreement(trade: Element, content: Content) -> None:
    agreement = add(trade, "ram:ApplicableHeaderTradeAgreement")
    if content.client_code:
        add(agreement, "ram:BuyerReference", content.client_code)
    has_vat = all(part.category != "O" for part in content.totals.parts)
    party(add(agreement, "ram:SellerTradeParty"), content.seller, is_seller=True, has_vat=has_vat)
    party(add(agreement, "ram:BuyerTradeParty"), content.buyer, is_seller=False, has_vat=has_vat)


def _delivery(trade: Element, content: Content) -> None:
    delivery = add(trade, "ram:ApplicableHeaderTradeDelivery")
    place = add(delivery, "ram:ShipToTradeParty")
    add(add(place, "ram:PostalTradeAddress"), "ram:CountryID", content.buyer.country)
    if content.period is None:
        event = add(delivery, "ram:ActualDeliverySupplyChainEvent")
        _day(add(event, "ram:OccurrenceDateTime"), content.issued_on)


def _settlement(trade: Element, content: Content) -> None:
    settlement = add(trade, "ram:ApplicableHeaderTradeSettlement")
    if content.accounts:
        add(settlement, "ram:PaymentReference", content.number)
    add(settlement, "ram:InvoiceCurrencyCode", content.currency)
    for account in content.accounts:
        means = add(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
        is_sepa = content.currency == "EUR" and account.iban[:2] in SEPA
        add(means, "ram:TypeCode", "58" if is_sepa else "30")
        held = add(means, "ram:PayeePartyCreditorFinancialAccount")
        add(held, "ram:IBANID", account.iban)
        add(held, "ram:AccountName", account.holder)
        if account.bic:
            add(add(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", account.bic)
    for part in content.totals.parts:
        _tax(settlement, part, content)
    if content.period is not None:
        _period(settlement, content.period)
    if content.due_on is not None:
        terms = add(settlement, "ram:SpecifiedTradePaymentTerms")
        _day(add(terms, "ram:DueDateDateTime"), content.due_on)
    _sums(settlement, content)
    if content.origin is not None:
        origin = add(settlement, "ram:InvoiceReferencedDocument")
        add(origin, "ram:IssuerAssignedID", content.origin.number)
        _day(add(origin, "ram:FormattedIssueDateTime"), content.origin.issued_on, tag="qdt:DateTimeString")


def _tax(settlement: Element, part: TaxPart, content: Content) -> None:
    tax = add(settlement, "ram:ApplicableTradeTax")
    is_free = part.category not in ("S", "Z")
    add(tax, "ram:CalculatedAmount", money.written(part.tax_units, content.currency))
    add(tax, "ram:TypeCode", "VAT")
    if is_free and (words := invoice_mentions.words_of(part.category, part.reasons)):
        add(tax, "ram:ExemptionReason", words)
    add(tax, "ram:BasisAmount", money.written(part.net_units, content.currency))
    add(tax, "ram:CategoryCode", part.category)
    if is_free and (code := invoice_mentions.code_of(part.category, part.reasons)):
        add(tax, "ram:ExemptionReasonCode", code)
    if content.is_vat_on_debits and part.category in totals.RATED:
        add(tax, "ram:DueDateTypeCode", "5")
    if part.category != "O":
        add(tax, "ram:RateApplicablePercent", _percent(part.rate))


def _sums(settlement: Element, content: Content) -> None:
    summed = add(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    told: Sequence[tuple[str, int]] = (
        ("ram:LineTotalAmount", content.totals.net_units),
        ("ram:TaxBasisTotalAmount", content.totals.net_units),
        ("ram:TaxTotalAmount", content.totals.tax_units),
        ("ram:GrandTotalAmount", content.totals.gross_units),
        ("ram:DuePayableAmount", content.totals.gross_units),
    )
    for tag, units in told:
        made = add(summed, tag, money.written(units, content.currency))
        if tag == "ram:TaxTotalAmount":
            made.set("currencyID", content.currency)


def _period(parent: Element, days: tuple[date, date]) -> None:
    period = add(parent, "ram:BillingSpecifiedPeriod")
    _day(add(period, "ram:StartDateTime"), days[0])
    _day(add(period, "ram:EndDateTime"), days[1] - timedelta(days=1))


def _day(parent: Element, day: date, *, tag: str = "udt:DateTimeString") -> None:
    add(parent, tag, f"{day:%Y%m%d}", format="102")


def _percent(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)
