"""What a plan costs as it is configured, before discounts and taxes. Pure.

    sheet = (await price_sheets.of_list(list_id))[0]      # one way to pay for a plan, with what can ride on it
    price = list_price.reckon(sheet, {disk.id: 50, system.id: debian.id})

A **quantity** has so many units `included`; those beyond are paid for. Its tiers say what one costs from the
first, the eleventh, the hundredth paid unit on: with the stepping `each`, every unit costs what its own tier says;
with `all`, all paid units cost what the tier says that the last of them has reached. A **switch** is a quantity of
0 or 1, a **choice** is one of several.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from core.errors import Invalid
from core.i18n import _
from core.money import MOST, Money
from core.periods import Length

Billing = Literal["once", "period", "calendar", "daily"]
Kind = Literal["quantity", "switch", "choice"]
Stepping = Literal["each", "all"]
MOST_OF_ONE = 1_000_000
"""So many units of an addon one can have at most."""


class Tier(msgspec.Struct, frozen=True):
    """What one unit costs from the paid unit number `start` on, in minor units. The first tier starts at 1."""

    start: int
    units: int


class Choice(msgspec.Struct, frozen=True):
    """One of the choices of an addon, and what it costs."""

    id: int
    name: str
    units: int


class Addon(msgspec.Struct, frozen=True, kw_only=True):
    """An addon as it is offered with a price: its quantities are `minimum` and every `step` more, up to `maximum`.

    `tiers` are in their order, of a quantity or a switch; `choices` are of a choice.
    """

    id: int
    name: str
    kind: Kind
    unit: str = ""
    included: int = 0
    minimum: int = 0
    maximum: int = MOST_OF_ONE
    step: int = 1
    stepping: Stepping = "each"
    tiers: tuple[Tier, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def usual(self) -> int:
        """What is chosen when nothing is said: as many as are included, not on, or the first choice."""
        if self.kind == "choice":
            return self.choices[0].id if self.choices else 0
        steps = max(0, min(self.included, self.maximum) - self.minimum) // self.step
        return self.minimum + steps * self.step


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One way to pay for a plan: by what, for how long, in which currency, and how much, with its addons.

    `length` is None for what is paid once. `units` and `setup_units` are minor units of the currency.
    """

    price_id: int
    price_list_id: int
    plan_id: int
    plan_name: str
    billing: Billing
    length: Length | None
    currency: str
    units: int
    setup_units: int = 0
    next_from: int = 0
    addons: tuple[Addon, ...] = ()


class Share(msgspec.Struct, frozen=True):
    """So many units at the same price for one."""

    quantity: int
    units: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one part costs for a period: the plan itself (`addon_id` None) or an addon.

    `quantity` is what was chosen, `paid` how many of it are paid for, `shares` how they add up to `units`.
    """

    name: str
    units: int
    addon_id: int | None = None
    choice_id: int | None = None
    quantity: int = 1
    paid: int = 1
    unit: str = ""
    shares: tuple[Share, ...] = ()


class ListPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a configuration, the plan first, and what is paid once at the beginning."""

    currency: str
    lines: tuple[Line, ...]
    setup_units: int

    @property
    def total(self) -> Money:
        """What a period costs."""
        return Money(sum(line.units for line in self.lines), self.currency)

    @property
    def setup(self) -> Money:
        """What is paid once, with the first period."""
        return Money(self.setup_units, self.currency)


def field(addon_id: int) -> str:
    """The name under which the errors of an addon are told."""
    return f"addon_{addon_id}"


def reckon(sheet: Sheet, chosen: Mapping[int, int]) -> ListPrice:
    """The list price with so many of each addon (of a choice: its id); those that are not named are as usual.

    `Invalid` with an error by `field(addon_id)` for what cannot be chosen, and by "" for more than can be paid.
    """
    errors = {
        field(addon_id): _("This is not offered.") for addon_id in chosen.keys() - {a.id for a in sheet.addons}
    }
    lines = [Line(name=sheet.plan_name, units=sheet.units, shares=(Share(1, sheet.units),))]
    for addon in sheet.addons:
        wanted = chosen.get(addon.id, addon.usual)
        if error := why_not(addon, wanted):
            errors[field(addon.id)] = error
        else:
            lines.append(_choice_line(addon, wanted) if addon.kind == "choice" else _line(addon, wanted))
    if not errors and sum(line.units for line in lines) + sheet.setup_units >= MOST:
        errors[""] = _("This is more than can be kept.")
    if errors:
        raise Invalid(errors)
    return ListPrice(currency=sheet.currency, lines=tuple(lines), setup_units=sheet.setup_units)


def why_not(addon: Addon, wanted: int) -> str:
    """Why so many, or this choice, cannot be had; "" when they can."""
    if addon.kind == "choice":
        return "" if any(choice.id == wanted for choice in addon.choices) else _("This is not one of the choices.")
    if not addon.minimum <= wanted <= addon.maximum:
        return _("From %(fewest)s to %(most)s, please.") % {"fewest": addon.minimum, "most": addon.maximum}
    if (wanted - addon.minimum) % addon.step:
        return _("In steps of %(step)s from %(fewest)s, please.") % {"step": addon.step, "fewest": addon.minimum}
    if wanted > addon.included and not (addon.tiers and addon.tiers[0].start == 1):
        return _("This has no price.")
    return ""


def shares(addon: Addon, paid: int) -> tuple[Share, ...]:
    """How many of the paid units cost how much each, in the order of the tiers."""
    reached = [tier for tier in addon.tiers if tier.start <= paid]
    if addon.stepping == "all":
        return tuple(Share(paid, tier.units) for tier in reached[-1:])
    nexts = [tier.start for tier in reached[1:]] + [paid + 1]
    return tuple(Share(end - tier.start, tier.units) for tier, end in zip(reached, nexts, strict=False))


def _line(addon: Addon, quantity: int) -> Line:
    paid = max(0, quantity - addon.included)
    parts = shares(addon, paid)
    return Line(
        name=addon.name,
        units=sum(part.quantity * part.units for part in parts),
        addon_id=addon.id,
        quantity=quantity,
        paid=paid,
        unit=addon.unit,
        shares=parts,
    )


def _choice_line(addon: Addon, choice_id: int) -> Line:
    choice = next(choice for choice in addon.choices if choice.id == choice_id)
    return Line(
        name=f"{addon.name}: {choice.name}",
        units=choice.units,
        addon_id=addon.id,
        choice_id=choice.id,
        shares=(Share(1, choice.units),),
    )
