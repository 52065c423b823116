"""What people enter of a discount, and what makes it right. `discounts` keeps it."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from core import db, places, policies
from core.accounts import access, clients, groups, rows
from core.actor import Actor
from core.catalog.discount_rules import MOST_PRIORITY, Area, Discount, Kind, Lasts, Recipient
from core.catalog.percents import WHOLE
from core.checks import Checks
from core.errors import Forbidden, NotFound
from core.i18n import _
from core.money import MOST
from core.periods import MOST_COUNT, Length
from core.permissions import Permission

FEATURE = "group_discounts"
"""Discounts for an account group."""
MOST_PERIODS, MOST_QUANTITY = 1000, 1_000_000
PeriodUnit = Literal["", "day", "month", "year"]


class NewDiscount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A discount to be made.

    `percent` is in thousandths, `units` in minor units of `currency`; `client` is a client's code, for the
    recipient client. `group_id`, `product_id` and `plan_id` are for the recipient and the area that need them.
    """

    name: str
    kind: Kind
    percent: int = 0
    units: int = 0
    currency: str = ""
    recipient: Recipient = "all"
    group_id: int | None = None
    client: int | None = None
    area: Area = "all"
    product_id: int | None = None
    plan_id: int | None = None
    period_count: int = 0
    period_unit: PeriodUnit = ""
    priority: int = 0
    from_day: date | None = None
    until_day: date | None = None
    lasts: Lasts = "days"
    periods: int = 0
    needs_code: bool = False
    is_first_order: bool = False
    least_quantity: int = 0
    least_units: int = 0
    with_set_up: bool = False


class DiscountChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    percent: int | UnsetType = UNSET
    units: int | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    recipient: Recipient | UnsetType = UNSET
    group_id: int | UnsetType | None = UNSET
    client: int | UnsetType | None = UNSET
    area: Area | UnsetType = UNSET
    product_id: int | UnsetType | None = UNSET
    plan_id: int | UnsetType | None = UNSET
    period_count: int | UnsetType = UNSET
    period_unit: PeriodUnit | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    from_day: date | UnsetType | None = UNSET
    until_day: date | UnsetType | None = UNSET
    lasts: Lasts | UnsetType = UNSET
    periods: int | UnsetType = UNSET
    needs_code: bool | UnsetType = UNSET
    is_first_order: bool | UnsetType = UNSET
    least_quantity: int | UnsetType = UNSET
    least_units: int | UnsetType = UNSET
    with_set_up: bool | UnsetType = UNSET


def of_row(row: Mapping[str, Any]) -> Discount:
    """A row of `discounts` as the rules see it."""
    length = Length(row["period_count"], row["period_unit"]) if row["period_count"] else None
    same = ("id", "name", "kind", "percent", "units", "currency", "recipient", "area", "priority", "from_day",
            "until_day", "lasts", "periods", "needs_code", "is_first_order", "least_quantity", "least_units",
            "with_set_up")  # fmt: skip
    return Discount(
        **{field: row[field] for field in same},
        recipient_id=row["group_id"] if row["recipient"] == "group" else row["client_id"],
        area_id=row["product_id"] if row["area"] == "product" else row["plan_id"],
        length=length,
    )


async def checked(values: Mapping[str, Any], *, but: int = 0, by: Actor) -> dict[str, Any]:
    """The values as they are kept; `Invalid` with all that is wrong with them.

    What another kind, recipient, area or length needs is emptied.
    """
    checks = Checks()
    kept = dict(values) | {"name": checks.text("name", values["name"], longest=100)}
    await rows.check_name_is_free(checks, "discounts", kept["name"], but=but)
    _check_worth(checks, kept)
    _check_times(checks, kept)
    kept |= await _recipient(checks, kept, by=by)
    kept |= await _area(checks, kept)
    del kept["client"]
    checks.done()
    return kept


