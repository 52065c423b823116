"""The arithmetic of colours, over everything that can be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import colors

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
