"""Which discount a price gets, and why not the others. Pure; `discounts` keeps them.

A discount first has to **apply**: to this client, this thing, this day. Of those that do, one wins: by its
priority, then the narrower recipient (client, group, all), then the narrower area (plan, product, all; at the same
width the one for a certain period), then the one that lowers more, and at last the older one. They are never added
up.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Literal

import msgspec

from core.catalog.asked import Asked
from core.catalog.percents import WHOLE
from core.money import MOST, rounded, split
from core.periods import Length

MOST_PRIORITY = 1000

Kind = Literal["percent", "amount", "special"]
Recipient = Literal["all", "group", "client"]
Area = Literal["all", "product", "plan"]
Lasts = Literal["days", "periods", "forever"]
Outcome = Literal["won", "lost", "out"]
Why = Literal[
    # won or lost by
    "only", "priority", "recipient", "area", "larger", "older",
    # does not apply because
    "other_client", "other_group", "other_product", "other_plan", "other_period", "other_currency", "needs_code",
    "not_yet", "over", "periods_over", "not_first_order", "too_few", "too_little", "lowers_nothing",
]  # fmt: skip
_WIDTH = {"client": 2, "group": 1, "plan": 2, "product": 1, "all": 0}
_STEPS: tuple[Why, ...] = ("priority", "recipient", "area", "larger", "older")


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """A discount as the rules see it.

    `percent` in thousandths of a percent, `units` in minor units of `currency`: what is taken off (amount) or what
    one costs instead (special). `until_day` is the last day. `lasts`: as long as its days are (days), for so many
    `periods` of a service that began within them, or for good from then on. `with_set_up`: the set-up fee too.
    """

    id: int
    name: str
    kind: Kind
    percent: int = 0
    units: int = 0
    currency: str = ""
    recipient: Recipient = "all"
    recipient_id: int | None = None
    area: Area = "all"
    area_id: int | None = None
    length: Length | None = None
    priority: int = 0
    from_day: date | None = None
    until_day: date | None = None
    lasts: Lasts = "days"
    periods: int = 0
    needs_code: bool = False
    is_first_order: bool = False
    least_quantity: int = 0
    least_units: int = 0
    with_set_up: bool = False

    def __post_init__(self) -> None:
        if self.kind == "percent" and not 0 < self.percent <= WHOLE:
            raise ValueError(f"a discount of {self.percent} thousandths of a percent")
        if self.kind != "percent" and (not 0 <= self.units < MOST or not self.currency):
            raise ValueError(f"a discount of {self.units} {self.currency}")


class Considered(msgspec.Struct, frozen=True, kw_only=True):
    """A discount that was looked at: what it would take off in minor units, and why it won, lost or is out."""

    id: int
    name: str
    outcome: Outcome
    why: Why
    units: int = 0
    priority: int = 0
    recipient: Recipient = "all"
    area: Area = "all"


def choose(asked: Asked, discounts: Iterable[Discount]) -> tuple[Considered, ...]:
    """Every discount once: the one that won first, those that lost in their order, then those that are out."""
    applying, out = [], []
    for discount in discounts:
        why = why_not(asked, discount)
        units = 0 if why else sum(lowered(asked, discount))
        if why or not units:
            out.append(_considered(discount, "out", why or "lowers_nothing"))
        else:
            applying.append((_rank(discount, units), discount, units))
    applying.sort(key=lambda one: one[0], reverse=True)
    told = []
    for place, (rank, discount, units) in enumerate(applying):
        is_won = place == 0
        other = applying[1 if is_won else 0][0] if len(applying) > 1 else None
        why = _first_step(rank, other) if other else "only"
        told.append(_considered(discount, "won" if is_won else "lost", why, units))
    return (*told, *sorted(out, key=lambda one: one.id))


def why_not(asked: Asked, discount: Discount) -> Why | None:
    """Why a discount does not apply, None when it does."""
    return _not_for(asked, discount) or _not_of(asked, discount) or _not_now(asked, discount)


def lowered(asked: Asked, discount: Discount) -> list[int]:
    """What a discount takes off each line, in minor units: never more than the line costs."""
    reached = _reached(asked, discount)
    base = sum(reached)
    if not base:
        return reached
    wanted = rounded(exact(asked, discount))
    units = base - wanted if discount.kind == "special" else wanted
    return split(max(0, min(base, units)), reached)


def exact(asked: Asked, discount: Discount) -> Fraction:
    """The number that is rounded once: what it takes off, or for a special price what then is to pay."""
    priced = [line for line in asked.lines if not line.is_set_up]
    if discount.kind == "percent":
        return Fraction(sum(_reached(asked, discount)) * discount.percent, WHOLE)
    if discount.kind == "amount":
        return discount.units * max((line.whole for line in priced), default=Fraction(0))
    return sum((discount.units * Fraction(line.quantity) * line.whole for line in priced[:1]), Fraction(0))


def _reached(asked: Asked, discount: Discount) -> list[int]:
    """What it can lower of each line. A special price stands in place of the first price of the period alone."""
    found, listed = [0] * len(asked.lines), asked.listed
    for place, line in enumerate(asked.lines):
        if line.is_set_up and (not discount.with_set_up or discount.kind == "special"):
            continue
        found[place] = listed[place]
        if discount.kind == "special":
            break
    return found


def _not_for(asked: Asked, discount: Discount) -> Why | None:
    """Whom it is for."""
    if discount.recipient == "client" and discount.recipient_id != (asked.client_id or 0):
        return "other_client"
    if discount.recipient == "group" and discount.recipient_id not in asked.group_ids:
        return "other_group"
    if discount.needs_code and discount.id not in asked.codes and discount.id not in asked.begun:
        return "needs_code"
    return None


def _not_of(asked: Asked, discount: Discount) -> Why | None:
    """What it is for."""
    if discount.area == "product" and discount.area_id != (asked.product_id or 0):
        return "other_product"
    if discount.area == "plan" and discount.area_id != (asked.plan_id or 0):
        return "other_plan"
    if discount.length is not None and discount.length != asked.length:
        return "other_period"
    if discount.currency and discount.currency != asked.currency:
        return "other_currency"
    return None


def _not_now(asked: Asked, discount: Discount) -> Why | None:
    """When, and under which conditions. A service that began with it goes on as the discount lasts."""
    begun = asked.begun.get(discount.id)
    if begun is None or discount.lasts == "days":
        if discount.from_day and asked.day < discount.from_day:
            return "not_yet"
        if discount.until_day and asked.day > discount.until_day:
            return "over"
    elif discount.lasts == "periods" and asked.number - begun >= discount.periods:
        return "periods_over"
    if begun is None and discount.is_first_order and not asked.is_first_order:
        return "not_first_order"
    return _too_small(asked, discount)


def _too_small(asked: Asked, discount: Discount) -> Why | None:
    quantities = [line.quantity for line in asked.lines if not line.is_set_up]
    if max(quantities, default=0) < discount.least_quantity:
        return "too_few"
    return "too_little" if sum(asked.listed) < discount.least_units else None


def _rank(discount: Discount, units: int) -> tuple[int, int, tuple[int, bool], int, int]:
    area = (_WIDTH[discount.area], discount.length is not None)
    return discount.priority, _WIDTH[discount.recipient], area, units, -discount.id


def _first_step(one: tuple[object, ...], other: tuple[object, ...]) -> Why:
    return next(step for step, mine, theirs in zip(_STEPS, one, other, strict=True) if mine != theirs)


def _considered(discount: Discount, outcome: Outcome, why: Why, units: int = 0) -> Considered:
    return Considered(
        id=discount.id,
        name=discount.name,
        outcome=outcome,
        why=why,
        units=units,
        priority=discount.priority,
        recipient=discount.recipient,
        area=discount.area,
    )
