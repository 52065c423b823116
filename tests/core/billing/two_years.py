"""What two years of a provider come to, reckoned by hand: whole numbers and days, none of the product's code."""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import msgspec

RAISED = date(2027, 4, 1)
"""From this day on the French rate is 21 %."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed: by which account, on which day, before tax, at which rate (thousandths), in which category."""

    account: str
    day: date
    net: int
    rate: int
    category: str

    @property
    def tax(self) -> int:
        """To the nearest cent, a half upwards."""
        return (2 * self.net * self.rate + 100_000) // 200_000


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """A service: periods of so many months (0: of a day) from a day on, up to a day; `net` by the first day."""

    account: str
    start: date
    net: Callable[[date], int]
    months: int = 1
    until: date = date.max

    def periods(self) -> Iterator[date]:
        """The first days of its periods, counted from its start each time."""
        number, day = 0, self.start
        while day < self.until:
            yield day
            number += 1
            day = self.start + timedelta(days=number)
            if self.months:
                day = later(self.start, number * self.months)


def later(day: date, months: int) -> date:
    """So many months later, on the same day or on the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def taxed(account: str, day: date, net: int) -> Charge:
    """A charge with the tax of whoever pays: at home, reverse charge, Irish consumer, outside of the Union."""
    home = 21_000 if day >= RAISED else 20_000
    rate, category = {"mueller": (0, "AE"), "o-brien": (23_000, "S"), "tanaka": (0, "O")}.get(account, (home, "S"))
    return Charge(account=account, day=day, net=net, rate=rate, category=category)


def steps(*listed: tuple[date, int]) -> Callable[[date], int]:
    """The price in force: of the last step that has begun."""

    def price(day: date) -> int:
        return [units for begins, units in listed if begins <= day][-1]

    return price


class Years:
    """What was sold, charged by hand, and paid."""

    def __init__(self) -> None:
        self.sold: list[Sold] = []
        self.single: list[Charge] = []
        self.taken_back: set[tuple[str, date]] = set()
        self.paid: Counter[str] = Counter()

    def charges(self, day: date) -> list[Charge]:
        """All that is owed by the end of a day."""
        found = [one for one in self.single if one.day <= day]
        for sold in self.sold:
            for first in sold.periods():
                if first > day:
                    break
                if (sold.account, first) not in self.taken_back:
                    found.append(taxed(sold.account, first, sold.net(first)))
        return found

    def revenue(self, day: date) -> Counter[str]:
        """Before tax, by month."""
        sums: Counter[str] = Counter()
        for one in self.charges(day):
            sums[f"{one.day:%Y-%m}"] += one.net
        return sums

    def taxes(self, day: date) -> dict[tuple[str, int], tuple[int, int]]:
        """By category and rate: what is taxed, and the tax."""
        sums: dict[tuple[str, int], tuple[int, int]] = {}
        for one in self.charges(day):
            net, tax = sums.get((one.category, one.rate), (0, 0))
            sums[one.category, one.rate] = (net + one.net, tax + one.tax)
        return sums

    def balances(self, day: date) -> Counter[str]:
        """What was paid less what is owed, by account."""
        sums = Counter(self.paid)
        for one in self.charges(day):
            sums[one.account] -= one.net + one.tax
        return sums
