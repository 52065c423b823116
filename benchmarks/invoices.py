"""The benchmark of documents: invoices per second, from their content to a PDF with its XML, on all processors."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from statistics import median
from typing import Any

from benchmarks import working
from core import i18n
from core.billing import invoice_content, invoice_papers, invoice_xml, totals
from core.billing.invoice_content import BankAccount, Content, Party
from core.billing.totals import Line

PER_SECOND = 80.0
"""The promise, on two processors."""
SELLER = Party(
    name="Hébergeur SAS",
    country="FR",
    legal_form="SAS au capital de 10 000 €",
    registration_number="73282932000074",
    vat_number="FR44732829320",
    street="12 rue de la Paix",
    postcode="75002",
    city="Paris",
    email="facturation@hebergeur.example",
)
BUYER = Party(
    name="Dupont SARL",
    country="FR",
    registration_number="552100554",
    vat_number="FR96552100554",
    street="1 rue du Port",
    postcode="69001",
    city="Lyon",
    email="compta@dupont.example",
)
ACCOUNT = BankAccount(holder="Hébergeur SAS", iban="FR7630006000011234567890189", bic="AGRIFRPP")


def measure(count: int) -> dict[str, Any]:
    """Print so many invoices of three lines, each another one, and return the figures ready for JSON."""
    made = [_content(number) for number in range(count + 1)]
    invoice_papers.printed(made.pop())
    threads = os.cpu_count() or 1
    began, worked = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        sizes = [len(pdf) for pdf in pool.map(invoice_papers.printed, made)]
    took, worked = time.perf_counter() - began, time.process_time() - worked
    per_second = count / took
    return working.head(
        "invoices",
        invoices=count,
        invoices_per_s=round(per_second, 1),
        processor_ms=round(worked / count * 1000, 2),
        of_it_ms={"words": _ms(made, _words), "xml": _ms(made, invoice_xml.xml), "kept": _ms(made, _again)},
        bytes=round(median(sizes)),
        targets={f"{PER_SECOND:.0f} invoices/s": per_second >= PER_SECOND},
    )


def _content(number: int) -> Content:
    lines = tuple(
        Line(
            text=f"Web hosting {number}-{place}",
            period_start=date(2026, 1, 1),
            period_end=date(2026, 2, 1),
            net_units=900 + number % 97,
            discount_units=100 * (place == 0),
            tax_rate=20000,
            tax_units=180 + number % 19,
        )
        for place in range(3)
    )
    return Content(
        kind="invoice",
        number=f"INV-2026-{number:05d}",
        language=i18n.LOCALES[number % len(i18n.LOCALES)],
        currency="EUR",
        issued_on=date(2026, 1, 31),
        due_on=date(2026, 2, 14),
        seller=SELLER,
        buyer=BUYER,
        lines=lines,
        totals=totals.of(lines),
        accounts=(ACCOUNT,),
    )


def _words(content: Content) -> None:
    with i18n.speaking(content.language):
        invoice_papers.said(content)


def _again(content: Content) -> None:
    invoice_content.read(invoice_content.kept(content))


def _ms(made: list[Content], step: Any) -> float:
    """Milliseconds of a processor that one step takes of each document."""
    began = time.process_time()
    for content in made:
        step(content)
    return round((time.process_time() - began) / len(made) * 1000, 3)
