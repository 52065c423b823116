"""The sums of a document: its lines by tax, and what they come to. Pure.

A line's tax was rounded when it was charged, and stays so: the tax of a document is the sum of its lines' taxes
and its total the sum of both (EN 16931, BR-CO-14 and BR-CO-15). So every sum on paper is one of figures on the
same paper, and nothing is rounded twice.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O")
"""Codes of UNTDID 5305 as EN 16931 takes them: standard or reduced rate, zero, exempt, reverse charge, supply
within the Union, export, outside the scope of the tax."""
RATED = frozenset({"S"})
"""Those that have a rate above zero."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what for, for which days, how much. `net_units` is after the discount, `period_end` the first day
    after; `tax_rate` is in thousandths of a percent; `tax_reason` is a VATEX code or a sentence."""

    text: str
    net_units: int
    period_start: date | None = None
    period_end: date | None = None
    discount_units: int = 0
    tax_rate: int = 0
    tax_category: str = "S"
    tax_reason: str = ""
    tax_units: int = 0

    @property
    def gross_units(self) -> int:
        """With the tax."""
        return self.net_units + self.tax_units

    @property
    def full_units(self) -> int:
        """Before the discount, without the tax."""
        return self.net_units + self.discount_units


class TaxPart(msgspec.Struct, frozen=True, kw_only=True):
    """What one tax is reckoned of: all lines of one category and rate, with the reasons that they gave."""

    category: str
    rate: int
    reasons: tuple[str, ...]
    net_units: int
    tax_units: int


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What a document comes to: `gross_units` is net and tax. `parts` are in the order of category and rate."""

    discount_units: int
    net_units: int
    tax_units: int
    gross_units: int
    parts: tuple[TaxPart, ...]


def of(lines: Iterable[Line]) -> Totals:
    """The sums of these lines. They are of one currency."""
    found = tuple(lines)
    parts: dict[tuple[int, int], list[Line]] = {}
    for line in found:
        parts.setdefault((CATEGORIES.index(line.tax_category), -line.tax_rate), []).append(line)
    reckoned = tuple(_part(parts[key]) for key in sorted(parts))
    net = sum([part.net_units for part in reckoned])
    tax = sum([part.tax_units for part in reckoned])
    return Totals(
        discount_units=sum([line.discount_units for line in found]),
        net_units=net,
        tax_units=tax,
        gross_units=net + tax,
        parts=reckoned,
    )


def _part(lines: list[Line]) -> TaxPart:
    return TaxPart(
        category=lines[0].tax_category,
        rate=lines[0].tax_rate,
        reasons=tuple(dict.fromkeys(line.tax_reason for line in lines if line.tax_reason)),
        net_units=sum([line.net_units for line in lines]),
        tax_units=sum([line.tax_units for line in lines]),
    )
