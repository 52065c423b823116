"""The form of a discount: what a browser sends, read into what the verbs take, and the choices that it offers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from core import i18n, money, places, policies
from core.accounts import groups
from core.actor import Actor
from core.catalog import discount_fields, discount_words, percents, plans, products, terms
from core.catalog.discount_rules import Area, Kind, Lasts, Recipient
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit.forms import Form
from web.staff import edits

PERIODS = ((1, "month"), (3, "month"), (6, "month"), (1, "year"), (2, "year"), (3, "year"))
"""The lengths that the form offers, besides the one that is kept."""


class DiscountForm(msgspec.Struct, frozen=True, kw_only=True):
    """A discount as it is written: percents and amounts as text, the period as `3-month`."""

    name: str
    kind: Kind
    percent: str = ""
    amount: str = ""
    currency: str = ""
    recipient: Recipient = "all"
    group_id: int | None = None
    client: int | None = None
    area: Area = "all"
    product_id: int | None = None
    plan_id: int | None = None
    period: str = ""
    priority: int | None = None
    from_day: date | None = None
    until_day: date | None = None
    lasts: Lasts = "days"
    periods: int | None = None
    needs_code: bool = False
    is_first_order: bool = False
    least_quantity: int | None = None
    least_amount: str = ""
    with_set_up: bool = False


def read(form: Form) -> dict[str, Any]:
    """What the form says, as the fields of `NewDiscount`; `Invalid` beside what cannot be read."""
    sent = msgspec.structs.asdict(form.into(DiscountForm, ignore=edits.VERSION))
    errors: dict[str, str] = {}
    sent["currency"] = sent["currency"].strip().upper()
    amounts = {"units": sent.pop("amount"), "least_units": sent.pop("least_amount")}
    if sent["kind"] == "percent":
        amounts["units"] = ""
    for field, text in amounts.items():
        try:
            sent[field] = money.parse(text, sent["currency"])
        except money.BadAmount as error:
            errors[_FIELDS[field]] = str(error)
    try:
        sent["percent"] = percents.parse(sent["percent"]) if sent["kind"] == "percent" else 0
    except percents.BadPercent as error:
        errors["percent"] = str(error)
    count, _dash, unit = sent.pop("period").partition("-")
    if count and not (count.isascii() and count.isdecimal() and len(count) < 4 and unit in terms.UNITS):
        errors["period"] = _("This is not one of the choices.")
    if errors:
        raise Invalid(errors)
    numbers = {field: sent[field] or 0 for field in ("priority", "periods", "least_quantity")}
    return sent | numbers | {"period_count": int(count or 0), "period_unit": unit if count else ""}


def refused(form: Form, refusal: Invalid) -> Form:
    """The form with the errors of the verb beside its own fields."""
    errors = {_FIELDS.get(field, field): message for field, message in refusal.errors.items()}
    return form.refused(Invalid(errors))


def written(discount: Mapping[str, Any]) -> dict[str, Any]:
    """A kept discount as the values of the form; what was left empty stays so."""
    currency, count = discount["currency"], discount["period_count"]
    least = money.written(discount["least_units"], currency) if discount["least_units"] else ""
    return dict(discount) | {
        "percent": percents.written(discount["percent"]) if discount["kind"] == "percent" else "",
        "amount": "" if discount["kind"] == "percent" else money.written(discount["units"], currency),
        "least_amount": least,
        "period": f"{count}-{discount['period_unit']}" if count else "",
        "periods": discount["periods"] or "",
        "least_quantity": discount["least_quantity"] or "",
    }


async def choices(*, by: Actor, period: str = "", group_id: Any = None) -> dict[str, list[tuple[Any, str]]]:
    """What the form offers, by field. A group only where the edition has discounts for groups."""
    has_groups = policies.has_feature(by.tenant, discount_fields.FEATURE)
    recipients = {
        key: _(label) for key, label in discount_words.RECIPIENTS.items() if key != "group" or has_groups
    }
    lengths = list(PERIODS)
    count, _dash, unit = period.partition("-")
    if count.isdecimal() and unit in terms.UNITS and (int(count), unit) not in lengths:
        lengths.append((int(count), unit))
    return {
        "recipient": list(recipients.items()),
        "area": [(key, _(label)) for key, label in discount_words.AREAS.items()],
        "group": list((await groups.names(by=by)).items())
        if has_groups and policies.allows(by, Permission.GROUP_READ)
        else [],
        "period": [(f"{count}-{unit}", terms.label("period", count, unit)) for count, unit in lengths],
        "currency": [(code, f"{code} – {name}") for code, name in places.currencies(i18n.current()).items()],
        **await things(by=by),
    }


async def things(*, by: Actor) -> dict[str, list[tuple[Any, str]]]:
    """The products and the plans to choose from; none for those who may not see products."""
    if not policies.allows(by, Permission.PRODUCT_READ):
        return {"product": [], "plan": []}
    found = await products.every(by=by)
    listed = []
    for product in found:
        for plan in await plans.of_product(product["id"], by=by):
            listed.append((plan["id"], f"{product['name']} · {plan['name']}"))
    return {"product": [(row["id"], row["name"]) for row in found], "plan": listed}


def labels() -> dict[str, str]:
    """The fields by name, for the choice after somebody else saved meanwhile."""
    return {
        "name": _("Name"),
        "kind": _("Kind"),
        "percent": _("Percent"),
        "amount": _("Amount"),
        "currency": _("Currency"),
        "period": _("Period"),
        "priority": _("Priority"),
        "from_day": _("First day"),
        "until_day": _("Last day"),
        "periods": _("Number of periods"),
        "least_quantity": _("Minimum quantity"),
        "least_amount": _("Minimum amount"),
    }


_FIELDS = {"units": "amount", "least_units": "least_amount", "period_count": "period"}
"""What the form calls the fields of a discount that it writes in other words."""
