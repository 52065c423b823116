"""The arithmetic of colours and amounts, over everything that can be written."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core import colors, money

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(COLORS)
def test_every_accent_is_readable_in_the_dark_too(color):
    dark = colors.in_the_dark(color)
    assert colors.HEX.fullmatch(dark)
    assert colors.least_contrast(dark, colors.DARK_SURFACES) >= colors.LEAST_CONTRAST


@given(COLORS, COLORS)
def test_contrast_goes_from_one_to_twenty_one_whichever_comes_first(one, other):
    assert 1 <= colors.contrast(one, other) <= 21
    assert colors.contrast(one, other) == colors.contrast(other, one)


def test_contrast_is_what_wcag_says():
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    ("text", "color"),
    [("#FFF", "#ffffff"), ("1164c8", "#1164c8"), (" #ABCDEF ", "#abcdef"), ("red", "")],
)
def test_colours_are_kept_in_one_way(text, color):
    assert colors.normal(text) == color


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
