"""Seller and buyer in the XML of an invoice, and what all of that XML is put together with. Pure.

A French business is found by its SIREN: as its legal registration (scheme 0002) and as its electronic address
(scheme 0225), which the French reform of 2026 asks for; a SIRET is told besides (scheme 0009).
"""

import re
from xml.etree.ElementTree import Element, SubElement

from core.accounts.payer_numbers import FRENCH
from core.billing.invoice_content import Party

NAMESPACES = {
    "xmlns:rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "xmlns:ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "xmlns:qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
    "xmlns:udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MOST_LINES = 3
"""Lines of an address that the standard has, besides postcode and city."""


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """An element inside another one, with its text: without what XML cannot hold, and never empty."""
    made = SubElement(parent, tag, attributes)
    if text is not None:
        made.text = NOT_IN_XML.sub("", text).strip() or "–"
    return made


def siren(party: Party) -> str:
    """The SIREN of a French business, "" for everybody else."""
    number = party.registration_number
    return number[:9] if party.country in FRENCH and len(number) in (9, 14) and number.isdigit() else ""


def party(parent: Element, who: Party, *, is_seller: bool, has_vat: bool) -> None:
    """All of a party. Without `has_vat` no VAT number is told: what is outside the scope of VAT forbids it."""
    number = siren(who)
    if number and len(who.registration_number) == 14:
        add(parent, "ram:GlobalID", who.registration_number, schemeID="0009")
    add(parent, "ram:Name", who.name)
    if is_seller and who.legal_form:
        add(parent, "ram:Description", who.legal_form)
    if who.registration_number:
        scheme = {"schemeID": "0002"} if number else {}
        add(add(parent, "ram:SpecifiedLegalOrganization"), "ram:ID", number or who.registration_number, **scheme)
    _contact(parent, who)
    _address(parent, who)
    if number:
        add(add(parent, "ram:URIUniversalCommunication"), "ram:URIID", number, schemeID="0225")
    elif who.email:
        add(add(parent, "ram:URIUniversalCommunication"), "ram:URIID", who.email, schemeID="EM")
    if has_vat:
        _tax(parent, who, is_seller=is_seller)


def _tax(parent: Element, who: Party, *, is_seller: bool) -> None:
    """The VAT number. A seller without one, as small businesses are, is told by its registration."""
    if who.vat_number:
        add(add(parent, "ram:SpecifiedTaxRegistration"), "ram:ID", who.vat_number, schemeID="VA")
    elif is_seller and who.registration_number:
        add(add(parent, "ram:SpecifiedTaxRegistration"), "ram:ID", who.registration_number, schemeID="FC")


def _contact(parent: Element, who: Party) -> None:
    if not (who.contact_person or who.phone or who.email):
        return
    contact = add(parent, "ram:DefinedTradeContact")
    add(contact, "ram:PersonName", who.contact_person or who.name)
    if who.phone:
        add(add(contact, "ram:TelephoneUniversalCommunication"), "ram:CompleteNumber", who.phone)
    if who.email:
        add(add(contact, "ram:EmailURIUniversalCommunication"), "ram:URIID", who.email)


def _address(parent: Element, who: Party) -> None:
    address = add(parent, "ram:PostalTradeAddress")
    if who.postcode:
        add(address, "ram:PostcodeCode", who.postcode)
    street = [line.strip() for line in who.street.split("\n") if line.strip()]
    lines = [*street[: MOST_LINES - 1], ", ".join(street[MOST_LINES - 1 :])]
    for tag, line in zip(("ram:LineOne", "ram:LineTwo", "ram:LineThree"), lines, strict=False):
        if line:
            add(address, tag, line)
    if who.city:
        add(address, "ram:CityName", who.city)
    add(address, "ram:CountryID", who.country)
    if who.region:
        add(address, "ram:CountrySubDivisionName", who.region)
