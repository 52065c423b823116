"""Documents to test with: a French seller, its buyers, and lines of every kind of tax."""

from datetime import date
from typing import Any

import msgspec

from benchmarks import invoices
from core.billing import totals
from core.billing.invoice_content import Content, Party
from core.billing.totals import Line

SELLER = msgspec.structs.replace(
    invoices.SELLER, street="12 rue de la Paix\nBâtiment B", email="f@hebergeur.example", phone="+33142278186"
)
COMPANY = msgspec.structs.replace(invoices.BUYER, name="Dupont & Fils SARL", street="1 rue <du> Port")
ABROAD = Party(
    name="Beispiel GmbH",
    country="DE",
    vat_number="DE136695976",
    street="Hauptstraße 1",
    postcode="10115",
    city="Berlin",
    email="rechnung@beispiel.example",
)
PERSON = Party(
    name="Jeanne Martin",
    country="FR",
    kind="individual",
    street="3 place Bellecour",
    postcode="69002",
    city="Lyon",
    email="jeanne@martin.example",
)
HOSTING = Line(
    text="Web hosting M",
    period_start=date(2026, 1, 1),
    period_end=date(2026, 2, 1),
    net_units=900,
    discount_units=100,
    tax_rate=20000,
    tax_units=180,
)
DOMAIN = Line(text="dupont.example", net_units=1299, tax_rate=20000, tax_units=260)


def paper(*lines: Line, **facts: Any) -> Content:
    """An issued invoice over these lines, or what the facts say."""
    listed = lines or (HOSTING, DOMAIN)
    usual: dict[str, Any] = {
        "kind": "invoice",
        "number": "INV-2026-00001",
        "language": "fr",
        "currency": "EUR",
        "issued_on": date(2026, 1, 31),
        "due_on": date(2026, 2, 14),
        "seller": SELLER,
        "buyer": COMPANY,
        "client_code": "1007",
        "accounts": (invoices.ACCOUNT,),
    }
    return Content(lines=listed, totals=totals.of(listed), **usual | facts)
