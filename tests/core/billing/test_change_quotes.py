"""What changing a service costs, by itself: nothing comes out of changing there and back, and no cent is lost."""

from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.billing import change_quotes, quotes
from core.billing.change_quotes import Amount, ChangeQuote, Entry, Held, Policy
from core.catalog.list_price import Sheet
from core.catalog.tax_rules import Tax
from core.periods import Calendar, Length, Period

MONTH = Length(1, "month")
TAX = Tax(rate=20_000, category="S", reason="domestic", country="FR", included=20_000)
CASH = Policy(downgrade_when="now", downgrade_rest="credit")


def sheet(units: int, billing: str = "period", length: Length = MONTH, key: int = 1) -> Sheet:
    return Sheet(price_id=key, price_list_id=key, plan_id=key, plan_name=f"Plan {key}", billing=billing,
                 length=length, currency="EUR", units=units)  # fmt: skip


def pricer(of: Sheet, tax: Tax, *, includes_tax: bool) -> quotes.Pricer:
    return quotes.pricer(of, tax, includes_tax=includes_tax, client=quotes.Client(id=1), product_id=1)


def ordered(of: Sheet, start: date, tax: Tax, *, includes_tax: bool) -> Held:
    """A service that began on this day, its first period charged."""
    made = quotes.quote(of, {}, start, tax, includes_tax=includes_tax, client=quotes.Client(id=1), product_id=1)
    assert made.first is not None and of.length is not None
    amount = Amount(made.opening.net, made.opening.tax_units)
    return Held(
        full_units=of.units,
        billing=of.billing,
        length=of.length,
        anchor=made.anchor,
        periods=int(of.billing != "calendar"),
        next_on=made.first.end,
        opened=start if of.billing == "calendar" else None,
        entries=(Entry(period=made.first, amount=amount, rate=tax.rate, category=tax.category),),
    )


def change(held: Held, to: Sheet, day: date, tax: Tax, policy: Policy, *, includes_tax: bool) -> ChangeQuote:
    return change_quotes.reckon(to, {}, held, policy, pricer(to, tax, includes_tax=includes_tax), day)


def after(held: Held, to: Sheet, made: ChangeQuote, tax: Tax) -> Held:
    """The service once what was quoted is charged and given back."""
    moved = [
        Entry(period=part.period, amount=part.moves, rate=tax.rate, category=tax.category)
        for part in made.parts
        if part.moves.gross > 0 or (part.moves.gross < 0 and made.rest != "none")
    ]
    return msgspec.structs.replace(held, full_units=to.units, entries=(*held.entries, *moved))


def test_half_a_month_of_something_dearer_costs_half_the_difference() -> None:
    held = ordered(sheet(1000), date(2026, 6, 1), TAX, includes_tax=False)
    found = change(held, sheet(3000, key=2), date(2026, 6, 16), TAX, CASH, includes_tax=False)
    (part,) = found.parts
    assert (found.direction, part.left.gross, part.cost.gross) == ("upgrade", 600, 1800)
    assert (part.moves, found.units, found.recurring.gross) == (Amount(1000, 200), 1200, 3600)
    back = change(held, sheet(500, key=3), date(2026, 6, 16), TAX, CASH, includes_tax=False)
    assert (back.direction, back.parts[0].moves, back.units) == ("downgrade", Amount(-250, -50), -300)
    nothing = change(held, sheet(500, key=3), date(2026, 6, 16), TAX, Policy(), includes_tax=False)
    assert (nothing.when, nothing.on_day, nothing.parts) == ("renewal", date(2026, 7, 1), ())
    lost = Policy(downgrade_when="now", downgrade_rest="none")
    assert change(held, sheet(500, key=3), date(2026, 6, 16), TAX, lost, includes_tax=False).units == 0


