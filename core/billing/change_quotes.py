"""What it costs to change a service to another plan or other addons. Pure: a quote is what is charged.

Each period that was charged already is looked at by itself, from the day of the change on, by whole days: what is
left of the amounts that were charged for it (less what was given back before) against what these days cost with
the new plan. The difference is charged, or given back as the product's policy has it. Both parts come from
`left_of`, so that there and back on one day is nothing, to the cent. There is no set-up fee for a change.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal, Self

import msgspec

from core.billing import quotes
from core.billing.quotes import Pricer
from core.catalog import list_price
from core.catalog.list_price import ListPrice, Sheet
from core.catalog.percents import WHOLE
from core.catalog.pricing import Price
from core.catalog.tax_rules import Tax
from core.money import rounded, split
from core.periods import Length, Period, nth

When = Literal["now", "renewal"]
Rest = Literal["credit", "refund", "none"]
Direction = Literal["upgrade", "downgrade"]
_DAYS = {"day": Fraction(1), "month": Fraction(146097, 4800), "year": Fraction(146097, 400)}


class Amount(msgspec.Struct, frozen=True):
    """An amount without tax, and its tax; both below zero for what was given back."""

    net: int = 0
    tax: int = 0

    @property
    def gross(self) -> int:
        """With tax."""
        return self.net + self.tax

    def __neg__(self) -> Self:
        return type(self)(-self.net, -self.tax)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What was charged for days of a service, or given back for them."""

    period: Period
    amount: Amount
    rate: int
    category: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """When changes begin, and what becomes of what was paid beforehand for something dearer."""

    upgrade_when: When = "now"
    downgrade_when: When = "renewal"
    downgrade_rest: Rest = "credit"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A service as it is: its price by the list for a period, and the periods that are charged.

    `periods` of them, counted from `anchor`, and `earlier` ones before the anchor moved; by the calendar the
    broken one that begins on `opened` comes before. `begun` has its discounts.
    """

    full_units: int
    billing: str
    length: Length
    anchor: date
    periods: int
    next_on: date
    earlier: int = 0
    opened: date | None = None
    entries: tuple[Entry, ...] = ()
    begun: Mapping[int, int] = {}

    @property
    def shift(self) -> int:
        """The number of the first period from the anchor on, as discounts count them."""
        return self.earlier + (self.billing == "calendar")

    def charged(self, day: date) -> list[tuple[Period, int]]:
        """The periods that are charged and not over on this day, each with its number, the last one first."""
        found, number = [], self.periods - 1
        while number >= 0 and (period := nth(self.anchor, self.length, number)).end > day:
            found.append((period, self.shift + number))
            number -= 1
        if self.opened is not None and self.opened <= day < self.anchor:
            found.append((Period(self.opened, self.anchor), 0))
        return found


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The days of a charged period that a change is about: what is `left` of the charge, and what they `cost` now.

    `moves` is charged, or given back where it is below zero. `price` is the one of the whole period.
    """

    period: Period
    left: Amount
    cost: Amount
    moves: Amount
    price: Price


class ChangeQuote(msgspec.Struct, frozen=True, kw_only=True):
    """What a change costs: its parts at once (none at renewal), and each period after that from `on_day` on."""

    on_day: date
    when: When
    direction: Direction
    rest: Rest
    listed: ListPrice
    parts: tuple[Part, ...]
    recurring: Price

    @property
    def charged(self) -> int:
        """What is charged at once, with tax, in minor units."""
        return sum(part.moves.gross for part in self.parts if part.moves.gross > 0)

    @property
    def given_back(self) -> int:
        """What is given back at once, with tax, in minor units."""
        back = -sum(part.moves.gross for part in self.parts if part.moves.gross < 0)
        return 0 if self.rest == "none" else back

    @property
    def units(self) -> int:
        """What is charged at once, below zero what is given back: the figure by which two quotes are compared."""
        return self.charged - self.given_back


