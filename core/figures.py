"""Amounts, days and percents as people of the current language write them, on pages and in documents."""

from copy import copy
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, dates, numbers

from core import i18n, money


def amount(units: int, currency: str) -> str:
    """Minor units as the reader writes an amount: `€1,250.50`, `1 250,50 €`, `CHF 10.00`."""
    digits = money.digits(currency)
    pattern = _currency_pattern(i18n.current(), digits)
    exact = Decimal(units).scaleb(-digits)
    written: str = pattern.apply(exact, i18n.current(), currency=currency, currency_digits=False)
    has_code = written.lstrip("-").startswith(currency)
    return written.replace(currency, f"{currency}\N{NO-BREAK SPACE}") if has_code else written


def percent(thousandths: int) -> str:
    """Thousandths of a percent: `20%`, `5,5 %`."""
    exact = Decimal(thousandths).scaleb(-5)
    return numbers.format_percent(exact, locale=i18n.current(), decimal_quantization=False)


@lru_cache(maxsize=4096)
def written_day(value: date, locale: str) -> str:
    """A day as people of this language write it: `Feb 3, 2026`, `3 févr. 2026`."""
    return dates.format_date(value, "medium", locale=locale)


def day(value: date) -> str:
    """A day as the reader writes it."""
    return written_day(value, i18n.current())


@lru_cache(maxsize=64)
def _currency_pattern(locale: str, digits: int) -> numbers.NumberPattern:
    """How amounts are written, with the digits of ISO 4217 (CLDR has other ones for some currencies)."""
    pattern: numbers.NumberPattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
