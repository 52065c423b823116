"""Amounts, percents and the like in forms: what people write, as the verbs take it."""

import re
from typing import Any, TypeVar
from uuid import uuid4

import msgspec

from core import money
from core.errors import Invalid
from core.i18n import _
from web.kit.forms import Form, fill

S = TypeVar("S", bound=msgspec.Struct)
ONCE = "once"
"""The field that makes a form that is sent twice one."""
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,3}))?\s*%?", re.ASCII)


def begun(values: dict[str, Any]) -> Form:
    """A form with these values that can be sent once."""
    return Form(values | {ONCE: uuid4().hex})


def key_of(form: Form) -> str:
    """What makes this form one; "" when it carries nothing that can."""
    once = form.get(ONCE)
    return f"form-{once}" if re.fullmatch(r"[0-9a-f]{32}", once) else ""


def filled(form: Form, struct: type[S], currency: str, *, percents: tuple[str, ...] = ()) -> S:
    """The struct of a form whose field `units` holds an amount of the currency, and those of `percents` a rate.

    Raises `Invalid` with an error for every field that does not fit.
    """
    values: dict[str, Any] = {name: value for name, value in form.values.items() if name != ONCE}
    errors: dict[str, str] = {}
    for name in ("units", *percents):
        try:
            values[name] = str(_units(form.get(name), currency) if name == "units" else percent(form.get(name)))
        except ValueError as error:
            errors[name], values[name] = str(error), "0"
    try:
        made = fill(struct, values)
    except Invalid as refusal:
        raise Invalid(errors | refusal.errors) from refusal
    if errors:
        raise Invalid(errors)
    return made


def percent(text: str) -> int:
    """Thousandths of a percent from what people write, such as `5,5 %`; "" is 0. `ValueError` says why not."""
    if not text.strip():
        return 0
    found = _PERCENT.fullmatch(text.strip())
    if not found:
        raise ValueError(_("This is not a percentage, such as 20 or 5.5."))
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))


def written_percent(rate: int) -> str:
    """Thousandths of a percent as a form's field has them: `5.5`. `percent` reads it back."""
    whole, rest = divmod(rate, 1000)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def _units(text: str, currency: str) -> int:
    if not text.strip():
        raise ValueError(_("Please fill this in."))
    return money.parse(text, currency)
