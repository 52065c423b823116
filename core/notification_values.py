"""What a notification says that reads differently in each language: days, amounts and moments. Pure.

Whoever notifies does not know in which language the text will be: he hands over `day(...)`, `money(...)` or
`moment(...)`, which are kept as JSON, and `said` makes words of them when the text is written.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers

from core import money as amounts

Value = dict[str, Any]


def day(on: date) -> Value:
    """A day, written out in the language of the text."""
    return {"_day": on.isoformat()}


def money(units: int, currency: str) -> Value:
    """An amount of minor units."""
    return {"_units": units, "_currency": currency}


def moment(at: datetime, timezone: str) -> Value:
    """A moment, shown with day and time in a zone."""
    return {"_moment": at.isoformat(), "_zone": timezone}


def said(value: Any, *, locale: str) -> Any:
    """The same data with words in place of days, amounts and moments, as they are written in this language; in
    English where nobody knows how."""
    return _said(value, _known(locale))


def _said(value: Any, locale: str) -> Any:
    if isinstance(value, Mapping):
        return _worded(value, locale) or {key: _said(one, locale) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_said(one, locale) for one in value]
    return value


def _known(locale: str) -> str:
    try:
        return str(Locale.parse(locale))
    except (UnknownLocaleError, ValueError):
        return "en"


def _worded(value: Mapping[str, Any], locale: str) -> str:
    """What one of the values above is called, "" for anything else."""
    if "_day" in value:
        return str(dates.format_date(date.fromisoformat(value["_day"]), "long", locale=locale))
    if "_units" in value:
        exact = Decimal(value["_units"]).scaleb(-amounts.digits(value["_currency"]))
        return str(numbers.format_currency(exact, value["_currency"], locale=locale))
    if "_moment" in value:
        at, zone = datetime.fromisoformat(value["_moment"]), ZoneInfo(value["_zone"])
        return str(dates.format_datetime(at, "long", tzinfo=zone, locale=locale))
    return ""
