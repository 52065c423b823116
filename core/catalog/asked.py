"""What a price is asked for: the lines of a thing that is sold, for whom, on which day, for which period. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from core.i18n import _
from core.money import MOST, OutOfBounds, rounded
from core.periods import Length

MOST_LINES = 500
MOST_QUANTITY = Decimal(1_000_000)
PLACES = 6
"""A quantity has so many digits after the point at most."""
_QUANTITY = re.compile(r"(\d{1,7})(?:[.,](\d{1,6}))?", re.ASCII)

PayerKind = Literal["individual", "company"]


class BadQuantity(ValueError):
    """A text that is no quantity; the message says why, to people."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`quantity` of something at `unit` each, in minor units, as the price list has it.

    `share` is the part of the period that is paid for, as 10 out of 31 days; a set-up fee is always whole.
    `ValueError` for what cannot be: an amount below zero, a quantity that is not above zero or has more than six
    digits after the point, a share that is not a part.
    """

    text: str
    unit: int
    quantity: Decimal = Decimal(1)
    share: tuple[int, int] = (1, 1)
    is_set_up: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.unit < MOST:
            raise OutOfBounds(f"a unit price of {self.unit}")
        if not is_quantity(self.quantity):
            raise BadQuantity(f"a quantity of {self.quantity}")
        if not 0 <= self.share[0] <= self.share[1] or not self.share[1] or (self.is_set_up and self.whole != 1):
            raise ValueError(f"a share of {self.share}")

    @property
    def whole(self) -> Fraction:
        """The part of the period as a fraction."""
        return Fraction(*self.share)

    @property
    def exact(self) -> Fraction:
        """What it costs before it is rounded."""
        return self.unit * Fraction(self.quantity) * self.whole


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing for one period, or once: what becomes one expense.

    `number` counts the periods of the service from 0, `length` is None for what is paid once. `begun` has the
    discounts that this service got before, each with the number of the first period; `codes` those that a code
    opened for it. A client that is not known yet has no id and is in no groups.
    """

    currency: str
    lines: tuple[Line, ...]
    day: date
    number: int = 0
    length: Length | None = None
    client_id: int | None = None
    group_ids: frozenset[int] = frozenset()
    product_id: int | None = None
    plan_id: int | None = None
    is_first_order: bool = False
    codes: frozenset[int] = frozenset()
    begun: Mapping[int, int] = {}

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= MOST_LINES:
            raise ValueError(f"a price of {len(self.lines)} lines")

    @property
    def listed(self) -> list[int]:
        """What each line costs by the list: the one place where a quantity becomes an amount."""
        return [rounded(line.exact) for line in self.lines]


def is_quantity(quantity: Decimal) -> bool:
    """Whether it is above zero, not more than MOST_QUANTITY, and has at most PLACES digits after the point."""
    if not quantity.is_finite() or not 0 < quantity <= MOST_QUANTITY:
        return False
    return bool(10**PLACES % Fraction(quantity).denominator == 0)


def quantity(text: str) -> Decimal:
    """The quantity that a person wrote, such as `2` or `0,5`. Raises `BadQuantity`."""
    found = _QUANTITY.fullmatch(text.strip())
    number = Decimal(f"{found[1]}.{found[2] or 0}") if found else Decimal(0)
    if not is_quantity(number):
        raise BadQuantity(_("This is not a quantity, such as 2 or 0.5."))
    return number.normalize() + 0
