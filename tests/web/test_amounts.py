"""Amounts as people of each language read them, with the digits that ISO 4217 gives the currency."""

import pytest

from core import i18n
from core.figures import amount

NARROW, NBSP = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("locale", "units", "currency", "written"),
    [
        ("en", 125050, "EUR", "€1,250.50"),
        ("fr", 125050, "EUR", f"1{NARROW}250,50{NBSP}€"),
        ("fr", 5000, "CHF", f"50,00{NBSP}CHF"),
        ("en", 5000, "CHF", f"CHF{NBSP}50.00"),
        ("en", 1250, "JPY", "¥1,250"),
        ("fr", 1250, "IQD", f"1,250{NBSP}IQD"),
        ("en", -1, "EUR", "-€0.01"),
        ("en", -100, "CHF", f"-CHF{NBSP}1.00"),
        ("fr", 0, "KWD", f"0,000{NBSP}KWD"),
        ("en", 999_999_999_999_999, "CLF", f"CLF{NBSP}99,999,999,999.9999"),
    ],
)
def test_an_amount_is_written_as_its_reader_does(locale: str, units: int, currency: str, written: str) -> None:
    with i18n.speaking(locale):
        assert amount(units, currency) == written
