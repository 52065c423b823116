"""The sums of a document are sums of what stands on it."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from core import money
from core.billing import totals
from core.billing.totals import Line

RATES = {"S": (2100, 5500, 10000, 20000, 27000), "Z": (0,), "E": (0,), "AE": (0,), "K": (0,), "G": (0,), "O": (0,)}


@st.composite
def lines(draw: st.DrawFn) -> Line:
    category = draw(st.sampled_from(totals.CATEGORIES))
    rate = draw(st.sampled_from(RATES[category]))
    net = draw(st.integers(0, 10**9))
    return Line(
        text="x",
        net_units=net,
        discount_units=draw(st.integers(0, 10**6)),
        tax_category=category,
        tax_rate=rate,
        tax_reason=draw(st.sampled_from(["", "VATEX-EU-AE", "because"])),
        tax_units=money.rounded(Fraction(net * rate, 100_000)),
    )


MANY = st.lists(lines(), min_size=1, max_size=50)


@given(MANY)
def test_totals_are_the_sums_of_the_lines_and_of_the_parts(found):
    sums = totals.of(found)
    assert sums.net_units == sum(line.net_units for line in found) == sum(part.net_units for part in sums.parts)
    assert sums.tax_units == sum(line.tax_units for line in found) == sum(part.tax_units for part in sums.parts)
    assert sums.gross_units == sums.net_units + sums.tax_units == sum(line.gross_units for line in found)
    assert sums.discount_units == sum(line.full_units - line.net_units for line in found)


@given(MANY)
def test_there_is_one_part_for_each_category_and_rate_whatever_the_order(found):
    parts = totals.of(found).parts
    keys = [(part.category, part.rate) for part in parts]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {(line.tax_category, line.tax_rate) for line in found}
    again = totals.of(reversed(found)).parts
    assert [(part.category, part.rate, part.net_units, part.tax_units) for part in again] == [
        (part.category, part.rate, part.net_units, part.tax_units) for part in parts
    ]


@given(MANY)
def test_a_tax_differs_from_its_rate_by_half_a_unit_a_line_at_most(found):
    for part in totals.of(found).parts:
        count = sum((line.tax_category, line.tax_rate) == (part.category, part.rate) for line in found)
        assert abs(part.tax_units - Fraction(part.net_units * part.rate, 100_000)) <= Fraction(count, 2)


def test_reasons_are_told_once_and_in_their_order():
    found = [Line(text="x", net_units=1, tax_category="E", tax_reason=reason) for reason in ("b", "a", "b", "")]
    assert totals.of(found).parts[0].reasons == ("b", "a")
