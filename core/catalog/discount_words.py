"""Discounts in words: what they take off, for whom, of what, when and for how long."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core import figures
from core.catalog import terms
from core.i18n import N_, _, ngettext

KINDS = {
    "percent": N_("Percent off"),
    "amount": N_("Amount off"),
    "special": N_("Special price"),
}
RECIPIENTS = {"all": N_("All clients"), "group": N_("An account group"), "client": N_("A single client")}
AREAS = {"all": N_("Everything"), "product": N_("A product"), "plan": N_("A plan")}
STATES = {"now": N_("In force"), "coming": N_("Coming"), "over": N_("Over"), "ended": N_("Ended")}


def worth(discount: Mapping[str, Any]) -> str:
    """What it takes off, or what is paid instead."""
    if discount["kind"] == "percent":
        return _("%(percent)s off") % {"percent": figures.percent(discount["percent"])}
    told = figures.amount(discount["units"], discount["currency"])
    text = _("%(amount)s off") if discount["kind"] == "amount" else _("%(amount)s instead of the list price")
    return text % {"amount": told}


def recipient(discount: Mapping[str, Any]) -> str:
    """Whom it is for: a row with the names around it."""
    if discount["recipient"] == "client":
        return f"{discount['client']} {discount['client_name']}"
    if discount["recipient"] == "group":
        name = discount["group_name"]
        return _("The group %(name)s") % {"name": name} if name else _("A group that was deleted")
    return _("All clients")


def area(discount: Mapping[str, Any]) -> str:
    """What it is for: a row with the names around it."""
    if discount["area"] == "plan":
        found = f"{discount['plan_product']} {discount['plan_name']}" if discount["plan_name"] else ""
        found = found or _("A plan that was deleted")
    elif discount["area"] == "product":
        found = discount["product_name"] or _("A product that was deleted")
    else:
        found = _("Everything")
    if discount["period_count"]:
        period = terms.label("period", discount["period_count"], discount["period_unit"])
        return _("%(what)s, paid %(period)s") % {"what": found, "period": period}
    return str(found)


def days(discount: Mapping[str, Any]) -> str:
    """From when to when a price can begin with it."""
    first, last = _day(discount["from_day"]), _day(discount["until_day"])
    if first and last:
        return _("from %(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s on") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("always")


def lasts(discount: Mapping[str, Any]) -> str:
    """How long a service has it."""
    if discount["lasts"] == "periods":
        count = discount["periods"]
        return ngettext("for one period", "for %(count)s periods", count) % {"count": count}
    return _("as long as these days are") if discount["lasts"] == "days" else _("for good")


def conditions(discount: Mapping[str, Any]) -> list[str]:
    """What else it asks for."""
    told = []
    if discount["needs_code"]:
        told.append(_("with a promo code"))
    if discount["is_first_order"]:
        told.append(_("with the first order of a client"))
    if discount["least_quantity"]:
        told.append(_("from %(count)s pieces on") % {"count": discount["least_quantity"]})
    if discount["least_units"]:
        amount = figures.amount(discount["least_units"], discount["currency"])
        told.append(_("from %(amount)s on") % {"amount": amount})
    if discount["with_set_up"]:
        told.append(_("the set-up fee too"))
    return told


def _day(value: date | None) -> str:
    return figures.day(value) if value else ""
