"""Services in forms: the fields of their addons and how many of each are asked for, a change, a renewal."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core.billing.service_changes import NewChange
from core.catalog import list_price
from core.catalog.list_price import Sheet
from core.errors import Invalid
from core.i18n import _
from web.kit.forms import Form


def usual(sheet: Sheet, held: Mapping[str, int] | None = None) -> dict[str, Any]:
    """What the fields of addons say at first: what a service has, else as many as is usual."""
    has = held or {}
    return {list_price.field(addon.id): str(has.get(str(addon.id), addon.usual)) for addon in sheet.addons}


def addons(form: Form) -> dict[str, int]:
    """So many of each addon, by its id as a text; the fields are `addon_<id>`. `Invalid` for what is no number."""
    prefix, errors, chosen = list_price.field(0).removesuffix("0"), {}, {}
    for name in form.values:
        text = form.get(name).strip()
        if not name.startswith(prefix) or not text:
            continue
        if (wanted := number(text)) is None:
            errors[name] = _("Please enter a whole number.")
        else:
            chosen[name.removeprefix(prefix)] = wanted
    if errors:
        raise Invalid(errors)
    return chosen


def change(form: Form, *, with_expected: bool = False) -> NewChange:
    """The change of a service that a form asks for; `with_expected`: at the price that was shown."""
    given: dict[str, Any] = {"price_id": number(form.get("price_id")) or 0}
    if form.get("when") not in ("", "now", "renewal"):
        raise Invalid({"when": _("This is not one of the choices.")})
    given["when"] = form.get("when") or None
    if with_expected:
        seen = form.get("expected_units")
        units = number(seen.removeprefix("-"))
        if units is None:
            raise Invalid({"": _("Please look at the price first.")})
        given["expected_units"] = -units if seen.startswith("-") else units
    return NewChange(addons=addons(form), **given)


def renewal(form: Form) -> tuple[int, date | None]:
    """What a renewal was shown to cost, and the first day of its period; what is no amount or day fits none."""
    units = number(form.get("expected_units"))
    try:
        start = date.fromisoformat(form.get("start")) if form.get("start") else None
    except ValueError:
        start = date.min
    return -1 if units is None else units, start


def number(text: str) -> int | None:
    """The whole number that somebody wrote, None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
