"""Publishing a price list: what it lacks before that, what it changes, and the day it is valid from."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record

from core import audit, clock, db, figures
from core.actor import Actor
from core.catalog import list_words, price_list_changes, price_lists, price_sheets
from core.catalog.list_price import Addon, Sheet
from core.catalog.price_list_changes import Change
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _


async def changes(list_id: int, *, by: Actor) -> list[Change]:
    """What a list changes against the published one before it; everything, when there is none."""
    row = await price_lists.get(list_id, by=by)
    last = await price_lists.before(row)
    sheets = await price_sheets.of_lists([row["id"]] if last is None else [row["id"], last["id"]])
    old = [] if last is None else sheets.get(last["id"], [])
    return price_list_changes.between(old, sheets.get(row["id"], []))


async def lacks(list_id: int, *, by: Actor) -> list[str]:
    """Why a list cannot be published yet, sentence by sentence; none when it can."""
    row = await price_lists.get(list_id, by=by)
    return lacking(await price_sheets.of_list(row["id"]))


async def earliest(price_list: Record, *, by: Actor) -> date | None:
    """The first day it can be valid from: not before the list before it, nor in the past. None: any day.

    The first list of a plan may have been valid for long: nothing is sold by another one.
    """
    last = await price_lists.before(price_list)
    return None if last is None else max(last["valid_from"], clock.today(by.tenant.timezone))


async def publish(list_id: int, valid_from: date, *, version: int, by: Actor) -> Record:
    """Put a draft in force from a day on; nothing of it changes after that.

    `EditConflict` when it is not of this version any more, `Conflict` when prices are missing, `Invalid` for a day
    that cannot be.
    """
    row = await price_lists.locked(list_id, version=version, by=by)
    if reasons := lacking(await price_sheets.of_list(list_id)):
        raise Conflict(" ".join(reasons))
    await _check_day(row, valid_from, by=by)
    await db.execute(
        """UPDATE price_lists SET valid_from = $2, published_at = $3, published_by = $4, version = version + 1
           WHERE id = $1""",
        list_id,
        valid_from,
        clock.now(),
        by.name,
    )
    await audit.record(
        "price_list:published",
        "price_list",
        list_id,
        by=by,
        name=await price_lists.title(row),
        new={"valid_from": valid_from},
    )
    return await price_lists.find(list_id, by=by)


async def _check_day(row: Record, valid_from: date, *, by: Actor) -> None:
    checks, first = Checks(), await earliest(row, by=by)
    if first is not None and valid_from < first:
        checks.error("valid_from", _("Not before %(day)s, please.") % {"day": figures.day(first)})
    checks.done()


def lacking(sheets: Sequence[Sheet]) -> list[str]:
    """What a list with these sheets lacks, sentence by sentence."""
    if not sheets:
        return [_("It has no prices yet.")]
    every = {addon.id: _asked(addon, sheets) for addon in sheets[0].addons}
    found = []
    for sheet in sheets:
        term = list_words.term(sheet)
        for addon in sheet.addons:
            if _priced(addon) != every[addon.id] or not _priced(addon):
                message = _("A price of “%(addon)s” is missing (%(term)s).")
                found.append(message % {"addon": addon.name, "term": term})
    return found


def _asked(addon: Addon, sheets: Sequence[Sheet]) -> set[int]:
    """What has a price with any way to pay has one with each; of units it is the first one in any case."""
    asked = {mark for sheet in sheets for one in sheet.addons if one.id == addon.id for mark in _priced(one)}
    return asked if addon.kind == "choice" else asked | {1}


def _priced(addon: Addon) -> set[int]:
    if addon.kind == "choice":
        return {choice.id for choice in addon.choices}
    return {tier.start for tier in addon.tiers}
