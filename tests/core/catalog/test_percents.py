"""Percents: what people write is read to the thousandth, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import percents
from core.catalog.percents import BadPercent


@pytest.mark.parametrize(("text", "part"), [("20", 20_000), ("5,5", 5_500), (" 0.001 % ", 1), ("100", 100_000)])
def test_a_percentage_is_read_as_people_write_it(text: str, part: int) -> None:
    assert percents.parse(text) == part


@pytest.mark.parametrize("text", ["150", "100.001", "-1", "", "NaN", "1e2", "٣", "5.5555", "%", "1,000.5"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(BadPercent):
        percents.parse(text)


@given(st.integers(0, percents.WHOLE))
def test_what_is_written_reads_back(part: int) -> None:
    assert percents.parse(percents.written(part)) == part
