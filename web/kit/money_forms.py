"""Amounts, percents and the like in forms: what people write, as the verbs take it."""

import re
from typing import Any, TypeVar
from uuid import uuid4

import msgspec

from core import money
from core.catalog import percents
from core.errors import Invalid
from core.i18n import _
from web.kit.forms import Form, fill

S = TypeVar("S", bound=msgspec.Struct)
ONCE = "once"
"""The field that makes a form that is sent twice one."""


def begun(values: dict[str, Any]) -> Form:
    """A form with these values that can be sent once."""
    return Form(values | {ONCE: uuid4().hex})


def key_of(form: Form) -> str:
    """What makes this form one; "" when it carries nothing that can."""
    once = form.get(ONCE)
    return f"form-{once}" if re.fullmatch(r"[0-9a-f]{32}", once) else ""


def filled(form: Form, struct: type[S], currency: str, *, rates: tuple[str, ...] = ()) -> S:
    """The struct of a form whose field `units` holds an amount of the currency, and those of `rates` a percentage.

    Raises `Invalid` with an error for every field that does not fit.
    """
    values: dict[str, Any] = {name: value for name, value in form.values.items() if name != ONCE}
    errors: dict[str, str] = {}
    for name in ("units", *rates):
        text = form.get(name)
        try:
            values[name] = str(_units(text, currency)) if name == "units" else _percent(text)
        except ValueError as error:
            errors[name], values[name] = str(error), "0"
    try:
        made = fill(struct, values)
    except Invalid as refusal:
        raise Invalid(errors | refusal.errors) from refusal
    if errors:
        raise Invalid(errors)
    return made


def _percent(text: str) -> str:
    return str(percents.parse(text)) if text.strip() else ""


def _units(text: str, currency: str) -> int:
    if not text.strip():
        raise ValueError(_("Please fill this in."))
    return money.parse(text, currency)
