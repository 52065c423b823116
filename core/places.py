"""Countries, languages and currencies: their codes, and their names in the reader's language (CLDR, by Babel)."""

from functools import cache

import pycountry
from babel import Locale

COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries)
"""ISO 3166-1 alpha-2."""

_CODES = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr"),
    *("he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl"),
    *("pt", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "ur", "vi", "wo", "zh"),
)
LANGUAGES = frozenset(_CODES)
"""ISO 639-1: the languages a client may be written to in."""

CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies) - {"XTS", "XXX"}
"""ISO 4217, without its codes for tests and for no currency."""


@cache
def countries(locale: str) -> dict[str, str]:
    """Code to name, in alphabetical order of the names in `locale`."""
    names = Locale(locale).territories
    return _sorted({code: names.get(code, code) for code in COUNTRIES})


@cache
def languages(locale: str) -> dict[str, str]:
    """Code to name, in alphabetical order of the names in `locale`."""
    names = Locale(locale).languages
    return _sorted({code: names.get(code, code).capitalize() for code in LANGUAGES})


@cache
def currencies(locale: str) -> dict[str, str]:
    """Code to name, in alphabetical order of the codes; only those in CLDR."""
    names = Locale(locale).currencies
    return {code: names[code] for code in sorted(CURRENCIES) if code in names}


def _sorted(names: dict[str, str]) -> dict[str, str]:
    return dict(sorted(names.items(), key=lambda item: _fold(item[1])))


def _fold(name: str) -> str:
    return name.casefold().translate(str.maketrans("éèêîïôåçÉÎÅÔ", "eeeiioaceiao"))
