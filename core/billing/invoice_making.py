"""Puts together what a document says, from the rows of its parties, terms and lines as they are now.

The company and the payer are locked meanwhile, so that neither changes between what is looked at and what is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from asyncpg import Record

from core import db, i18n, images
from core.accounts import company_fields, contracts, payer_fields
from core.billing import invoice_drafts, invoice_terms, invoices, totals
from core.billing.invoice_content import BankAccount, Content, Origin, Party
from core.billing.totals import Line
from core.i18n import _

SELLER = ("name", "country", "legal_form", "registration_number", "vat_number", "street", "postcode", "city",
          "region", "email", "phone")  # fmt: skip
BUYER = ("name", "country", "kind", "contact_person", "registration_number", "vat_number", "street", "postcode",
         "city", "region", "email")  # fmt: skip


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """What a company brings to its documents: its row, how it bills, where to pay, the digest of its logo.

    `lacks` is why it has none, "" when nothing is missing.
    """

    company: Record
    party: Party
    terms: Mapping[str, Any]
    accounts: tuple[BankAccount, ...]
    logo_digest: str = ""
    lacks: str = ""


async def why_not_issued(invoice: Mapping[str, Any]) -> str:
    """What is missing before a draft can be issued, "" when nothing is."""
    company, payer = await contracts.sides(invoice)
    listed = await invoices.lines(invoice["id"])
    if any(line["reversed_at"] is not None for line in listed):
        return _("One of its expenses was reversed. Delete the draft and begin again.")
    return payer_lacks(payer, listed) or company_lacks(company)


def company_lacks(company: Mapping[str, Any]) -> str:
    """What the side that sells lacks for a document, "" when nothing."""
    if company["archived_at"] is not None or not company_fields.is_complete(company):
        return _("The company is incomplete or archived.")
    return ""


def payer_lacks(payer: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]) -> str:
    """What the side that pays lacks for a document with these lines, "" when nothing."""
    if payer["merged_into_id"] is not None or not payer_fields.is_complete(payer):
        return _("The payer is incomplete, or was merged into another one.")
    is_charged_there = any(line["tax_category"] in ("AE", "K") for line in listed)
    if is_charged_there and not (payer["vat_number"] or payer["registration_number"]):
        return _("Under reverse charge the payer needs a VAT number.")
    return ""


async def content(
    invoice: Mapping[str, Any],
    *,
    number: str,
    on: date,
    origin: Origin | None = None,
    reason: str = "",
) -> Content:
    """All that the document says under this number on this day."""
    company, payer = await contracts.sides(invoice)
    listed = tuple(invoice_drafts.line_of(row) for row in await invoices.lines(invoice["id"]))
    return put_together(
        invoice, await seller(company), payer, listed, number=number, on=on, origin=origin, reason=reason
    )


async def seller(company: Record) -> Seller:
    """All that a company brings to its documents, read once for any number of them."""
    logo = await logo_of(company)
    return Seller(
        company=company,
        party=Party(**{name: company[name] for name in SELLER}),
        terms=await invoice_terms.of(company["id"]),
        accounts=await _accounts(company["id"]),
        logo_digest=digest(logo) if logo else "",
        lacks=company_lacks(company),
    )


def put_together(
    invoice: Mapping[str, Any],
    about: Seller,
    payer: Mapping[str, Any],
    listed: tuple[Line, ...],
    *,
    number: str,
    on: date,
    origin: Origin | None = None,
    reason: str = "",
) -> Content:
    """The document out of its parts. Of `invoice` it takes kind, language, currency and client_code. Pure."""
    is_paid_for = invoice["kind"] != "credit_note"
    return Content(
        kind=invoice["kind"],
        number=number,
        language=invoice["language"] if invoice["language"] in i18n.LOCALES else i18n.DEFAULT_LOCALE,
        currency=invoice["currency"],
        issued_on=on,
        due_on=on + timedelta(days=about.terms["due_days"]) if is_paid_for else None,
        seller=about.party,
        buyer=Party(**{name: payer[name] for name in BUYER}),
        client_code=str(invoice["client_code"]),
        lines=listed,
        totals=totals.of(listed),
        accounts=about.accounts if is_paid_for else (),
        operations=about.terms["operations"],
        is_vat_on_debits=about.terms["is_vat_on_debits"],
        origin=origin,
        reason=reason,
        logo_digest=about.logo_digest,
    )


async def logo_of(company: Mapping[str, Any]) -> bytes:
    """The picture of a company's logo, b"" when it has none."""
    logo = await images.get(company["logo_id"]) if company["logo_id"] else None
    return bytes(logo["content"]) if logo else b""


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(content).hexdigest()


async def _accounts(company_id: int) -> tuple[BankAccount, ...]:
    """Where to pay: the company's default account."""
    found: Sequence[Record] = await db.fetch(
        "SELECT holder, iban, bic, bank FROM bank_accounts WHERE company_id = $1 AND is_default", company_id
    )
    return tuple(BankAccount(**row) for row in found)
