"""Trying a price: what somebody would pay for something on a day, with its trace. Nothing is written."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, places, policies
from core.accounts import access, companies, payer_keeping, project_companies
from core.actor import Actor
from core.catalog import asked as asking
from core.catalog import discount_book, pricing, promo_codes, taxes
from core.catalog.asked import Asked, Line
from core.catalog.discount_rules import Discount
from core.catalog.pricing import Price
from core.checks import Checks
from core.errors import Invalid, NotFound
from core.i18n import _
from core.money import MOST, OutOfBounds
from core.periods import MOST_COUNT, Length, Unit
from core.permissions import Permission


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is tried: a list price in minor units, for a client by its code or for nobody, on a day or today.

    `quantity` is a number as text, with six digits after the point at most. Without a period it is paid once.
    """

    units: int
    currency: str
    quantity: str = "1"
    setup_units: int = 0
    client: int | None = None
    product_id: int | None = None
    plan_id: int | None = None
    period_count: int = 0
    period_unit: Unit | None = None
    day: date | None = None
    code: str = ""
    is_first_order: bool = False


async def attempt(trial: Trial, *, by: Actor) -> Price:
    """The price with its trace; all that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.DISCOUNT_READ)
    day = trial.day or clock.today(by.tenant.timezone)
    lines, length, client = await _checked(trial, by=by)
    client_id = client["id"] if client else None
    codes = set()
    if trial.code.strip():
        codes.add((await promo_codes.find(trial.code, client_id=client_id, day=day))["discount_id"])
    book = await discount_book.of([client_id] if client_id else [], day=day, tenant=by.tenant)
    reach = book.reach(client_id, codes=codes)
    asked = Asked(
        currency=trial.currency.strip().upper(),
        lines=lines,
        day=day,
        length=length,
        client_id=client_id,
        group_ids=reach.group_ids,
        product_id=trial.product_id,
        plan_id=trial.plan_id,
        is_first_order=trial.is_first_order,
        codes=reach.codes,
    )
    return await _priced(asked, reach.discounts, client)


async def _priced(asked: Asked, discounts: Sequence[Discount], client: Record | None) -> Price:
    """With the tax of the client's default payer, or of somebody at home."""
    company = await companies.default()
    payer: Record | dict[str, Any] = {
        "client_id": 0,
        "country": company["country"],
        "kind": "individual",
        "vat_number": "",
    }
    if client is not None:
        payer = await payer_keeping.default(client["id"])
        company = next(iter(await project_companies.selling(client["project_id"])), company)
    tax_book = await taxes.book(asked.day, [payer])
    try:
        return pricing.price(
            asked,
            discounts,
            tax_book.tax(payer, company, plan_id=asked.plan_id or asked.product_id),
            includes_tax=tax_book.decided.includes_tax,
        )
    except OutOfBounds as error:
        raise Invalid({"units": _("This is more than can be kept.")}) from error


async def _checked(trial: Trial, *, by: Actor) -> tuple[tuple[Line, ...], Length | None, Record | None]:
    checks = Checks()
    for field in ("units", "setup_units"):
        if not 0 <= getattr(trial, field) < MOST:
            checks.error(field, _("This is not an amount that can be kept."))
    checks.choice("currency", trial.currency.strip().upper(), places.CURRENCIES)
    quantity = Decimal(1)
    try:
        quantity = asking.quantity(trial.quantity)
    except asking.BadQuantity as error:
        checks.error("quantity", str(error))
    if bool(trial.period_count) != bool(trial.period_unit) or not 0 <= trial.period_count <= MOST_COUNT:
        checks.error("period_count", _("This is not a period."))
    if trial.day is not None and not date(2000, 1, 1) <= trial.day <= date(2199, 12, 31):
        checks.error("day", _("This is not a date."))
    client = await _client(checks, trial.client, by=by)
    checks.done()
    length = Length(trial.period_count, trial.period_unit) if trial.period_unit else None
    lines = [Line(text=_("List price"), unit=trial.units, quantity=quantity)]
    if trial.setup_units:
        lines.append(Line(text=_("Set-up fee"), unit=trial.setup_units, is_set_up=True))
    return tuple(lines), length, client


async def _client(checks: Checks, code: int | None, *, by: Actor) -> Record | None:
    if code is None:
        return None
    try:
        return await access.client_by_code(code, by=by)
    except NotFound:
        checks.error("client", _("There is no client with this code."))
        return None
