"""What is entered in fields is read as it was meant, or refused in words; and read back as it was written."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import i18n
from core.accounts import client_fields, field_values
from core.accounts.client_fields import Field
from core.i18n import speaking


def a_field(kind: str, **more: object) -> Field:
    facts = {"id": 1, "key": "x", "label": "X", "help": "", "is_required": False, "is_shown": False} | more
    return Field(kind=kind, **facts)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.decimals(min_value=-(10**17), max_value=10**17, places=6, allow_nan=False, allow_infinity=False))
def test_numbers_are_read_back_as_they_were_written(number: Decimal) -> None:
    field = a_field("number")
    for locale in i18n.LOCALES:
        with speaking(locale):
            assert field_values.parsed(field, field_values.plain(number)) == number
            if locale == "fr":
                assert field_values.parsed(field, field_values.shown(field, number)) == number


@settings(deadline=None)
@given(st.dates(min_value=date(1000, 1, 1), max_value=date(8999, 12, 31)))
def test_days_are_read_back_as_they_were_written(day: date) -> None:
    assert field_values.parsed(a_field("date"), field_values.plain(day)) == day


@settings(deadline=None)
@given(st.text(max_size=600), st.sampled_from(client_fields.KINDS))
def test_no_text_breaks_the_reading(text: str, kind: str) -> None:
    field = a_field(kind, options={"gold": "Gold"})
    with suppress(ValueError):
        value = field_values.parsed(field, text)
        assert value is None or field_values.parsed(field, field_values.plain(value)) == value


@pytest.mark.parametrize(
    "text", ["1,5,0", "1e400", "NaN", "Infinity", "0x10", "1_000", "٣", "1.0000001", "1" * 19]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        field_values.parsed(a_field("number"), text)