def reckon(
    sheet: Sheet, chosen: Mapping[int, int], held: Held, policy: Policy, price: Pricer, day: date, when: str = ""
) -> ChangeQuote:
    """The quote of a change on a day; without a `when` it begins as the policy has it.

    `price` is `quotes.pricer` of the new sheet. Another length of the period begins with the next one, always, and
    so does what is changed while a period that has begun is not charged yet.
    """
    assert sheet.length is not None
    listed = list_price.reckon(sheet, chosen)
    direction = _direction(listed, sheet.length, held)
    usual = policy.upgrade_when if direction == "upgrade" else policy.downgrade_when
    is_now = (when or usual) == "now" and sheet.length == held.length and held.next_on > day
    number = held.shift + held.periods
    return ChangeQuote(
        on_day=day if is_now else held.next_on,
        when="now" if is_now else "renewal",
        direction=direction,
        rest=policy.downgrade_rest,
        listed=listed,
        parts=tuple(_parts(sheet, listed, held, price, day)) if is_now else (),
        recurring=price(quotes.lines(listed, [quotes.WHOLE]), number, held.next_on, held.begun),
    )


def left_of(units: int, period: Period, day: date) -> int:
    """What of an amount for a period belongs to the days from `day` on; the rest is for those before."""
    passed = min(period.days, max(0, (day - period.start).days))
    return split(units, [passed, period.days - passed])[1]


def left(entries: Iterable[Entry], day: date) -> Amount:
    """What of these amounts belongs to the days from `day` on."""
    found = list(entries)
    return Amount(
        sum(left_of(one.amount.net, one.period, day) for one in found),
        sum(left_of(one.amount.tax, one.period, day) for one in found),
    )


def _parts(sheet: Sheet, listed: ListPrice, held: Held, price: Pricer, day: date) -> Iterable[Part]:
    for period, number in held.charged(day):
        shares = quotes.shares_of(held.billing, held.length, period)
        whole = price(quotes.lines(listed, shares), number, max(day, period.start), held.begun)
        cost = Amount(left_of(whole.net, period, day), left_of(whole.tax_units, period, day))
        inside = [one for one in held.entries if period.start <= one.period.start < period.end]
        was = left(inside, day)
        yield Part(
            period=Period(max(day, period.start), period.end),
            left=was,
            cost=cost,
            moves=difference(cost, was, whole.tax, is_same_tax=_is_same_tax(inside, whole.tax)),
            price=whole,
        )


def difference(cost: Amount, was: Amount, tax: Tax, *, is_same_tax: bool) -> Amount:
    """What is to be charged so that what was left becomes the cost; both parts have one sign.

    Under the same tax the amounts with tax are compared, and the tax is found inside of their difference. Where
    the tax changed meanwhile, those without tax are, and the tax of today is put on top. No more tax is given back
    than was charged.
    """
    if is_same_tax:
        gross = cost.gross - was.gross
        net = rounded(Fraction(gross * WHOLE, WHOLE + tax.rate))
        if gross < 0:
            net = min(max(net, -max(0, was.net)), gross + max(0, was.tax))
        return Amount(net, gross - net)
    net = cost.net - was.net
    exact = Fraction(net * tax.rate, WHOLE)
    if net >= 0:
        return Amount(net, -(-exact.numerator // exact.denominator))
    return Amount(net, -min(-exact.numerator // exact.denominator, max(0, was.tax)))


def _is_same_tax(entries: Sequence[Entry], tax: Tax) -> bool:
    return all((one.rate, one.category) == (tax.rate, tax.category) for one in entries)


def _direction(listed: ListPrice, length: Length, held: Held) -> Direction:
    """Whether a day costs more by the list than before; as much is no downgrade."""
    new = listed.total.units / (length.count * _DAYS[length.unit])
    old = held.full_units / (held.length.count * _DAYS[held.length.unit])
    return "downgrade" if new < old else "upgrade"
