"""How one pays for a plan, in words: once, every month, every 3 months from the 1st. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core import money
from core.catalog.list_price import Sheet
from core.i18n import N_, _, ngettext

UNITS = ("day", "month", "year")
BILLINGS = MappingProxyType(
    {
        "once": N_("Once"),
        "period": N_("From the day of the order"),
        "calendar": N_("By the calendar, from the 1st"),
        "daily": N_("By the day"),
    }
)


def label(billing: str, count: int, unit: str) -> str:
    """One way to pay: `every 3 months`."""
    if billing == "once":
        return _("once")
    if billing == "daily":
        return _("every day")
    if billing == "calendar":
        text = ngettext("every calendar month", "every %(count)s calendar months", count)
    elif unit == "day":
        text = ngettext("every day from the order on", "every %(count)s days", count)
    elif unit == "month":
        text = ngettext("every month", "every %(count)s months", count)
    else:
        text = ngettext("every year", "every %(count)s years", count)
    return text % {"count": count}


def of_sheet(sheet: Sheet) -> str:
    """The same of a sheet."""
    if sheet.length is None:
        return label(sheet.billing, 0, "")
    return label(sheet.billing, sheet.length.count, sheet.length.unit)


def of_row(row: Mapping[str, Any]) -> str:
    """The same of a row with `billing`, `period_count` and `period_unit`."""
    return label(row["billing"], row["period_count"], row["period_unit"])


def amount(units: int, currency: str) -> str:
    """An amount as the audit has it: `12.50 EUR`."""
    return f"{money.written(units, currency)} {currency}"
