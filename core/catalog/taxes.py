"""The tax of what a company sells to a payer on a day: what `tax_rules` decides from what is kept.

    book = await taxes.book(day)
    tax = book.tax(payer, company)

A book is read once and asked for as many payers as there are; the proofs of their VAT numbers are read with it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from core.catalog import tax_rates, tax_rules, tax_settings, vat_numbers
from core.catalog.tax_rules import Buyer, Proof, Rates, Seller, Tax
from core.catalog.tax_settings import Decided


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to decide on taxes of one day. `decided.includes_tax` is for `pricing.price`."""

    day: date
    decided: Decided
    rates: Rates
    proofs: Mapping[str, Proof]

    def tax(self, payer: Mapping[str, Any], company: Mapping[str, Any]) -> Tax:
        """The tax of what the company sells to the payer: rows of `companies` and `payers`."""
        buyer = Buyer(
            country=payer["country"],
            kind="individual" if payer["kind"] == "individual" else "company",
            vat_number=payer["vat_number"],
            proof=self.proofs.get(payer["vat_number"]),
        )
        return tax_rules.decide(self.seller(company), buyer, self.rates)

    def seller(self, company: Mapping[str, Any]) -> Seller:
        """A company as one that sells."""
        return Seller(
            country=company["country"],
            vat_number=company["vat_number"],
            is_liable=self.decided.is_liable,
            mention=self.decided.mention,
            consumers=self.decided.consumers,
            outside=self.decided.outside,
        )


async def book(day: date, payers: Iterable[Mapping[str, Any]] = ()) -> Book:
    """The book of a day, with the proofs of these payers. Needs no permission."""
    numbers = {payer["vat_number"] for payer in payers} - {""}
    return Book(
        day=day,
        decided=await tax_settings.decided(),
        rates=await tax_rates.on(day),
        proofs=await vat_numbers.proofs(numbers) if numbers else {},
    )
