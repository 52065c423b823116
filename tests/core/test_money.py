"""Amounts: what people write, the one rule of rounding, and parts that make the whole again."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core import db, money
from core.money import Money
from tests import cast

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])
UNITS = st.integers(-(10**12), 10**12)
AMOUNTS = st.builds(Money, UNITS, st.just("EUR"))
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=50).filter(any)


@given(st.integers(0, money.MOST - 1), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_what_was_written_is_read_back(units, currency):
    assert money.parse(money.written(units, currency), currency) == units
    assert money.parse(money.written(units, currency).replace(".", ","), currency) == units


@given(st.text(max_size=30), st.sampled_from(["EUR", "JPY"]))
def test_any_text_is_an_amount_or_refused(text, currency):
    try:
        assert 0 <= money.parse(text, currency) < money.MOST
    except money.BadAmount as error:
        assume(str(error))


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [("", "EUR", 0), ("1 250,50", "EUR", 125050), ("12.3", "EUR", 1230), ("12.300", "EUR", 1230), ("7", "JPY", 7)],
)
def test_amounts_as_people_write_them(text, currency, units):
    assert money.parse(text, currency) == units


@pytest.mark.parametrize(
    ("text", "currency"),
    [("-1", "EUR"), ("1.005", "EUR"), ("1.5", "JPY"), ("9" * 16, "EUR"), ("٣", "EUR"), ("1e3", "EUR")],
)
def test_what_is_no_amount_is_refused(text, currency):
    with pytest.raises(money.BadAmount):
        money.parse(text, currency)


@given(UNITS, CURRENCIES)
def test_less_than_nothing_is_written_with_its_sign(units, currency):
    text = money.written(units, currency)
    assert text.startswith("-") == (units < 0)
    assert Decimal(text) * 10 ** money.digits(currency) == units


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_amounts_are_added_in_any_order_and_taken_away_again(one, two, three):
    assert one + two + three == three + (two + one)
    assert one + two - two == one
    assert Money(0, "EUR") - one == -one
    assert (one < two) == (one.units < two.units)
    assert bool(one) == (one != Money(0, "EUR"))


@pytest.mark.parametrize("act", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b])
def test_two_currencies_are_never_put_together(act):
    with pytest.raises(money.OtherCurrency):
        act(Money(1, "EUR"), Money(1, "USD"))
    assert Money(1, "EUR") != Money(1, "USD")


@pytest.mark.parametrize("units", [money.MOST, -money.MOST, 10**30])
def test_an_amount_has_bounds(units):
    with pytest.raises(money.OutOfBounds):
        Money(units, "EUR")


@given(st.fractions(-(10**9), 10**9))
def test_a_half_goes_away_from_zero_and_nothing_moves_by_more(exact):
    whole = money.rounded(exact)
    assert abs(whole - exact) <= Fraction(1, 2)
    if abs(whole - exact) == Fraction(1, 2):
        assert abs(whole) > abs(exact)
    assert money.rounded(-exact) == -whole


@given(st.decimals(-(10**9), 10**9, places=6))
def test_it_is_the_rule_that_accountants_call_half_up(exact):
    assert money.rounded(exact) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.anyio
async def test_postgresql_rounds_by_the_same_rule(database):
    exact = [Decimal(text) for text in ("0.5", "1.5", "2.5", "-0.5", "-1.5", "0.4999999", "12.345", "-2.51")]
    async with db.as_tenant((await cast.tenant("nova")).id):
        for value in exact:
            assert money.rounded(value) == await db.value("SELECT round($1::numeric)::bigint", value)


@given(UNITS, WEIGHTS)
def test_parts_make_the_whole_and_none_is_a_unit_off(units, weights):
    parts = money.split(units, weights)
    assert sum(parts) == units
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(units * weight, sum(weights))) < 1
        assert part * units >= 0, "no part goes the other way"
    assert money.split(-units, weights) == [-part for part in parts]


@given(UNITS, st.integers(1, 60))
def test_equal_parts_differ_by_one_unit_and_the_earlier_are_the_larger(units, count):
    sizes = [abs(part) for part in money.split(units, [1] * count)]
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [3, -1]])
def test_without_a_weight_there_is_nothing_to_split_by(weights):
    with pytest.raises(ValueError, match="weights"):
        money.split(100, weights)


def test_a_tenth_of_a_cent_is_not_lost_three_times():
    assert [part.units for part in Money(1000, "EUR").split([1, 1, 1])] == [334, 333, 333]
    assert Money(1000, "EUR").part(10, 31) == Money(323, "EUR")
    assert Money(1999, "EUR").times(Decimal("0.2")) == Money(400, "EUR")
