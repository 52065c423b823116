"""The tax of what a company sells to a payer on a day: what `tax_rules` decides from what is kept.

    book = await taxes.book(day)
    tax = book.tax(payer, company, plan_id=plan_id)

A book is read once and asked for as many payers as there are; the proofs of their VAT numbers, and how the groups
of their clients are treated, are read with it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from core import db
from core.catalog import group_taxes, tax_rates, tax_rules, tax_settings, vat_numbers
from core.catalog.tax_rules import STANDARD, Buyer, Proof, RateClass, Rates, Seller, Sold, Tax, Treatment
from core.catalog.tax_settings import Decided


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to decide on taxes of one day. `decided.includes_tax` is for `pricing.price`.

    `sold` has the products and plans that are not taxed at standard rates, by their ids; `treatments` the clients
    that are treated in their own way.
    """

    day: date
    decided: Decided
    rates: Mapping[RateClass, Rates]
    proofs: Mapping[str, Proof]
    sold: Mapping[int, Sold]
    treatments: Mapping[int, Treatment]

    def tax(self, payer: Mapping[str, Any], company: Mapping[str, Any], *, plan_id: int | None = None) -> Tax:
        """The tax of what the company sells to the payer: rows of `companies` and `payers`.

        Of a product its id can be given instead of that of a plan.
        """
        sold = STANDARD if plan_id is None else self.sold.get(plan_id, STANDARD)
        buyer = Buyer(
            country=payer["country"],
            kind="individual" if payer["kind"] == "individual" else "company",
            vat_number=payer["vat_number"],
            proof=self.proofs.get(payer["vat_number"]),
        )
        treatment = self.treatments.get(payer["client_id"])
        return tax_rules.decide(self.seller(company), buyer, self.rates[sold.rate_class], sold, treatment)

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
    """The book of a day, with the proofs of these payers and how they are treated. Needs no permission."""
    asked = list(payers)
    numbers = {payer["vat_number"] for payer in asked} - {""}
    return Book(
        day=day,
        decided=await tax_settings.decided(),
        rates=await tax_rates.by_class(day),
        proofs=await vat_numbers.proofs(numbers) if numbers else {},
        sold=await _sold(),
        treatments=await group_taxes.of_clients({payer["client_id"] for payer in asked}, day),
    )


async def _sold() -> dict[int, Sold]:
    """What is not taxed at standard rates: products and their plans, which have no id in common."""
    found = await db.fetch(
        """SELECT p.id, array(SELECT n.id FROM plans n WHERE n.product_id = p.id) AS plan_ids,
                  p.tax_class, p.vatex, p.tax_reason AS reason
             FROM products p WHERE p.tax_class <> 'standard'"""
    )
    kept: dict[int, Sold] = {}
    for row in found:
        sold = Sold(tax_class=row["tax_class"], vatex=row["vatex"], reason=row["reason"])
        kept |= dict.fromkeys((row["id"], *row["plan_ids"]), sold)
    return kept
