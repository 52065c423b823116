"""Prices in words, for pages and for what changes from one price list to the next. Pure."""

from core import figures
from core.catalog import terms
from core.catalog.list_price import MOST_OF_ONE, Addon, Sheet
from core.i18n import _


def term(sheet: Sheet) -> str:
    """The way to pay: `EUR, every month`."""
    return f"{sheet.currency}, {terms.of_sheet(sheet)}"


def price(sheet: Sheet) -> str:
    """What the plan costs, with the set-up fee where there is one."""
    told = figures.amount(sheet.units, sheet.currency)
    if not sheet.setup_units:
        return told
    return _("%(price)s, set-up %(setup)s") % {
        "price": told,
        "setup": figures.amount(sheet.setup_units, sheet.currency),
    }


def limits(addon: Addon) -> list[str]:
    """How many of it are included, and how many there can be."""
    parts = [_("%(count)s included") % {"count": addon.included}] if addon.included else []
    if addon.kind == "quantity":
        if addon.minimum:
            parts.append(_("%(count)s or more") % {"count": addon.minimum})
        if addon.maximum < MOST_OF_ONE:
            parts.append(_("at most %(count)s") % {"count": addon.maximum})
        if addon.step > 1:
            parts.append(_("in steps of %(count)s") % {"count": addon.step})
    return parts


def costs(addon: Addon, currency: str) -> list[str]:
    """What one costs, step by step or choice by choice; never none."""
    if addon.kind == "choice":
        return [
            _("%(choice)s: %(price)s") % {"choice": one.name, "price": figures.amount(one.units, currency)}
            for one in addon.choices
        ] or [_("no price")]
    if not addon.tiers:
        return [_("no price")]
    parts = []
    for tier in addon.tiers:
        told = figures.amount(tier.units, currency)
        first = tier.start == 1
        parts.append(told if first else _("from %(start)s on %(price)s") % {"start": tier.start, "price": told})
    if len(addon.tiers) > 1 and addon.stepping == "all":
        parts.append(_("for all of them"))
    return parts
