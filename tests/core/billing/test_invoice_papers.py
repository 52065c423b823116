"""The PDF of a document says what the law asks for, in the language of its payer, and has its XML inside."""

import io
from datetime import date

import facturx
import msgspec
import pypdf
import pytest

from core import factur_x
from core.billing import invoice_content, invoice_papers, invoice_xml
from core.billing.invoice_content import Content, Origin
from core.billing.totals import Line
from tests.core.billing.papers import ABROAD, HOSTING, PERSON, SELLER, paper


def text_of(content: Content) -> str:
    pages = pypdf.PdfReader(io.BytesIO(invoice_papers.printed(content))).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split())


def test_the_same_content_gives_the_same_bytes_also_after_it_was_kept() -> None:
    content = paper()
    first = invoice_papers.printed(content)
    assert invoice_papers.printed(invoice_content.read(invoice_content.kept(content))) == first


def test_a_french_invoice_says_what_the_law_asks_for() -> None:
    text = text_of(paper(is_vat_on_debits=True))
    for told in (
        "Facture",
        "INV-2026-00001",
        "SIREN 732829320",
        "SIREN 552100554",
        "FR44732829320",
        "SAS au capital de 10 000 €",
        "1 rue <du> Port",
        "1 janv. 2026 au 31 janv. 2026",
        "-1,00 €",
        "21,99 €",
        "4,40 €",
        "26,39 €",
        "FR76 3000 6000 0112 3456 7890 189",
        "prestation de services",
        "d’après les débits",
        "Pas d’escompte",
        "trois fois le taux d’intérêt légal",
        "40,00 €",
    ):
        assert told in text, told


def test_the_language_is_that_of_the_document() -> None:
    text = text_of(paper(language="en"))
    assert "Invoice" in text
    assert "Total to pay €26.39" in text


@pytest.mark.parametrize(
    ("category", "reason", "told"),
    [
        ("AE", "", "Autoliquidation"),
        ("E", "VATEX-FR-FRANCHISE", "TVA non applicable, art. 293 B du CGI"),
        ("E", "Formation professionnelle", "Formation professionnelle"),
        ("K", "", "138"),
    ],
)
def test_why_there_is_no_tax_is_said(category: str, reason: str, told: str) -> None:
    line = Line(text="x", net_units=1000, tax_category=category, tax_reason=reason)
    assert told in text_of(paper(line))


def test_a_consumer_and_a_seller_elsewhere_are_told_nothing_of_french_businesses() -> None:
    assert "escompte" not in text_of(paper(buyer=PERSON))
    text = text_of(paper(seller=msgspec.structs.replace(ABROAD, registration_number="HRB1")))
    assert "escompte" not in text
    assert "prestation" not in text


def test_a_credit_note_says_which_invoice_it_corrects_and_why() -> None:
    corrected = Origin(number="INV-7", issued_on=date(2026, 1, 2))
    text = text_of(paper(kind="credit_note", number="CN-1", origin=corrected, reason="Mauvais payeur"))
    assert "Avoir" in text
    assert "INV-7" in text
    assert "Mauvais payeur" in text
    assert "IBAN" not in text


@pytest.mark.parametrize("facts", [{"kind": "proforma", "number": ""}, {"number": ""}, {"currency": "KWD"}])
def test_what_is_no_invoice_or_beyond_the_standard_has_no_xml(facts) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(invoice_papers.printed(paper(HOSTING, **facts))))
    assert not pdf.attachments


def test_the_xml_inside_is_found_as_factur_x() -> None:
    content = paper()
    pdf = invoice_papers.printed(content)
    name, xml = facturx.get_facturx_xml_from_pdf(pdf)
    assert name == invoice_xml.FILE
    assert xml == invoice_xml.xml(content)
    read = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    metadata = read.xmp_metadata.stream.get_data().decode()
    for told in (
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        ">EN 16931</fx:ConformanceLevel>",
        ">factur-x.xml</fx:DocumentFileName>",
        ">INVOICE</fx:DocumentType>",
        f"<pdfaSchema:namespaceURI>{factur_x.SPACE}</pdfaSchema:namespaceURI>",
    ):
        assert told in metadata, told
    (attached,) = read.root_object["/AF"]
    assert attached.get_object()["/AFRelationship"] == "/Alternative"


def test_what_is_no_pdf_of_ours_is_not_marked() -> None:
    with pytest.raises(factur_x.NotMarked):
        factur_x.marked(b"%PDF-1.7\n%%EOF", file="factur-x.xml", profile="EN 16931")


def test_letters_of_no_font_are_printed_all_the_same() -> None:
    seller = msgspec.structs.replace(SELLER, name="合同会社 서버 \U0001f980 \x00")
    assert invoice_papers.printed(paper(seller=seller)).startswith(b"%PDF-")


def test_markup_is_text() -> None:
    line = msgspec.structs.replace(HOSTING, text='#read("/etc/passwd") *bold* $x$')
    assert '#read("/etc/passwd") *bold* $x$' in text_of(paper(line))


def test_many_lines_go_over_several_pages() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(invoice_papers.printed(paper(*[HOSTING] * 60))))
    assert len(pdf.pages) > 1