def test_another_length_begins_with_the_next_period() -> None:
    held = ordered(sheet(1000), date(2026, 6, 1), TAX, includes_tax=False)
    yearly = sheet(11_000, length=Length(1, "year"), key=2)
    found = change_quotes.reckon(
        yearly, {}, held, Policy(), pricer(yearly, TAX, includes_tax=False), date(2026, 6, 9), "now"
    )
    assert (found.when, found.direction, found.units) == ("renewal", "downgrade", 0)


def test_of_a_broken_month_and_the_next_one_the_same_days_are_compared() -> None:
    start = date(2026, 3, 22)
    held = ordered(msgspec.structs.replace(sheet(3100, "calendar"), next_from=20), start, TAX, includes_tax=False)
    assert held.next_on == Calendar(months=1, next_from=20).first(start).end == date(2026, 5, 1)
    found = change(held, sheet(6200, "calendar", key=2), start, TAX, CASH, includes_tax=False)
    assert found.parts[0].moves == Amount(4100, 820)


TAXES = st.builds(
    lambda rate: Tax(rate=rate, category="S" if rate else "O", reason="domestic", country="FR", included=rate),
    st.integers(0, 27_000),
)
PRICES = st.lists(st.integers(0, 10**7), min_size=1, max_size=6)
BILLINGS = st.sampled_from(["period", "calendar", "daily"])


@given(
    prices=PRICES,
    first=st.integers(0, 10**7),
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    days=st.integers(0, 60),
    billing=BILLINGS,
    tax=TAXES,
    later=TAXES,
    rest=st.sampled_from(["credit", "refund", "none"]),
    includes_tax=st.booleans(),
)
def test_changing_there_and_back_on_one_day_earns_nothing(
    prices: list[int], first: int, start: date, days: int, billing: str, tax: Tax, later: Tax, rest: str,
    includes_tax: bool,
) -> None:  # fmt: skip
    length = Length(1, "day") if billing == "daily" else MONTH
    home = sheet(first, billing, length)
    policy = msgspec.convert({"downgrade_when": "now", "downgrade_rest": rest}, Policy)
    began = ordered(home, start, tax, includes_tax=includes_tax)
    day = min(start + timedelta(days=days), began.next_on - timedelta(days=1))
    for now in (tax, later):
        held = began
        for is_again in (False, True):
            moved = 0
            for number, units in enumerate([*prices, first]):
                to = sheet(units, billing, length, key=number + 2)
                made = change(held, to, day, now, policy, includes_tax=includes_tax)
                held, moved = after(held, to, made, now), moved + made.units
                assert all(part.moves.net * part.moves.tax >= 0 for part in made.parts)
            if now == tax or is_again:
                assert moved >= 0
            if now == tax and rest != "none":
                assert moved == 0
        assert sum(entry.amount.tax for entry in held.entries) >= 0


@given(
    prices=PRICES,
    first=st.integers(0, 10**7),
    start=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    steps=st.lists(st.integers(0, 9), min_size=1, max_size=6),
)
def test_day_after_day_the_sum_is_what_each_days_plan_costs(
    prices: list[int], first: int, start: date, steps: list[int]
) -> None:
    """Each step is rounded once, so that the sum is off by one unit a step and amount at most."""
    held = ordered(sheet(first), start, TAX, includes_tax=False)
    period = Period(start, held.next_on)
    day, units, exact, taken = start, first, 0.0, 0
    for step, price in zip(steps, prices, strict=False):
        then = min(day + timedelta(days=step), period.end - timedelta(days=1))
        exact, day = exact + units * 1.2 * (then - day).days / period.days, then
        to = sheet(price, key=2)
        made = change(held, to, day, TAX, CASH, includes_tax=False)
        held, units, taken = after(held, to, made, TAX), price, taken + 1
    exact += units * 1.2 * (period.end - day).days / period.days
    total = sum(entry.amount.gross for entry in held.entries)
    assert abs(total - exact) <= 2 + 2 * taken * (taken + 1)
