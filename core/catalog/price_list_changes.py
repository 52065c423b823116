"""What is different between two price lists of a plan, way to pay by way to pay. Pure."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from core.catalog import list_words
from core.catalog.list_price import Addon, Sheet
from core.i18n import _

What = Literal["added", "removed", "changed"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference. `old` and `new` are in words and amounts; one of them is "" for what comes or goes."""

    what: What
    term: str
    subject: str
    old: str = ""
    new: str = ""


def between(old: Sequence[Sheet], new: Sequence[Sheet]) -> list[Change]:
    """All that differs, in the order of the new list; what it has no more comes last."""
    before = {_key(sheet): sheet for sheet in old}
    after = {_key(sheet): sheet for sheet in new}
    found: list[Change] = []
    for key, sheet in after.items():
        found += _of_sheet(before.get(key), sheet)
    for key, sheet in before.items():
        if key not in after:
            found += _differing(list_words.term(sheet), _("Price"), list_words.price(sheet), "")
    return found


def _of_sheet(old: Sheet | None, new: Sheet) -> list[Change]:
    term = list_words.term(new)
    was = "" if old is None else list_words.price(old)
    found = _differing(term, _("Price"), was, list_words.price(new))
    theirs = {addon.id: addon for addon in (old.addons if old else ())}
    for addon in new.addons:
        found += _differing(term, addon.name, _offer(theirs.pop(addon.id, None), new), _offer(addon, new))
    for addon in theirs.values():
        found += _differing(term, addon.name, _offer(addon, new), "")
    if old is not None and old.next_from != new.next_from and new.billing == "calendar":
        days = [str(sheet.next_from or _("never")) for sheet in (old, new)]
        found.append(
            Change(what="changed", term=term, subject=_("Next period from day"), old=days[0], new=days[1])
        )
    return found


def _differing(term: str, subject: str, old: str, new: str) -> list[Change]:
    if old == new:
        return []
    what: What = "added" if not old else "removed" if not new else "changed"
    return [Change(what=what, term=term, subject=subject, old=old, new=new)]


def _key(sheet: Sheet) -> tuple[object, ...]:
    return sheet.billing, sheet.length, sheet.currency


def _offer(addon: Addon | None, sheet: Sheet) -> str:
    """How an addon is offered, in one line; "" where it is not."""
    if addon is None:
        return ""
    return "; ".join([*list_words.limits(addon), *list_words.costs(addon, sheet.currency)])
