"""When an account runs out: the first day on which what its services cost does not fit any more.

What comes is counted from anchors and lengths, as the billing run counts it, so a day years ahead costs no more
than tomorrow: the sum by a day is known at once, and the day is found by halving. Nothing is paid meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Literal

import msgspec
from asyncpg import Record
from babel import dates

from core import clock, db, i18n
from core.accounts import project_companies
from core.actor import Actor
from core.billing import renewals
from core.catalog import taxes
from core.catalog.percents import WHOLE
from core.catalog.tax_rules import Tax, inside
from core.i18n import _, ngettext
from core.money import rounded
from core.periods import Length, number_of

HORIZON = 1826
"""So many days are looked ahead: five years."""
MOST_SERVICES = 2_000
"""So many services of the accounts of one question are counted."""
COLUMNS = """s.id, s.anchor, s.period_count, s.period_unit, d.periods, s.full_units, s.discount_units,
    s.discount_periods, s.discount_until, s.ends_on"""

CHOSEN = """SELECT s.id, d.next_on FROM services s JOIN service_dues d ON d.id = s.id
             WHERE s.state = 'active' AND d.next_on IS NOT NULL AND s.account_id = ANY($1::bigint[])
             ORDER BY s.id OFFSET 0"""


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """What a service costs each period, tax included: `low` in the first `low_until` periods, then `full`.

    Periods are counted from `anchor`; `billed` of them are charged, and there are `last` in all, None for no end.
    """

    anchor: date
    length: Length
    billed: int
    full: int
    low: int = 0
    low_until: int = 0
    last: int | None = None

    def by(self, day: date) -> int:
        """What is charged for the periods that are not billed yet and have begun by the day."""
        begun = number_of(self.anchor, self.length, day) + 1
        end = max(self.billed, begun if self.last is None else min(begun, self.last))
        lowered = max(0, min(end, self.low_until) - self.billed)
        return lowered * self.low + (end - self.billed - lowered) * self.full


def first_day(room: int, coming: Sequence[Coming], today: date, *, horizon: int = HORIZON) -> date | None:
    """The first day on which more than `room` is charged in all; None when that is beyond the horizon. Pure."""
    if _by(coming, today + timedelta(days=horizon)) <= room:
        return None
    fits, fails = -1, horizon
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if _by(coming, today + timedelta(days=middle)) > room:
            fails = middle
        else:
            fits = middle
    return today + timedelta(days=fails)


async def of(found: Sequence[Mapping[str, Any]], *, by: Actor) -> dict[int, date]:
    """The day on which each of these accounts runs out, where one does. They are as `accounts.get` gives them.

    Needs no permission. Post-paid accounts never run out.
    """
    prepaid = {row["id"]: row for row in found if not row["is_postpaid"] and row["status"] == "active"}
    if not prepaid:
        return {}
    today = clock.today(by.tenant.timezone)
    services = await _services(list(prepaid), today)
    days = {
        key: first_day(row["balance"] + row["credit_limit"], services[key], today)
        for key, row in prepaid.items()
        if key in services
    }
    return {key: day for key, day in days.items() if day is not None}


def words(day: date | None, today: date) -> str:
    """When it runs out, for people; "" when that is years away, or never."""
    if day is None:
        return ""
    count = (day - today).days
    text = ngettext("In one day, on %(day)s", "In %(count)s days, on %(day)s", count) if count else _("Today")
    return text % {"count": count, "day": dates.format_date(day, "medium", locale=i18n.current())}


def _by(coming: Iterable[Coming], day: date) -> int:
    return sum(one.by(day) for one in coming)


async def _services(account_ids: Sequence[int], today: date) -> dict[int, list[Coming]]:
    """What the active services of these accounts will cost, by account."""
    found = await db.fetch(f"{renewals.DUE.format(chosen=CHOSEN)} LIMIT {MOST_SERVICES}", list(account_ids))
    ids = [row["id"] for row in found]
    sql = f"SELECT {COLUMNS} FROM services s JOIN service_dues d ON d.id = s.id WHERE s.id = ANY($1::bigint[])"
    rows = await db.fetch(sql, ids)
    terms = {row["id"]: row for row in rows}
    book = await taxes.book(today, found)
    sellers = await project_companies.sellers()
    kept: dict[int, list[Coming]] = {}
    for row in found:
        tax = book.tax(row, sellers[row["project_id"]], plan_id=row["plan_id"])
        made = _coming(terms[row["id"]], tax, includes_tax=book.decided.includes_tax)
        kept.setdefault(row["account_id"], []).append(made)
    return kept


def _coming(service: Record, tax: Tax, *, includes_tax: bool) -> Coming:
    unit: Literal["day", "month", "year"] = service["period_unit"]
    length, anchor = Length(service["period_count"], unit), service["anchor"]
    full, low = service["full_units"], service["full_units"] - service["discount_units"]
    low_until = _low_until(service, length)
    last = None
    if service["ends_on"] is not None:
        last = number_of(anchor, length, service["ends_on"] - timedelta(days=1)) + 1
    return Coming(
        anchor=anchor,
        length=length,
        billed=service["periods"],
        full=_gross(full, tax, includes_tax=includes_tax),
        low=_gross(low, tax, includes_tax=includes_tax),
        low_until=low_until,
        last=last,
    )


def _low_until(service: Record, length: Length) -> int:
    """How many of its first periods the discount is for."""
    if not service["discount_units"]:
        return 0
    bounds = [HORIZON * 10]
    if service["discount_periods"] is not None:
        bounds.append(service["discount_periods"])
    if service["discount_until"] is not None:
        bounds.append(number_of(service["anchor"], length, service["discount_until"]) + 1)
    return max(0, min(bounds))


def _gross(units: int, tax: Tax, *, includes_tax: bool) -> int:
    """What a period costs with its tax, as the billing run reckons it."""
    if not includes_tax:
        return units + rounded(Fraction(units * tax.rate, WHOLE))
    if tax.rate:
        return units
    return rounded(Fraction(units * WHOLE, WHOLE + inside(tax)))
