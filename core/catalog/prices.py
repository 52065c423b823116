"""The prices of a price list: one for each way to pay, by billing, length of the period and currency."""

from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Integer, Text

from core import db, places
from core.accounts import rows
from core.actor import Actor
from core.catalog import price_lists, terms
from core.catalog.list_price import Billing
from core.checks import Checks
from core.errors import NotFound
from core.i18n import _
from core.money import MOST
from core.periods import MOST_COUNT

MOST_PRICES = 100
"""So many a list has at most."""


class Price(db.Owned, tablename="prices"):
    """A price for a period, and what is paid once at the beginning, in minor units of the currency."""

    price_list_id = BigInt()
    billing = Text()
    period_count = Integer()
    period_unit = Text()
    currency = Text()
    units = BigInt()
    setup_units = BigInt()


class NewPrice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price to be added to a draft.

    `period` takes days, months or years from the day of the order, `calendar` whole months from the 1st; what is
    paid once or by the day needs no length.
    """

    billing: Billing
    currency: str
    units: int
    setup_units: int = 0
    period_count: int = 0
    period_unit: str = ""


class PriceChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. Another way to pay is another price."""

    units: int | UnsetType = UNSET
    setup_units: int | UnsetType = UNSET


async def get(list_id: int, price_id: int, *, by: Actor) -> Record:
    """One price of a list that `by` may see."""
    await price_lists.get(list_id, by=by)
    return await _find(list_id, price_id)


async def usual_currency(list_id: int) -> str:
    """The currency of a list's other prices, else that of the default project. Needs no permission."""
    own = "SELECT currency FROM prices WHERE price_list_id = $1 ORDER BY id LIMIT 1"
    found = await db.value(own, list_id)
    return str(found or await db.value("SELECT currency FROM projects WHERE is_default") or "EUR")


async def create(list_id: int, new: NewPrice, *, version: int, by: Actor) -> Record:
    """Add a price to a draft; `EditConflict` when the list is not of this version any more."""
    row = await price_lists.locked(list_id, version=version, by=by)
    values = await _checked(row, new)
    places_ = ", ".join(f"${number}" for number in range(2, len(values) + 2))
    sql = f"INSERT INTO prices (price_list_id, {', '.join(values)}) VALUES ($1, {places_}) RETURNING id"
    price_id = await db.value(sql, list_id, *values.values())
    price = await _find(list_id, price_id)
    await price_lists.touch(row, old={}, new=_told(price), by=by)
    return price


async def update(list_id: int, price_id: int, changes: PriceChanges, *, version: int, by: Actor) -> Record:
    """Change the amounts of a price of a draft; `EditConflict` when the list is not of this version any more."""
    row = await price_lists.locked(list_id, version=version, by=by)
    before = await _find(list_id, price_id)
    values, checks = rows.given(changes), Checks()
    for name, units in values.items():
        check_units(checks, name, units)
    checks.done()
    if all(before[name] == units for name, units in values.items()):
        return before
    assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, start=2))
    await db.execute(f"UPDATE prices SET {assignments} WHERE id = $1", price_id, *values.values())
    after = await _find(list_id, price_id)
    await price_lists.touch(row, old=_told(before), new=_told(after), by=by)
    return after


async def delete(list_id: int, price_id: int, *, version: int, by: Actor) -> None:
    """Take a price out of a draft, with what addons cost with it."""
    row = await price_lists.locked(list_id, version=version, by=by)
    before = await _find(list_id, price_id)
    await db.execute("DELETE FROM prices WHERE id = $1", price_id)
    await price_lists.touch(row, old=_told(before), new={}, by=by)


def check_units(checks: Checks, field: str, units: int) -> None:
    """Note an error for an amount that cannot be kept; a price is never below zero."""
    if not 0 <= units < MOST:
        checks.error(field, _("This is not an amount that can be kept."))


async def _find(list_id: int, price_id: int) -> Record:
    found = None
    if rows.is_id(price_id):
        found = await db.row("SELECT * FROM prices WHERE id = $1 AND price_list_id = $2", price_id, list_id)
    if found is None:
        raise NotFound()
    return found


async def _checked(row: Record, new: NewPrice) -> dict[str, Any]:
    checks = Checks()
    count, unit = _length(checks, new)
    values: dict[str, Any] = {
        "billing": new.billing,
        "period_count": count,
        "period_unit": unit,
        "currency": checks.choice("currency", new.currency.strip().upper(), places.CURRENCIES),
        "units": new.units,
        "setup_units": new.setup_units,
    }
    check_units(checks, "units", new.units)
    check_units(checks, "setup_units", new.setup_units)
    there = await db.fetch("SELECT * FROM prices WHERE price_list_id = $1", row["id"])
    term = ("billing", "period_count", "period_unit", "currency")
    if any(all(one[name] == values[name] for name in term) for one in there):
        checks.error("billing", _("The list has a price for this already."))
    elif len(there) >= MOST_PRICES:
        checks.error("billing", _("A price list has at most %(count)s prices.") % {"count": MOST_PRICES})
    checks.done()
    return values


def _length(checks: Checks, new: NewPrice) -> tuple[int, str]:
    if new.billing == "once":
        return 0, ""
    if new.billing == "daily":
        return 1, "day"
    unit = "month" if new.billing == "calendar" else checks.choice("period_unit", new.period_unit, terms.UNITS)
    if not 1 <= new.period_count <= MOST_COUNT:
        message = _("From %(fewest)s to %(most)s, please.") % {"fewest": 1, "most": MOST_COUNT}
        checks.error("period_count", message)
    return new.period_count, unit


def _told(price: Record) -> dict[str, Any]:
    """A price as the audit has it."""
    return {
        "billing": terms.label(price["billing"], price["period_count"], price["period_unit"]),
        "price": terms.amount(price["units"], price["currency"]),
        "setup": terms.amount(price["setup_units"], price["currency"]),
    }
