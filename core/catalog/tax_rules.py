"""Which tax a price bears: the rate, the category of EN 16931 and the reason. Pure; `taxes` keeps what it needs.

In this order, and the first that fits decides:

1. A seller who is not liable (franchise en base) charges none: E.
2. The buyer is in the seller's country: its rate, S.
3. Both are in the European Union. A company whose VAT number VIES confirmed owes the tax itself: AE. Everybody
   else pays the rate of the buyer's country, or of the seller's, as the provider set it: S.
4. The seller has a rate of its own for the buyer's country, because it is registered there: S.
5. Outside: O, or G where the provider set it so.

Where a rate is 0 it is Z instead of S; where none is known it is O, and the reason says so.

Where a tax is charged (S, Z), two things may change it: how the buyer's group is treated (exempt, E, or a rate of
its own), and then what the product is taxed as: reduced rates are those of the same country, what is zero is Z,
what is exempt is E with its reason.
"""

from collections.abc import Callable
from datetime import date
from typing import Literal

import msgspec
from eu_vat_rates_data import dataset, is_eu_member

from core.catalog.asked import PayerKind

Category = Literal["S", "Z", "E", "AE", "K", "G", "O"]
Reason = Literal[
    "not_liable",
    "domestic",
    "reverse_charge",
    "destination",
    "origin",
    "registered",
    "outside",
    "no_rate",
    "zero",
    "exempt",
    "group",
]
TaxClass = Literal["standard", "reduced", "super_reduced", "zero", "exempt"]
RateClass = Literal["standard", "reduced", "super_reduced"]
CLASSES: tuple[TaxClass, ...] = ("standard", "reduced", "super_reduced", "zero", "exempt")
RATE_CLASSES: tuple[RateClass, ...] = ("standard", "reduced", "super_reduced")
"""Those that have rates by country; the others are 0 everywhere."""
Consumers = Literal["destination", "origin"]
Outside = Literal["O", "G"]
Answer = Literal["valid", "invalid"]

TERRITORIES = {"MC": "FR", "IM": "GB"}
"""Whose VAT it is where a country has none of its own (Directive 2006/112/EC, article 7)."""
GREEK = "EL"
SHIPPED_ON = date.fromisoformat(dataset["version"])
"""The day of the rates that come with the product."""
_VATEX = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O", "G": "VATEX-EU-G"}
FRANCHISE = "VATEX-FR-FRANCHISE"
REDUCED = {"FR": 5_500, "BE": 6_000, "AT": 10_000, "IT": 10_000, "LU": 8_000}
"""Which of several reduced rates is the one its country's law calls so; others are special ones, or of regions."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate in thousandths of a percent; `is_own` when the provider entered it, from which day on.

    `of` is the class it is of: the standard one, where none of the class that was asked for is known.
    """

    rate: int
    is_own: bool = False
    from_day: date | None = None
    of: RateClass = "standard"


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """What a product is taxed as; `vatex` and `reason` say why, where it is exempt."""

    tax_class: TaxClass = "standard"
    vatex: str = ""
    reason: str = ""

    @property
    def rate_class(self) -> RateClass:
        """The class whose rates tell whether and where it would be taxed."""
        return self.tax_class if self.tax_class in ("reduced", "super_reduced") else "standard"


class Treatment(msgspec.Struct, frozen=True, kw_only=True):
    """How the clients of a group are taxed instead: exempt without a rate, else at this one; and why by law."""

    group: str
    rate: int | None = None
    vatex: str = ""
    reason: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What VIES answered about a VAT number, on which day, and under which number it remembers the question."""

    number: str
    answer: Answer
    day: date
    consultation: str = ""


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """The company that sells, and what its provider decided. `mention` is for one who is not liable."""

    country: str
    vat_number: str = ""
    is_liable: bool = True
    mention: str = ""
    consumers: Consumers = "destination"
    outside: Outside = "O"


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """The payer that will be named, and the proof of its VAT number, if there is one."""

    country: str
    kind: PayerKind
    vat_number: str = ""
    proof: Proof | None = None


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided. `country` is the one whose rate it is; `included` the rate that list prices contain, to be
    taken out for those who owe no tax here; `proof` the evidence of a reverse charge; `mention` what the documents
    of a seller say who is not liable, and the legal reason of what is exempt. `tax_class` is what the product is
    taxed as, `rate_of` whose rate was found for it, `group` the one that is treated so."""

    rate: int
    category: Category
    reason: Reason
    country: str
    vatex: str = ""
    mention: str = ""
    is_own: bool = False
    from_day: date | None = None
    included: int = 0
    proof: Proof | None = None
    tax_class: TaxClass = "standard"
    rate_of: RateClass = "standard"
    group: str = ""


STANDARD = Sold()
Rates = Callable[[str, PayerKind], Rate | None]
"""The rate of a country for a kind of payer on the day in question; None where there is none."""


