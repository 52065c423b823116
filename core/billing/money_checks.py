"""What every amount and day that is written down about money must be."""

from datetime import date, timedelta

from core.checks import Checks
from core.i18n import _
from core.money import MOST

FIRST_DAY = date(2000, 1, 1)
"""The books begin here."""


def units(checks: Checks, units: int) -> int:
    """An amount above 0; notes an error under "units" for another."""
    if units <= 0:
        checks.error("units", _("Please give an amount above 0."))
    elif units >= MOST:
        checks.error("units", _("This is more than can be kept."))
    return units


def day(checks: Checks, day: date | None, today: date) -> date:
    """A day that has come, today without one; notes an error under "day" for another."""
    if day is not None and not FIRST_DAY <= day <= today:
        checks.error("day", _("Please give a day that has come."))
    return day or today


def period_end(checks: Checks, first: date | None, last: date | None, today: date) -> date | None:
    """The first day after a period, None without one; notes errors under "period_start" and "period_last"."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        checks.error("period_start" if first is None else "period_last", _("Please give both days, or none."))
        return None
    if not FIRST_DAY <= first <= last <= today.replace(year=today.year + 11, day=1):
        checks.error("period_last", _("The last day is not before the first."))
        return None
    return last + timedelta(days=1)
