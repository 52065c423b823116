"""Prices: whatever is sold to whomever, the sums are right and the winner is the one that the rules name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import discount_rules, pricing
from core.catalog.asked import Asked, BadQuantity, Line, quantity
from core.catalog.discount_rules import Discount
from core.catalog.pricing import Price
from core.catalog.tax_rules import Tax
from core.money import OutOfBounds
from core.periods import Length

DAY = date(2026, 11, 28)
MONTH, YEAR = Length(1, "month"), Length(1, "year")
CURRENCIES = ("JPY", "EUR", "KWD", "CLF")


def tax(rate: int = 20_000, category: Any = "S", **more: Any) -> Tax:
    return Tax(rate=rate, category=category, reason="domestic", country="FR", **more)


def ask(*units: int, **more: Any) -> Asked:
    lines = tuple(Line(text=f"line {at}", unit=one) for at, one in enumerate(units))
    return Asked(**({"currency": "EUR", "lines": lines, "day": DAY} | more))


def percent(number: int, part: int = 10_000, **more: Any) -> Discount:
    return Discount(id=number, name=f"discount {number}", kind="percent", percent=part, **more)


def of(asked: Asked, *discounts: Discount, taxed: Tax | None = None, includes_tax: bool = False) -> Price:
    return pricing.price(asked, discounts, taxed or tax(), includes_tax=includes_tax)


quantities = st.decimals(Decimal("0.000001"), Decimal(1000), places=6, allow_nan=False, allow_infinity=False)
shares = st.integers(1, 31).flatmap(lambda days: st.tuples(st.integers(0, days), st.just(days)))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    is_set_up = draw(st.booleans())
    return Line(
        text=draw(st.text(max_size=5)),
        unit=draw(st.integers(0, 10**8)),
        quantity=draw(quantities),
        share=(1, 1) if is_set_up else draw(shares),
        is_set_up=is_set_up,
    )


@st.composite
def discounts(draw: st.DrawFn, number: int, currency: str) -> Discount:
    kind = draw(st.sampled_from(("percent", "amount", "special")))
    recipient = draw(st.sampled_from(("all", "group", "client")))
    area = draw(st.sampled_from(("all", "product", "plan")))
    return Discount(
        id=number,
        name=f"discount {number}",
        kind=kind,
        percent=draw(st.integers(1, 100_000)) if kind == "percent" else 0,
        units=draw(st.integers(0, 10**7)) if kind != "percent" else 0,
        currency=currency if kind != "percent" else "",
        recipient=recipient,
        recipient_id=draw(st.sampled_from((1, 1, 1, 2))) if recipient != "all" else None,
        area=area,
        area_id=draw(st.sampled_from((1, 1, 1, 2))) if area != "all" else None,
        length=draw(st.sampled_from((None, None, MONTH, YEAR))),
        priority=draw(st.sampled_from((0, 0, 0, 5, -5))),
        with_set_up=draw(st.booleans()),
        needs_code=draw(st.booleans()) and draw(st.booleans()),
    )


@dataclass
class Case:
    """A price and what it was asked with."""

    asked: Asked
    discounts: list[Discount]
    tax: Tax
    includes_tax: bool

    @property
    def price(self) -> Price:
        return pricing.price(self.asked, self.discounts, self.tax, includes_tax=self.includes_tax)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    currency = draw(st.sampled_from(CURRENCIES))
    asked = Asked(
        currency=currency,
        lines=tuple(draw(st.lists(lines(), min_size=1, max_size=50))),
        day=DAY,
        length=MONTH,
        client_id=1,
        group_ids=frozenset({1}),
        product_id=1,
        plan_id=1,
    )
    known = [draw(discounts(number, currency)) for number in range(draw(st.integers(0, 6)))]
    category = draw(st.sampled_from(("S", "S", "S", "AE", "O", "E", "Z")))
    rate = draw(st.integers(0, 27_000)) if category == "S" else 0
    taxed = tax(rate, category, included=draw(st.sampled_from((0, 20_000, 25_500))))
    return Case(asked, known, taxed, draw(st.booleans()))


@given(cases())
def test_the_parts_of_a_price_add_up_to_the_unit(case: Case) -> None:
    found = case.price
    assert found.net + found.tax_units == found.gross
    assert found.net_listed - found.discount == found.net
    assert sum(line.listed for line in found.lines) == found.listed
    assert sum(line.lowered for line in found.lines) == found.lowered
    assert sum(line.net for line in found.lines) == found.net
    left = found.listed - found.lowered
    if not case.includes_tax:
        assert (found.net, found.discount) == (left, found.lowered)
    elif found.tax.rate:
        assert found.gross == left
    elif found.tax.category in ("E", "Z"):
        assert (found.gross, found.tax_units) == (left, 0)
    else:
        assert (found.gross, found.tax_units) == (found.net, 0)


@given(cases())
def test_nothing_of_a_price_is_below_zero(case: Case) -> None:
    found = case.price
    for part in (found.listed, found.lowered, found.net_listed, found.discount, found.net, found.tax_units):
        assert part >= 0
    for line in found.lines:
        assert 0 <= line.lowered <= line.listed
        assert line.net >= 0


@given(cases())
def test_the_tax_is_the_exact_one_to_half_a_unit(case: Case) -> None:
    found = case.price
    exact = Fraction(found.net * case.tax.rate, 100_000)
    if not case.includes_tax:
        assert abs(found.tax_units - exact) <= Fraction(1, 2)
    elif case.tax.rate:
        exact = Fraction(found.gross * case.tax.rate, 100_000 + case.tax.rate)
        assert abs(found.tax_units - exact) <= Fraction(1, 2)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_discounts_come_does_not_matter(case: Case, chance: Any) -> None:
    shuffled = list(case.discounts)
    chance.shuffle(shuffled)
    assert Case(case.asked, shuffled, case.tax, case.includes_tax).price == case.price


@given(cases())
def test_the_winner_is_the_first_in_the_written_order_of_those_that_apply(case: Case) -> None:
    """Said a second time, in other words: take the best of each step and go on with those."""
    left = [
        one
        for one in case.discounts
        if discount_rules.why_not(case.asked, one) is None and sum(discount_rules.lowered(case.asked, one))
    ]
    narrow = ("client", "group", "all")
    wide = [("plan", True), ("plan", False), ("product", True), ("product", False), ("all", True), ("all", False)]
    steps: tuple[Callable[[Discount], int], ...] = (
        lambda one: -one.priority,
        lambda one: narrow.index(one.recipient),
        lambda one: wide.index((one.area, one.length is not None)),
        lambda one: -sum(discount_rules.lowered(case.asked, one)),
        lambda one: one.id,
    )
    for step in steps:
        best = min((step(one) for one in left), default=0)
        left = [one for one in left if step(one) == best]
    assert case.price.won == (left[0].id if left else None)


@given(cases())
def test_every_discount_is_told_once_and_the_trace_reads_back_from_json(case: Case) -> None:
    found = case.price
    assert sorted(one.id for one in found.considered) == [one.id for one in case.discounts]
    assert [one.outcome for one in found.considered].count("won") <= 1
    assert msgspec.json.decode(msgspec.json.encode(found), type=Price) == found


@given(cases())
def test_a_line_and_each_rounding_differ_from_the_exact_one_by_half_a_unit_at_most(case: Case) -> None:
    found = case.price
    for line, asked in zip(found.lines, case.asked.lines, strict=True):
        assert abs(line.listed - asked.exact) <= Fraction(1, 2)
    for rounding in found.roundings:
        assert abs(Fraction(rounding.exact) - rounding.units) <= Fraction(1, 2)
        assert Fraction(rounding.exact).denominator > 1


@pytest.mark.parametrize(
    ("taxed", "net", "tax_units", "gross"),
    [
        (tax(20_000), 1000, 200, 1200),
        (tax(25_500, included=20_000), 956, 244, 1200),
        (tax(0, "AE", included=20_000), 1000, 0, 1000),
        (tax(0, "O", included=20_000), 1000, 0, 1000),
        (tax(0, "E", included=20_000), 1200, 0, 1200),
    ],
)
def test_with_tax_included_a_consumer_pays_what_the_list_says_and_who_owes_none_pays_it_without(
    taxed: Tax, net: int, tax_units: int, gross: int
) -> None:
    found = of(ask(1200), taxed=taxed, includes_tax=True)
    assert (found.net, found.tax_units, found.gross) == (net, tax_units, gross)


def test_a_discount_of_ten_percent_on_three_lines_is_shared_out_and_not_lost() -> None:
    found = of(ask(333, 333, 334), percent(1))
    assert (found.listed, found.lowered, found.net, found.tax_units, found.gross) == (1000, 100, 900, 180, 1080)
    assert [line.lowered for line in found.lines] == [33, 33, 34]


def test_a_set_up_fee_is_lowered_only_by_a_discount_that_says_so() -> None:
    lines = (Line(text="plan", unit=1000), Line(text="set-up", unit=500, is_set_up=True))
    asked = Asked(currency="EUR", lines=lines, day=DAY)
    assert of(asked, percent(1, 50_000)).lowered == 500
    assert of(asked, percent(1, 50_000, with_set_up=True)).lowered == 750


def test_a_special_price_stands_for_the_first_line_for_each_and_for_the_part_of_the_period() -> None:
    lines = (
        Line(text="plan", unit=3100, quantity=Decimal(2), share=(10, 31)),
        Line(text="disk", unit=310, share=(10, 31)),
    )
    special = Discount(id=1, name="special", kind="special", units=1550, currency="EUR")
    found = of(Asked(currency="EUR", lines=lines, day=DAY), special)
    assert [line.listed - line.lowered for line in found.lines] == [1000, 100]


def test_a_special_price_above_the_list_does_not_raise_it_and_lets_another_discount_win() -> None:
    special = Discount(id=1, name="dear", kind="special", units=5000, currency="EUR", recipient="client",
                       recipient_id=7)  # fmt: skip
    found = of(ask(1000, client_id=7), special, percent(2))
    assert found.won == 2
    assert found.considered[1].why == "lowers_nothing"


def test_an_amount_above_the_price_makes_it_zero_and_no_less() -> None:
    amount = Discount(id=1, name="voucher", kind="amount", units=5000, currency="EUR")
    found = of(ask(1000), amount)
    assert (found.net, found.gross, found.lowered) == (0, 0, 1000)


def test_an_amount_is_for_a_whole_period_and_less_for_a_part_of_it() -> None:
    asked = Asked(currency="EUR", lines=(Line(text="plan", unit=3000, share=(10, 30)),), day=DAY)
    assert of(asked, Discount(id=1, name="off", kind="amount", units=300, currency="EUR")).lowered == 100


def test_an_amount_is_taken_off_with_the_price_of_the_period_and_not_again_with_the_set_up_alone() -> None:
    amount = Discount(id=1, name="off", kind="amount", units=300, currency="EUR", with_set_up=True)
    fee = Line(text="set-up", unit=500, is_set_up=True)
    both = Asked(currency="EUR", lines=(Line(text="plan", unit=200), fee), day=DAY)
    assert of(both, amount).lowered == 300
    assert of(Asked(currency="EUR", lines=(fee,), day=DAY), amount).lowered == 0


@pytest.mark.parametrize("part", [0, -1, 100_001, 150_000])
def test_no_discount_is_of_more_than_all_or_of_nothing(part: int) -> None:
    with pytest.raises(ValueError, match="thousandths"):
        percent(1, part)


@pytest.mark.parametrize(
    ("asked", "discount", "why"),
    [
        ({"client_id": 1}, {"recipient": "client", "recipient_id": 2}, "other_client"),
        ({"client_id": None}, {"recipient": "client", "recipient_id": 2}, "other_client"),
        ({"group_ids": frozenset({1})}, {"recipient": "group", "recipient_id": 2}, "other_group"),
        ({"product_id": 1}, {"area": "product", "area_id": 2}, "other_product"),
        ({"plan_id": None}, {"area": "plan", "area_id": 2}, "other_plan"),
        ({"length": MONTH}, {"length": YEAR}, "other_period"),
        ({}, {"currency": "USD"}, "other_currency"),
        ({"codes": frozenset({2})}, {"needs_code": True}, "needs_code"),
        ({}, {"from_day": date(2026, 11, 29)}, "not_yet"),
        ({}, {"until_day": date(2026, 11, 27)}, "over"),
        ({"begun": {1: 0}, "number": 3}, {"lasts": "periods", "periods": 3}, "periods_over"),
        ({"is_first_order": False}, {"is_first_order": True}, "not_first_order"),
        ({}, {"least_quantity": 2}, "too_few"),
        ({}, {"least_units": 1001}, "too_little"),
    ],
)
def test_a_discount_that_does_not_apply_says_why(asked: Any, discount: Any, why: str) -> None:
    found = of(ask(1000, **asked), percent(1, **discount))
    assert found.won is None
    assert [(one.outcome, one.why) for one in found.considered] == [("out", why)]


@pytest.mark.parametrize(
    ("asked", "discount"),
    [
        ({}, {"from_day": DAY, "until_day": DAY}),
        ({"begun": {1: 0}, "number": 2}, {"lasts": "periods", "periods": 3, "until_day": date(2026, 1, 1)}),
        ({"begun": {1: 5}, "number": 99}, {"lasts": "forever", "until_day": date(2026, 1, 1)}),
        ({"begun": {1: 0}, "number": 1}, {"is_first_order": True, "needs_code": True}),
        ({"codes": frozenset({1})}, {"needs_code": True}),
        ({"is_first_order": True}, {"is_first_order": True, "least_quantity": 1, "least_units": 1000}),
    ],
)
def test_a_discount_applies_on_its_days_and_goes_on_as_it_lasts(asked: Any, discount: Any) -> None:
    assert of(ask(1000, **asked), percent(1, **discount)).won == 1


def test_one_that_lasts_as_long_as_its_days_ends_with_them_whoever_had_it() -> None:
    asked = ask(1000, begun={1: 0}, number=1)
    assert of(asked, percent(1, lasts="days", until_day=date(2026, 11, 27))).considered[0].why == "over"


def test_the_winner_and_the_losers_say_by_which_step() -> None:
    asked = ask(1000, client_id=1, plan_id=1)
    told = of(
        asked,
        percent(1, 90_000),
        percent(2, 5_000, recipient="client", recipient_id=1),
        percent(3, 1_000, area="plan", area_id=1),
    ).considered
    assert [(one.id, one.outcome, one.why) for one in told] == [
        (2, "won", "recipient"),
        (3, "lost", "recipient"),
        (1, "lost", "recipient"),
    ]
    assert of(asked, percent(1), percent(2)).considered[0].why == "older"
    assert of(asked, percent(1)).considered[0].why == "only"
    assert of(asked, percent(1), percent(2, 11_000)).considered[0].why == "larger"
    assert of(asked, percent(1, 90_000), percent(2, 1_000, priority=1)).considered[0].why == "priority"


@pytest.mark.parametrize(
    "text", ["-1", "0", "1e18", "NaN", "Infinity", "1e3", "٣", "1" * 40, "1.1234567", "", "1,"]
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(BadQuantity):
        quantity(text)


@pytest.mark.parametrize(
    ("text", "number"), [("2", "2"), (" 0,5 ", "0.5"), ("100", "100"), ("0.000001", "0.000001")]
)
def test_a_quantity_is_read_as_people_write_it(text: str, number: str) -> None:
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize(
    "more",
    [{"unit": -1}, {"quantity": Decimal("NaN")}, {"quantity": Decimal(-1)}, {"share": (2, 1)}, {"share": (0, 0)}],
)
def test_a_line_that_cannot_be_is_refused(more: Any) -> None:
    with pytest.raises((ValueError, OutOfBounds)):
        Line(**({"text": "x", "unit": 1} | more))


def test_an_amount_that_cannot_be_kept_is_refused() -> None:
    line = Line(text="x", unit=10**14, quantity=Decimal(100))
    with pytest.raises(OutOfBounds):
        of(Asked(currency="EUR", lines=(line,), day=DAY))
