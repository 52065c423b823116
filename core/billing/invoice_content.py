"""What an invoice, a credit note or a pro forma says: all of it, as data that no longer changes. Pure.

It is put together once, kept with the document, and everything that people and machines read of it is made from
it: the page, the PDF, the XML in the PDF, the answer of the API. So they cannot differ.
"""

from datetime import date
from typing import Literal

import msgspec

from core.billing.totals import Line, Totals

Kind = Literal["invoice", "credit_note", "proforma"]
Operations = Literal["services", "goods", "mixed"]


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells, or who buys, as a document names it. `kind` is that of a payer; an own company is a company."""

    name: str
    country: str
    kind: str = "company"
    legal_form: str = ""
    contact_person: str = ""
    registration_number: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    email: str = ""
    phone: str = ""

    @property
    def is_business(self) -> bool:
        """Whether it is no consumer."""
        return self.kind != "individual"


class BankAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Where to pay."""

    holder: str
    iban: str
    bic: str = ""
    bank: str = ""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The invoice that a credit note corrects."""

    number: str
    issued_on: date


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A whole document. `number` is empty while it is no more than a draft; `reason` is why it credits."""

    kind: Kind
    language: str
    currency: str
    issued_on: date
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    totals: Totals
    number: str = ""
    due_on: date | None = None
    client_code: str = ""
    accounts: tuple[BankAccount, ...] = ()
    operations: Operations = "services"
    is_vat_on_debits: bool = False
    origin: Origin | None = None
    reason: str = ""
    logo_digest: str = ""

    @property
    def period(self) -> tuple[date, date] | None:
        """The first day of all periods, and the first day after them; None when no line has one."""
        begun = [line.period_start for line in self.lines if line.period_start is not None]
        over = [line.period_end for line in self.lines if line.period_end is not None]
        return (min(begun), max(over)) if begun and over else None


def kept(content: Content) -> bytes:
    """The content as it is kept and as its digest is reckoned: JSON with its keys in one order."""
    return msgspec.json.encode(content, order="sorted")


def read(text: bytes | str) -> Content:
    """The same again, from what was kept."""
    return msgspec.json.decode(text, type=Content)