async def require_reach(discount: Mapping[str, Any], *, by: Actor) -> None:
    """Nothing when all that a discount reaches is for `by` to change, and the edition has it.

    Whoever is limited to projects or groups may change what is for a client that he sees, or for one of his
    groups.
    """
    if discount["recipient"] == "group":
        policies.require_feature(by, FEATURE)
    if discount["recipient"] == "client":
        await access.client(discount["client_id"], by=by)
    elif by.projects is not None or by.groups is not None:
        if by.projects is None and by.groups is not None and discount["group_id"] in by.groups:
            return
        raise Forbidden(_("You are limited to certain clients, and this discount is for others too."))


def _check_worth(checks: Checks, kept: dict[str, Any]) -> None:
    is_percent = kept["kind"] == "percent"
    kept |= {"units": 0} if is_percent else {"percent": 0}
    if is_percent and not 0 < kept["percent"] <= WHOLE:
        checks.error("percent", _("More than 0 and up to 100 percent, please."))
    if not 0 <= kept["units"] < MOST or (kept["kind"] == "amount" and not kept["units"]):
        checks.error("units", _("This is not an amount that can be kept."))
    if not 0 <= kept["least_units"] < MOST:
        checks.error("least_units", _("This is not an amount that can be kept."))
    if is_percent and not kept["least_units"]:
        kept["currency"] = ""
    else:
        kept["currency"] = checks.choice("currency", kept["currency"].strip().upper(), places.CURRENCIES)
    if kept["kind"] == "special":
        kept["with_set_up"] = False
    for field, most in (("least_quantity", MOST_QUANTITY), ("periods", MOST_PERIODS)):
        if not 0 <= kept[field] <= most:
            checks.error(field, _("From 0 to %(most)s, please.") % {"most": most})
    if not -MOST_PRIORITY <= kept["priority"] <= MOST_PRIORITY:
        checks.error("priority", _("From -1000 to 1000, please."))


def _check_times(checks: Checks, kept: dict[str, Any]) -> None:
    for field in ("from_day", "until_day"):
        if kept[field] is not None and not date(2000, 1, 1) <= kept[field] <= date(2199, 12, 31):
            checks.error(field, _("This is not a date."))
    if kept["from_day"] and kept["until_day"] and kept["until_day"] < kept["from_day"]:
        checks.error("until_day", _("The last day cannot be before the first."))
    if kept["lasts"] != "periods":
        kept["periods"] = 0
    elif not kept["periods"]:
        checks.error("periods", _("Please fill this in."))
    if bool(kept["period_count"]) != bool(kept["period_unit"]) or not 0 <= kept["period_count"] <= MOST_COUNT:
        checks.error("period_count", _("This is not a period."))


async def _recipient(checks: Checks, kept: dict[str, Any], *, by: Actor) -> dict[str, Any]:
    """Whom it is for, by ids."""
    found: dict[str, Any] = {"group_id": None, "client_id": None}
    if kept["recipient"] == "client":
        try:
            client = await access.client_by_code(kept["client"] or 0, by=by)
        except NotFound:
            checks.error("client", _("There is no client with this code."))
            return found
        clients.require_open(client, ["discounts"])
        return found | {"client_id": client["id"]}
    if kept["recipient"] == "group":
        policies.require_feature(by, FEATURE)
        known = await groups.names(by=by) if policies.allows(by, Permission.GROUP_READ) else {}
        if kept["group_id"] not in known:
            checks.error("group_id", _("This is not one of the choices."))
        return found | {"group_id": kept["group_id"]}
    return found


async def _area(checks: Checks, kept: dict[str, Any]) -> dict[str, Any]:
    """What it is for, by ids."""
    found: dict[str, Any] = {"product_id": None, "plan_id": None}
    if kept["area"] == "all":
        return found
    field = f"{kept['area']}_id"
    number = kept[field] or 0
    table = {"product": "products", "plan": "plans"}[kept["area"]]
    if not rows.is_id(number) or not await db.value(f"SELECT EXISTS (SELECT FROM {table} WHERE id = $1)", number):
        checks.error(field, _("This is not one of the choices."))
    return found | {field: number}
