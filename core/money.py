"""Amounts: whole numbers of a currency's smallest unit, the one rule of rounding, and what people write. Pure.

**Rounding**: to the nearest unit, a half away from zero, as PostgreSQL's `round(numeric)` does it, so that SQL and
Python agree. Nothing is rounded twice: what is multiplied stays exact (`Fraction`) until it becomes an amount, and
what is divided is split so that the parts make the whole.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Self

import msgspec

from core.i18n import _

_WITHOUT = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_FOUR = frozenset(["CLF", "UYW"])
_WRITTEN = re.compile(r"(\d{1,3}(?:\d*|(?:[ \u00a0\u202f]\d{3})+))(?:[.,](\d+))?", re.ASCII)

MOST = 10**15
"""No amount reaches this many minor units."""


class BadAmount(ValueError):
    """A text that is no amount of this currency; the message says why, to people."""


class OtherCurrency(ValueError):
    """Amounts of two currencies were put together. A fault of the program: nothing converts by itself."""


class OutOfBounds(ValueError):
    """An amount of MOST or more. A fault of the program, or input that was not checked."""


Exact = int | Fraction | Decimal
"""What an amount is multiplied by. Never a float."""


class Money(msgspec.Struct, frozen=True):
    """An amount: `units` of the smallest unit of `currency` (ISO 4217). 12.50 EUR is `Money(1250, "EUR")`.

    Amounts of one currency add, subtract and compare; of two they raise `OtherCurrency`.
    """

    units: int
    currency: str

    def __post_init__(self) -> None:
        if not -MOST < self.units < MOST:
            raise OutOfBounds(f"{self.units} {self.currency}")

    def __add__(self, other: Self) -> Self:
        return self._with(self.units + self._same(other))

    def __sub__(self, other: Self) -> Self:
        return self._with(self.units - self._same(other))

    def __neg__(self) -> Self:
        return self._with(-self.units)

    def __lt__(self, other: Self) -> bool:
        return self.units < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.units <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.units > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.units >= self._same(other)

    def __bool__(self) -> bool:
        return self.units != 0

    def times(self, factor: Exact) -> Self:
        """So many times the amount, rounded once."""
        return self._with(rounded(Fraction(factor) * self.units))

    def part(self, numerator: int, denominator: int) -> Self:
        """`numerator` out of `denominator` equal parts, rounded once: 10 of 31 days."""
        return self.times(Fraction(numerator, denominator))

    def split(self, weights: Sequence[int]) -> list[Self]:
        """Parts in proportion to the weights that make the whole again; see `split`."""
        return [self._with(units) for units in split(self.units, weights)]

    def _with(self, units: int) -> Self:
        return type(self)(units, self.currency)

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise OtherCurrency(f"{self.currency} and {other.currency}")
        return other.units


def rounded(exact: Exact) -> int:
    """The nearest whole number; a half goes away from zero."""
    value = Fraction(exact)
    whole = (abs(value.numerator) * 2 + value.denominator) // (value.denominator * 2)
    return whole if value >= 0 else -whole


def split(units: int, weights: Sequence[int]) -> list[int]:
    """`units` in whole parts in proportion to `weights`, whose sum is `units` again.

    Each part is its exact share, cut to a whole number; the units that are left go one each to the shares that
    lost most by the cut, of equals to the earlier one. Weights are 0 or more, not all 0: `ValueError`.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights are 0 or more, and not all 0")
    size, sign = abs(units), -1 if units < 0 else 1
    parts = [size * weight // whole for weight in weights]
    most_cut = sorted(range(len(weights)), key=lambda at: (-(size * weights[at] % whole), at))
    for at in most_cut[: size - sum(parts)]:
        parts[at] += 1
    return [sign * part for part in parts]


def digits(currency: str) -> int:
    """How many digits a currency has after the point (ISO 4217): EUR 2, JPY 0, KWD 3."""
    return 0 if currency in _WITHOUT else 3 if currency in _THREE else 4 if currency in _FOUR else 2


def parse(text: str, currency: str) -> int:
    """Minor units from what people write, such as `1 250,50`; "" is 0. Raises `BadAmount`."""
    if not text.strip():
        return 0
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise BadAmount(_("This is not an amount, such as 250 or 250.50."))
    places, fraction = digits(currency), found[2] or ""
    if len(fraction.rstrip("0")) > places:
        raise BadAmount(
            _("%(currency)s has %(count)s digits after the point.") % {"currency": currency, "count": places}
        )
    units = int(re.sub(r"\D", "", found[1]) + fraction[:places].ljust(places, "0"))
    if units >= MOST:
        raise BadAmount(_("This is more than can be kept."))
    return units


def written(units: int, currency: str) -> str:
    """Minor units as a form's field has them: `1250.50`, without spaces. `parse` reads it back."""
    places, sign = digits(currency), "-" if units < 0 else ""
    if not places:
        return str(units)
    whole, rest = divmod(abs(units), 10**places)
    return f"{sign}{whole}.{rest:0{places}d}"
