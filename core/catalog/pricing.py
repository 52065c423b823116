"""The price of a thing with the trace of how it came about. Pure: the same questions give the same answers.

    found = pricing.price(asked, discounts, tax, includes_tax=False)
    found.net + found.tax_units == found.gross

What the list says is lowered by the discount that wins, then tax is put on top, or found inside. **With tax
included** the list says what a consumer pays, wherever he is: the tax is taken out of that. Who owes no tax here
(reverse charge, outside) pays the list price without the tax of the seller's own country; a seller who is not
liable takes nothing out.

Rounded are, once each: a line (quantity times price), the discount, the tax. Sums are sums of what was rounded. A
price is frozen and kept as JSON with its expense: words for people are made when it is shown (`price_words`).
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from core.catalog import discount_rules
from core.catalog.asked import Asked
from core.catalog.discount_rules import Considered, Discount
from core.catalog.percents import WHOLE
from core.catalog.tax_rules import Tax, inside
from core.money import Money, rounded, split

What = Literal["line", "discount", "special", "tax", "net"]


class Rounding(msgspec.Struct, frozen=True, kw_only=True):
    """That a number of minor units was rounded: the exact one as a fraction, `2469/2`, and what became of it."""

    what: What
    exact: str
    units: int
    line: str = ""


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line: by the list, what the discount takes off it, and its part of the net. In minor units."""

    text: str
    unit: int
    quantity: Decimal
    share: tuple[int, ...]
    is_set_up: bool
    listed: int
    lowered: int
    net: int


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """A price and its trace. All amounts in minor units of `currency`.

    `listed` less `lowered` is what the list leaves to pay, with tax or without as `includes_tax` says.
    `net_listed` less `discount` is `net`, all without tax, as documents have it; `net` and `tax_units` together
    are `gross`.
    """

    currency: str
    includes_tax: bool
    lines: tuple[PricedLine, ...]
    listed: int
    lowered: int
    net_listed: int
    discount: int
    net: int
    tax: Tax
    tax_units: int
    gross: int
    considered: tuple[Considered, ...] = ()
    roundings: tuple[Rounding, ...] = ()

    @property
    def won(self) -> int | None:
        """The id of the discount that won."""
        first = self.considered[0] if self.considered else None
        return first.id if first is not None and first.outcome == "won" else None

    @property
    def to_pay(self) -> Money:
        """The gross amount."""
        return Money(self.gross, self.currency)


def price(asked: Asked, discounts: Iterable[Discount], tax: Tax, *, includes_tax: bool) -> Price:
    """What is to pay, and why. `money.OutOfBounds` when an amount is more than can be kept."""
    known = {discount.id: discount for discount in discounts}
    considered = discount_rules.choose(asked, known.values())
    won = known[considered[0].id] if considered and considered[0].outcome == "won" else None
    listed = asked.listed
    lowered = discount_rules.lowered(asked, won) if won else [0] * len(listed)
    all_listed, left = sum(listed), sum(listed) - sum(lowered)
    Money(all_listed, asked.currency)
    net_exact, tax_units = taxed(left, tax, includes_tax=includes_tax)
    net = rounded(net_exact)
    net_listed = rounded(taxed(all_listed, tax, includes_tax=includes_tax)[0])
    Money(net + tax_units, asked.currency)
    return Price(
        currency=asked.currency,
        includes_tax=includes_tax,
        lines=_lines(asked, listed, lowered, net),
        listed=all_listed,
        lowered=sum(lowered),
        net_listed=net_listed,
        discount=net_listed - net,
        net=net,
        tax=tax,
        tax_units=tax_units,
        gross=net + tax_units,
        considered=considered,
        roundings=(*_roundings(asked, won), *_tax_roundings(left, tax, includes_tax=includes_tax)),
    )


def taxed(units: int, tax: Tax, *, includes_tax: bool) -> tuple[Fraction, int]:
    """The net before it is rounded, and the tax, of an amount as the list has it."""
    if not includes_tax:
        return Fraction(units), rounded(Fraction(units * tax.rate, WHOLE))
    net = Fraction(units * WHOLE, WHOLE + inside(tax))
    return net, units - rounded(net) if tax.rate else 0


def _lines(asked: Asked, listed: list[int], lowered: list[int], net: int) -> tuple[PricedLine, ...]:
    left = [one - off for one, off in zip(listed, lowered, strict=True)]
    nets = split(net, left) if sum(left) else [0] * len(left)
    return tuple(
        PricedLine(
            text=line.text,
            unit=line.unit,
            quantity=line.quantity,
            share=line.share,
            is_set_up=line.is_set_up,
            listed=listed[at],
            lowered=lowered[at],
            net=nets[at],
        )
        for at, line in enumerate(asked.lines)
    )


def _roundings(asked: Asked, won: Discount | None) -> list[Rounding]:
    """Lines and the discount, where the exact number was no whole one."""
    told = [_rounding("line", line.exact, line=line.text) for line in asked.lines]
    if won:
        what: What = "special" if won.kind == "special" else "discount"
        told.append(_rounding(what, discount_rules.exact(asked, won)))
    return [one for one in told if one]


def _tax_roundings(left: int, tax: Tax, *, includes_tax: bool) -> list[Rounding]:
    if includes_tax:
        told = _rounding("net", taxed(left, tax, includes_tax=True)[0])
    else:
        told = _rounding("tax", Fraction(left * tax.rate, WHOLE))
    return [told] if told else []


def _rounding(what: What, exact: Fraction, *, line: str = "") -> Rounding | None:
    if exact.denominator == 1:
        return None
    return Rounding(what=what, exact=str(exact), units=rounded(exact), line=line)
