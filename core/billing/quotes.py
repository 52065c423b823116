"""What a service costs: at once, and with each period after that. Pure: a quote is what is charged."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

import msgspec

from core.catalog import list_price, pricing
from core.catalog.asked import Asked, Line
from core.catalog.discount_rules import Discount
from core.catalog.list_price import ListPrice, Sheet
from core.catalog.pricing import Price
from core.catalog.tax_rules import Tax
from core.i18n import _
from core.periods import Calendar, Length, Period, nth

WHOLE = (1, 1)
Pricer = Callable[[tuple[Line, ...], int, date, Mapping[int, int]], Price]


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """What discounts ask about who buys."""

    id: int
    group_ids: frozenset[int] = frozenset()
    is_first_order: bool = False
    codes: frozenset[int] = frozenset()


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a service that is paid from `start` on; `trial_until` is the day before, where one tries it.

    `first` is the period that is charged at once (None when it is paid once), and `opening` its price; `setup` is
    the price of setting up, when there is one. `recurring` is the price of each period after that, None when there
    is none, and `anchor` the day from which those are counted.
    """

    start: date
    listed: ListPrice
    first: Period | None
    opening: Price
    setup: Price | None
    recurring: Price | None
    anchor: date
    trial_until: date | None = None

    @property
    def at_once(self) -> int:
        """What is charged when it begins, with tax, in minor units: nothing while it is tried."""
        return 0 if self.trial_until else self.due

    @property
    def due(self) -> int:
        """What is charged with the first period, with tax."""
        return self.opening.gross + (self.setup.gross if self.setup else 0)


def quote(
    sheet: Sheet,
    chosen: Mapping[int, int],
    day: date,
    tax: Tax,
    *,
    includes_tax: bool,
    client: Client,
    product_id: int,
    discounts: Iterable[Discount] = (),
    trial_days: int = 0,
) -> Quote:
    """The price of a sheet with these addons from a day on, after a trial of so many days.

    `Invalid` for addons that cannot be had.
    """
    start = _paid_from(sheet, day, trial_days)
    listed = list_price.reckon(sheet, chosen)
    price = pricer(
        sheet, tax, includes_tax=includes_tax, client=client, product_id=product_id, discounts=discounts
    )
    first, shares, anchor = _first(sheet, start)
    opening = price(lines(listed, shares), 0, start, {})
    begun = {opening.won: 0} if opening.won is not None else {}
    return Quote(
        start=start,
        listed=listed,
        first=first,
        opening=opening,
        setup=price((_fee(sheet, listed),), 0, start, {}) if listed.setup_units else None,
        recurring=price(lines(listed, [WHOLE]), 1, anchor, begun) if sheet.length else None,
        anchor=anchor,
        trial_until=start - timedelta(days=1) if start > day else None,
    )


def pricer(
    sheet: Sheet,
    tax: Tax,
    *,
    includes_tax: bool,
    client: Client,
    product_id: int,
    discounts: Iterable[Discount] = (),
) -> Pricer:
    """Prices lines of this sheet for a period with a number, on a day, with the discounts that have begun."""
    known = list(discounts)

    def price(lines: tuple[Line, ...], number: int, day: date, begun: Mapping[int, int]) -> Price:
        asked = Asked(
            currency=sheet.currency,
            lines=lines,
            day=day,
            number=number,
            length=sheet.length,
            client_id=client.id,
            group_ids=client.group_ids,
            product_id=product_id,
            plan_id=sheet.plan_id,
            is_first_order=client.is_first_order,
            codes=client.codes,
            begun=begun,
        )
        return pricing.price(asked, known, tax, includes_tax=includes_tax)

    return price


def _paid_from(sheet: Sheet, day: date, trial_days: int) -> date:
    """The first day that is paid for. What is paid once is not tried, and by the calendar one tries to the 1st."""
    if not trial_days or sheet.length is None:
        return day
    after = day + timedelta(days=trial_days)
    if sheet.billing != "calendar" or after.day == 1:
        return after
    return Length(1, "month").after(after.replace(day=1), 1)


def _first(sheet: Sheet, start: date) -> tuple[Period | None, list[tuple[int, int]], date]:
    """The period that is charged at once, the parts of whole ones that it is, and the anchor of what follows.

    By the calendar, who begins in the middle pays for the rest of the month, and late in it for the next one too.
    """
    if sheet.length is None:
        return None, [WHOLE], start
    if sheet.billing != "calendar":
        first = nth(start, sheet.length, 0)
        return first, [WHOLE], start
    first = Calendar(months=sheet.length.count, next_from=sheet.next_from).first(start)
    return first, shares_of(sheet.billing, sheet.length, first), first.end


def shares_of(billing: str, length: Length, period: Period) -> list[tuple[int, int]]:
    """The parts of whole periods that a period is: by the calendar, the rest of a month, and the next one."""
    start = period.start
    if billing != "calendar" or start.day == 1:
        return [WHOLE]
    paid, days = Calendar(months=length.count).weights(start)
    month = nth(start.replace(day=1), Length(1, "month"), 0)
    rest = [(paid, days * length.count)]
    return rest if period.end == month.end else [*rest, WHOLE]


def _fee(sheet: Sheet, listed: ListPrice) -> Line:
    return Line(text=_("Set-up: %(name)s") % {"name": sheet.plan_name}, unit=listed.setup_units, is_set_up=True)


def lines(listed: ListPrice, shares: Iterable[tuple[int, int]]) -> tuple[Line, ...]:
    """What is paid for in a period of these parts."""
    return tuple(Line(text=line.name, unit=line.units, share=share) for share in shares for line in listed.lines)
