"""The addons of a service in a form: which fields there are, and how many of each are asked for."""

from collections.abc import Mapping
from typing import Any

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


def number(text: str) -> int | None:
    """The whole number that somebody wrote, None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None