def decide(
    seller: Seller, buyer: Buyer, rates: Rates, sold: Sold = STANDARD, treatment: Treatment | None = None
) -> Tax:
    """The tax of what this seller sells to this buyer; the rates are those of `sold.rate_class`."""
    tax = _by_place(seller, buyer, rates)
    if tax.category not in ("S", "Z"):
        return tax
    if treatment is not None:
        return _treated(tax, treatment)
    if sold.tax_class == "zero":
        return msgspec.structs.replace(tax, rate=0, category="Z", reason="zero", tax_class="zero", is_own=False)
    if sold.tax_class == "exempt":
        free = msgspec.structs.replace(tax, rate=0, category="E", reason="exempt", is_own=False)
        return msgspec.structs.replace(free, tax_class="exempt", vatex=sold.vatex, mention=sold.reason)
    return msgspec.structs.replace(tax, tax_class=sold.tax_class)


def inside(tax: Tax) -> int:
    """The rate that is inside of a list price with tax: the buyer's, or the one that he does not owe.

    Nothing is inside of what nobody pays tax for; who belongs to a group that owes none pays the price without it.
    """
    is_free = tax.category in ("E", "Z") and tax.reason != "group"
    return tax.rate or (0 if is_free else tax.included)


def _treated(tax: Tax, treatment: Treatment) -> Tax:
    """The tax of somebody in a group that is treated in its own way."""
    if treatment.rate is None:
        category: Category = "E"
    else:
        category = "S" if treatment.rate else "Z"
    return msgspec.structs.replace(
        tax,
        rate=treatment.rate or 0,
        category=category,
        reason="group",
        vatex=treatment.vatex,
        mention=treatment.reason,
        group=treatment.group,
        is_own=False,
        from_day=None,
    )


def _by_place(seller: Seller, buyer: Buyer, rates: Rates) -> Tax:
    """The tax by where both are and what they are."""
    home, there = territory(seller.country), territory(buyer.country)
    at_home = rates(home, "individual")
    included = at_home.rate if at_home else 0
    if not seller.is_liable:
        vatex = FRANCHISE if home == "FR" else ""
        return Tax(rate=0, category="E", reason="not_liable", country=home, vatex=vatex, mention=seller.mention)
    if there == home:
        return _rated(rates(home, buyer.kind), home, "domestic", included)
    if is_eu_member(home) and is_eu_member(there):
        return _inside(seller, buyer, rates, included)
    rate = rates(there, buyer.kind)
    if rate is not None and rate.is_own:
        return _rated(rate, there, "registered", included)
    return _none(seller.outside, "outside", there, included)


def shipped(country: str, rate_class: RateClass = "standard") -> Rate | None:
    """The rate of a country as it comes with the product; None where it has none of the class."""
    found = dataset["rates"].get(country)
    if found is None:
        return None
    rate: int | None = _thousandths(found["standard"])
    if rate_class == "super_reduced":
        rate = None if found["super_reduced"] is None else _thousandths(found["super_reduced"])
    elif rate_class == "reduced":
        known = reduced(country)
        rate = REDUCED.get(country, known[0] if len(known) == 1 else None)
    return None if rate is None else Rate(rate=rate, from_day=SHIPPED_ON, of=rate_class)


def reduced(country: str) -> list[int]:
    """All reduced rates of a country that come with the product, the lowest first; some are those of regions."""
    found = dataset["rates"].get(country)
    return [] if found is None else sorted(_thousandths(rate) for rate in found["reduced"])


def territory(country: str) -> str:
    """The country whose VAT is in force there."""
    return TERRITORIES.get(country, country)


def country_of(vat_number: str) -> str:
    """The country that gave a VAT number of the European Union; "" for another number."""
    prefix = vat_number[:2]
    country = "GR" if prefix == GREEK else prefix
    return country if is_eu_member(country) else ""


def _inside(seller: Seller, buyer: Buyer, rates: Rates, included: int) -> Tax:
    """Between two states of the Union."""
    home, there = territory(seller.country), territory(buyer.country)
    proof = buyer.proof
    is_proven = proof is not None and proof.answer == "valid" and proof.number == buyer.vat_number
    if is_proven and buyer.kind == "company" and seller.vat_number and country_of(buyer.vat_number) == there:
        return msgspec.structs.replace(_none("AE", "reverse_charge", there, included), proof=proof)
    if seller.consumers == "origin":
        return _rated(rates(home, buyer.kind), home, "origin", included)
    return _rated(rates(there, buyer.kind), there, "destination", included)


def _rated(rate: Rate | None, country: str, reason: Reason, included: int) -> Tax:
    if rate is None:
        return _none("O", "no_rate", country, included)
    category: Category = "S" if rate.rate else "Z"
    return Tax(
        rate=rate.rate,
        category=category,
        reason=reason,
        country=country,
        is_own=rate.is_own,
        from_day=rate.from_day,
        included=included,
        rate_of=rate.of,
    )


def _none(category: Category, reason: Reason, country: str, included: int) -> Tax:
    return Tax(
        rate=0,
        category=category,
        reason=reason,
        country=country,
        vatex=_VATEX.get(category, ""),
        included=included,
    )


def _thousandths(percent: float) -> int:
    """Percents of the library, which have three digits after the point at most."""
    return round(percent * 1000)
