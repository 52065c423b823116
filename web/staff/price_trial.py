"""Trying a price: a form in the address, so that a link shows the same, and the trace below it in words."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get

from core import money
from core.actor import Actor
from core.catalog import price_trials, price_words, terms
from core.catalog.price_trials import Trial
from core.catalog.pricing import Price
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By
from web.staff import discount_forms

HERE = "/staff/price-trial"


class TrialForm(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried, as it is written."""

    amount: str
    currency: str
    quantity: str = "1"
    setup: str = ""
    client: int | None = None
    product_id: int | None = None
    plan_id: int | None = None
    period: str = ""
    day: date | None = None
    code: str = ""
    is_first_order: bool = False


@get("/price-trial", **requires(Permission.DISCOUNT_READ))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """The form, and below it the price when there is an amount in the address."""
    given = forms.query(request)
    form, found, status = Form({"currency": "EUR", "quantity": "1", "period": "1-month"} | given), None, 200
    if "amount" in given:
        try:
            found = await price_trials.attempt(_read(form), by=by)
        except Invalid as refusal:
            form, status = _refused(form, refusal), 422
    return page(
        request,
        "staff/discounts/trial.html",
        status=status,
        form=form,
        price=found,
        told=_told(found) if found else None,
        choices=await _choices(form, by=by),
    )


async def _choices(form: Form, *, by: Actor) -> dict[str, Any]:
    return await discount_forms.choices(by=by, period=form.get("period"))


def _read(form: Form) -> Trial:
    """What the form says, amounts in minor units."""
    sent = form.into(TrialForm)
    errors: dict[str, str] = {}
    amounts: dict[str, Any] = {}
    currency = sent.currency.strip().upper()
    for field, name, text in (("units", "amount", sent.amount), ("setup_units", "setup", sent.setup)):
        try:
            amounts[field] = money.parse(text, currency)
        except money.BadAmount as error:
            errors[name] = str(error)
    count, _dash, unit = sent.period.partition("-")
    if count and not (count.isascii() and count.isdecimal() and len(count) < 4 and unit in terms.UNITS):
        errors["period"] = _("This is not one of the choices.")
    if errors:
        raise Invalid(errors)
    same = ("quantity", "client", "product_id", "plan_id", "day", "code", "is_first_order")
    period: dict[str, Any] = {"period_count": int(count), "period_unit": unit} if count else {}
    given = amounts | period | {field: getattr(sent, field) for field in same}
    return Trial(currency=currency, **given)


def _refused(form: Form, refusal: Invalid) -> Form:
    names = {"units": "amount", "setup_units": "setup", "period_count": "period"}
    return form.refused(Invalid({names.get(field, field): text for field, text in refusal.errors.items()}))


def _told(price: Price) -> dict[str, Any]:
    """The trace in words."""
    return {
        "considered": [(one, price_words.considered(one)) for one in price.considered],
        "reason": price_words.reason(price.tax),
        "evidence": price_words.evidence(price.tax),
        "kept": price_words.kept_reason(price.tax),
        "roundings": price_words.roundings(price),
    }


ROUTES = [show]
