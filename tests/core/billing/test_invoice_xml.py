"""The XML of documents fits the schema and the rules of its profile, and has the figures of the document."""

from datetime import date
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from core import money
from core.billing import invoice_xml
from core.billing.invoice_content import Content, Origin
from core.billing.totals import Line
from tests.core.billing import factur_x
from tests.core.billing.papers import ABROAD, COMPANY, DOMAIN, HOSTING, PERSON, SELLER, paper

BOTH = (factur_x.EN16931, factur_x.FRENCH)
CORRECTS = Origin(number="INV-2026-00001", issued_on=date(2026, 1, 31))


def free(category: str, reason: str = "") -> Line:
    return Line(text="Hosting", net_units=1000, tax_category=category, tax_reason=reason)


def value(xml: bytes, path: str) -> list[str]:
    return [found.text for found in etree.fromstring(xml).iterfind(path.replace("ram:", "{*}"))]


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        (paper(), BOTH),
        (paper(is_vat_on_debits=True, operations="mixed", language="en"), BOTH),
        (paper(kind="credit_note", number="CN-1", due_on=None, reason="Wrong payer", origin=CORRECTS), BOTH),
        (paper(free("E", "VATEX-FR-FRANCHISE"), seller=msgspec.structs.replace(SELLER, vat_number="")), BOTH),
        (paper(free("E", "Insurance"), HOSTING), BOTH),
        (paper(free("E", "VATEX-EU-132 Formation"), free("E", "VATEX-EU-151-1A")), BOTH),
        (paper(msgspec.structs.replace(HOSTING, tax_reason="Article 298 septies du CGI")), BOTH),
        (paper(free("AE"), buyer=ABROAD), BOTH),
        (paper(free("AE", "VATEX-EU-AE")), BOTH),
        (paper(free("K"), buyer=ABROAD), BOTH),
        (paper(free("G"), buyer=msgspec.structs.replace(ABROAD, country="CH", vat_number="")), BOTH),
        (paper(free("O"), buyer=msgspec.structs.replace(ABROAD, country="US", vat_number="")), BOTH),
        (paper(free("Z"), HOSTING), BOTH),
        (paper(accounts=(), due_on=date(2026, 1, 31), buyer=PERSON), BOTH[:1]),
        (paper(seller=msgspec.structs.replace(ABROAD, registration_number="HRB12345"), buyer=COMPANY), BOTH[:1]),
        (paper(Line(text="サーバー", net_units=1250, tax_rate=10000, tax_units=125), currency="JPY"), BOTH[:1]),
    ],
)
def test_what_is_issued_fits_the_schema_and_all_rules(content: Content, rules) -> None:
    assert factur_x.broken(invoice_xml.xml(content), *rules) == []


def test_the_rules_find_what_is_wrong() -> None:
    """So that an empty list of complaints means something."""
    content = paper()
    wrong = msgspec.structs.replace(content.totals, gross_units=1)
    told = factur_x.broken(invoice_xml.xml(msgspec.structs.replace(content, totals=wrong)))
    assert any("BR-CO-15" in complaint or "BR-CO-16" in complaint for complaint in told)


def test_a_difference_that_the_rules_round_up_to_a_whole_unit_is_refused() -> None:
    """5.995 yen of tax on all of it, which the rules take for 6.00; 5 line by line."""
    found = [Line(text="x", net_units=net, tax_rate=5500, tax_units=tax) for net, tax in ((9, 0), (9, 0), (91, 5))]
    assert "rounded" in invoice_xml.why_not(paper(*found, currency="JPY"))
    assert invoice_xml.why_not(paper(*found[1:], currency="JPY")) == ""


@st.composite
def contents(draw: st.DrawFn) -> Content:
    currency = draw(st.sampled_from(["EUR", "JPY"]))
    found = []
    for _ in range(draw(st.integers(1, 50))):
        rate = draw(st.sampled_from([0, 2100, 5500, 20000, 27000]))
        net = draw(st.integers(0, 10**7))
        found.append(
            Line(
                text=draw(st.text(min_size=1, max_size=20).filter(lambda text: text.strip())),
                net_units=net,
                discount_units=draw(st.integers(0, 10**4)),
                tax_rate=rate,
                tax_category="S" if rate else "Z",
                tax_units=money.rounded(Fraction(net * rate, 100_000)),
            )
        )
    return paper(*found, currency=currency)


@given(contents())
@settings(max_examples=25, deadline=None)
def test_any_lines_make_xml_with_the_same_figures_or_are_refused_with_a_reason(content: Content) -> None:
    if reason := invoice_xml.why_not(content):
        assert "rounded" in reason
        return
    xml = invoice_xml.xml(content)
    assert [told for told in factur_x.broken(xml) if "BR-" in told] == []
    summed = ".//ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"
    for tag, units in (
        ("TaxBasisTotalAmount", content.totals.net_units),
        ("TaxTotalAmount", content.totals.tax_units),
        ("DuePayableAmount", content.totals.gross_units),
    ):
        assert value(xml, summed + tag) == [money.written(units, content.currency)]
    told = value(xml, ".//ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount")
    assert told == [money.written(line.net_units, content.currency) for line in content.lines]


@pytest.mark.parametrize(
    "content",
    [
        paper(kind="proforma"),
        paper(currency="KWD"),
        paper(free("O"), HOSTING),
        paper(msgspec.structs.replace(DOMAIN, net_units=-1)),
        paper(*[Line(text="x", net_units=1, tax_rate=20000)] * 600),
    ],
)
def test_what_the_standard_cannot_say_is_refused_with_a_reason(content: Content) -> None:
    assert invoice_xml.why_not(content)
    with pytest.raises(ValueError, match=r"\w"):
        invoice_xml.xml(content)


def test_a_french_business_is_found_by_its_siren() -> None:
    xml = invoice_xml.xml(paper())
    assert value(xml, ".//ram:SellerTradeParty/ram:GlobalID") == ["73282932000074"]
    assert value(xml, ".//ram:SellerTradeParty/ram:SpecifiedLegalOrganization/ram:ID") == ["732829320"]
    assert value(xml, ".//ram:BuyerTradeParty/ram:URIUniversalCommunication/ram:URIID") == ["552100554"]


def test_letters_that_xml_has_not_are_left_out() -> None:
    xml = invoice_xml.xml(paper(msgspec.structs.replace(DOMAIN, text="a\x00b\x0bc\ud800<d>")))
    assert value(xml, ".//ram:SpecifiedTradeProduct/ram:Name") == ["abc<d>"]
