"""What is different between two price lists of a plan, way to pay by way to pay. Pure."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from core.catalog import list_price, terms
from core.catalog.list_price import Addon, Sheet
from core.i18n import _
from core.money import Money

What = Literal["added", "removed", "changed"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `old` and `new` are in words and amounts; one of them is "" for what comes or goes."""

    what: What
    term: str
    subject: str
    old: str = ""
    new: str = ""


Write = Callable[[Money], str]
"""Writes an amount for the reader."""


def between(old: Sequence[Sheet], new: Sequence[Sheet], *, write: Write) -> list[Change]:
    """All that differs, in the order of the new list; what it has no more comes last."""
    before = {_key(sheet): sheet for sheet in old}
    after = {_key(sheet): sheet for sheet in new}
    found: list[Change] = []
    for key, sheet in after.items():
        found += _of_sheet(before.get(key), sheet, write)
    for key, sheet in before.items():
        if key not in after:
            found.append(Change(what="removed", term=_term(sheet), subject=_("Price"), old=_price(sheet, write)))
    return found


def _of_sheet(old: Sheet | None, new: Sheet, write: Write) -> list[Change]:
    term = _term(new)
    if old is None:
        return [Change(what="added", term=term, subject=_("Price"), new=_price(new, write))]
    found = _differing(term, _("Price"), _price(old, write), _price(new, write))
    theirs = {addon.id: addon for addon in old.addons}
    for addon in new.addons:
        before = theirs.pop(addon.id, None)
        was = "" if before is None else _offer(before, new.currency, write)
        found += _differing(term, addon.name, was, _offer(addon, new.currency, write))
    for addon in theirs.values():
        found += _differing(term, addon.name, _offer(addon, old.currency, write), "")
    return found


def _differing(term: str, subject: str, old: str, new: str) -> list[Change]:
    if old == new:
        return []
    what: What = "added" if not old else "removed" if not new else "changed"
    return [Change(what=what, term=term, subject=subject, old=old, new=new)]


def _key(sheet: Sheet) -> tuple[object, ...]:
    return sheet.billing, sheet.length, sheet.currency


def _term(sheet: Sheet) -> str:
    return f"{sheet.currency}, {terms.of_sheet(sheet)}"


def _price(sheet: Sheet, write: Write) -> str:
    price = write(Money(sheet.units, sheet.currency))
    if not sheet.setup_units:
        return price
    return _("%(price)s, set-up %(setup)s") % {
        "price": price,
        "setup": write(Money(sheet.setup_units, sheet.currency)),
    }


def _offer(addon: Addon, currency: str, write: Write) -> str:
    """How an addon is offered, in one line; never ""."""
    if addon.kind == "choice":
        return "; ".join(f"{one.name} {write(Money(one.units, currency))}" for one in addon.choices) or _(
            "no price"
        )
    return "; ".join([*_limits(addon), *_tiers(addon, currency, write)])


def _limits(addon: Addon) -> list[str]:
    parts = [_("%(count)s included") % {"count": addon.included}] if addon.included else []
    if addon.kind == "quantity":
        if addon.minimum:
            parts.append(_("%(count)s or more") % {"count": addon.minimum})
        if addon.maximum < list_price.MOST_OF_ONE:
            parts.append(_("at most %(count)s") % {"count": addon.maximum})
        if addon.step > 1:
            parts.append(_("in steps of %(count)s") % {"count": addon.step})
    return parts


def _tiers(addon: Addon, currency: str, write: Write) -> list[str]:
    if not addon.tiers:
        return [_("no price")]
    parts = []
    for tier in addon.tiers:
        price = write(Money(tier.units, currency))
        parts.append(
            price if tier.start == 1 else _("from %(start)s on %(price)s") % {"start": tier.start, "price": price}
        )
    if len(addon.tiers) > 1 and addon.stepping == "all":
        parts.append(_("for all of them"))
    return parts
