"""Renewing a service early: its next period is charged now, at the price that the billing run would charge.

The expense has the key that the run would give it, so that a period is charged once, whoever comes first.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, policies
from core.accounts import clients
from core.actor import Actor
from core.billing import accounts, client_taxes, expenses, phone_orders, service_dues, service_states, services
from core.billing.expenses import Charge, Tax
from core.catalog import price_words, pricing, tax_rules
from core.errors import Conflict
from core.i18n import _
from core.money import rounded
from core.periods import Length, Period, nth
from core.permissions import Permission

MOST_YEARS = 5
"""So far ahead a service can be paid for."""


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """The next period of a service and what it costs, in minor units of `currency`; `discount` is without tax."""

    period: Period
    currency: str
    discount: int
    net: int
    tax: tax_rules.Tax
    tax_units: int

    @property
    def gross(self) -> int:
        """With tax."""
        return self.net + self.tax_units


def reckon(service: Mapping[str, Any], tax: tax_rules.Tax, *, includes_tax: bool) -> Renewal:
    """What the next period costs: the service's price, less its discount as long as that lasts. Pure."""
    length = Length(service["period_count"], service["period_unit"])
    period = nth(service["anchor"], length, service["periods"])
    has_discount = (service["discount_periods"] is None or service["periods"] < service["discount_periods"]) and (
        service["discount_until"] is None or period.start <= service["discount_until"]
    )
    full, lowered = service["full_units"], service["discount_units"] if has_discount else 0
    net, tax_units = pricing.taxed(full - lowered, tax, includes_tax=includes_tax)
    listed, _more = pricing.taxed(full, tax, includes_tax=includes_tax)
    return Renewal(
        period=period,
        currency=service["currency"],
        discount=rounded(listed) - rounded(net),
        net=rounded(net),
        tax=tax,
        tax_units=tax_units,
    )


def why_not(service: Mapping[str, Any], today: date) -> str:
    """Why a service cannot be renewed early now, "" when it can."""
    if service["suspended_for"] == "abuse":
        return _("It is suspended for abuse.")
    if service["state"] not in ("active", "suspended") or service["next_on"] is None:
        return _("It has no next period.")
    if service["ends_on"] is not None:
        return _("This service is cancelled. Take that back first.")
    if service["change_on"] is not None:
        return _("A change is planned already. Take that back first.")
    if service["next_on"] > today.replace(year=today.year + MOST_YEARS, day=1):
        return _("It is paid for %(count)s years ahead.") % {"count": MOST_YEARS}
    return ""


async def quote(service_id: int, *, by: Actor) -> Renewal:
    """What renewing costs now; `Conflict` when it cannot be renewed."""
    policies.require(by, Permission.SERVICE_UPDATE)
    service = await services.get(service_id, by=by)
    return await quoted(await accounts.get(service["account_id"], by=by), service, by=by)


async def renew(
    service_id: int, expected_units: int | None = None, expected_start: date | None = None, *, by: Actor
) -> Record:
    """Charge the next period now, and move on to the one after it; returns the service.

    `expected_start` is the first day of the period that is meant, so that the same sent twice charges one.
    `Conflict` when it cannot be renewed, when it costs something else than expected, with tax, or when the account
    may not owe that much. `PhoneNeeded` as with any order.
    """
    account, service = await service_states.locked(service_id, ("active", "suspended"), by=by)
    await phone_orders.require(account, [service["product_id"]], by=by)
    clients.require_open(account, ["service"])
    await make(account, service, expected_units, expected_start, by=by)
    return await services.get(service_id, by=by)


async def make(
    account: Record, service: Record, expected_units: int | None, expected_start: date | None, *, by: Actor
) -> None:
    """The same of a service that the caller has locked with its account. Asks for no right."""
    found = await quoted(account, service, by=by)
    if expected_start not in (None, found.period.start):
        raise Conflict(_("That period was charged meanwhile. Here is the next one."))
    if expected_units not in (None, found.gross):
        raise Conflict(_("The price has changed meanwhile. Here is the new one."))
    accounts.require_within(account, found.gross)
    await expenses.charge(account, _charge(service, found, clock.today(by.tenant.timezone)), by=by)
    values = {"periods": service["periods"] + 1, "next_on": found.period.end, "parked": ""}
    await service_dues.save(service, values)
    await services.tell("service:renewed", service, new={"until_day": found.period.last_day.isoformat()}, by=by)


async def quoted(account: Mapping[str, Any], service: Mapping[str, Any], *, by: Actor) -> Renewal:
    """What renewing a service in its account costs now, for who has asked whether it may be seen."""
    today = clock.today(by.tenant.timezone)
    if stays := why_not(service, today):
        raise Conflict(stays)
    tax, includes_tax = await client_taxes.of(
        account, today, payer_id=service["payer_id"], plan_id=service["plan_id"]
    )
    return reckon(service, tax, includes_tax=includes_tax)


def _charge(service: Mapping[str, Any], quoted: Renewal, today: date) -> Charge:
    tax = quoted.tax
    return Charge(
        key=f"service-{service['id']}-{quoted.period.start}",
        kind="service",
        text=services.title(service)[: expenses.LONGEST_TEXT],
        day=today,
        net_units=quoted.net,
        discount_units=quoted.discount,
        tax=Tax(rate=tax.rate, category=tax.category, reason=price_words.kept_reason(tax)),
        tax_units=quoted.tax_units,
        period_start=quoted.period.start,
        period_end=quoted.period.end,
        payer_id=service["payer_id"],
        service_id=service["id"],
    )
