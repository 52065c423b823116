"""Addons as a price list offers them: what is included, how many there can be, and what more of them costs."""

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Integer, Text

from core import db
from core.accounts import rows
from core.actor import Actor
from core.catalog import price_lists, prices, product_fields
from core.catalog.list_price import MOST_OF_ONE, Stepping
from core.checks import Checks
from core.errors import NotFound
from core.i18n import _

MOST_TIERS = 20


class AddonOffer(db.Owned, tablename="addon_offers"):
    """That a price list offers an addon, and how many of it."""

    price_list_id = BigInt()
    addon_id = BigInt()
    included = Integer()
    minimum = Integer()
    maximum = Integer()
    step = Integer()
    stepping = Text()


class AddonPrice(db.Owned, tablename="addon_prices"):
    """What one costs with a price of the list: from a paid unit on, or of a choice. In minor units."""

    price_list_id = BigInt()
    price_id = BigInt()
    addon_id = BigInt()
    choice_id = BigInt(null=True)
    from_quantity = Integer()
    units = BigInt()


class AddonPriceValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one costs with a price of the list, in minor units of its currency. `choice_id` is for choices only."""

    price_id: int
    units: int
    choice_id: int | None = None
    from_quantity: int = 1


class OfferValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an addon is offered. Of a switch only `included` (0 or 1) and prices count, of a choice only prices."""

    included: int = 0
    minimum: int = 0
    maximum: int = MOST_OF_ONE
    step: int = 1
    stepping: Stepping = "each"
    prices: tuple[AddonPriceValues, ...] = ()


NUMBERS = ("included", "minimum", "maximum", "step")


async def put(list_id: int, addon_id: int, values: OfferValues, *, version: int, by: Actor) -> None:
    """Offer an addon in a draft, or offer it otherwise than before; all of its prices are given anew.

    `EditConflict` when the list is not of this version any more; `NotFound` for an addon of another product.
    """
    row = await price_lists.locked(list_id, version=version, by=by)
    addon = await _addon(row, addon_id)
    kept = await _checked(row, addon, values)
    before = await db.row(
        "SELECT * FROM addon_offers WHERE price_list_id = $1 AND addon_id = $2", list_id, addon_id
    )
    await _remove(list_id, addon_id)
    await db.execute(
        """INSERT INTO addon_offers (price_list_id, addon_id, included, minimum, maximum, step, stepping)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        list_id,
        addon_id,
        *(getattr(kept, name) for name in NUMBERS),
        kept.stepping,
    )
    await db.executemany(
        """INSERT INTO addon_prices (price_list_id, addon_id, price_id, choice_id, from_quantity, units)
           VALUES ($1, $2, $3, $4, $5, $6)""",
        [(list_id, addon_id, one.price_id, one.choice_id, one.from_quantity, one.units) for one in kept.prices],
    )
    shown = NUMBERS if addon["kind"] == "quantity" else NUMBERS[:1]
    old = {"addon": None} if before is None else {"addon": addon["name"]} | {name: before[name] for name in shown}
    new = {"addon": addon["name"], "prices": len(kept.prices)} | {name: getattr(kept, name) for name in shown}
    await price_lists.touch(row, old=old, new=new, by=by)


async def delete(list_id: int, addon_id: int, *, version: int, by: Actor) -> None:
    """Offer an addon no more in a draft; `NotFound` when it did not."""
    row = await price_lists.locked(list_id, version=version, by=by)
    addon = await _addon(row, addon_id)
    if not await _remove(list_id, addon_id):
        raise NotFound()
    await price_lists.touch(row, old={"addon": addon["name"]}, new={"addon": None}, by=by)


async def _remove(list_id: int, addon_id: int) -> bool:
    sql = "DELETE FROM addon_offers WHERE price_list_id = $1 AND addon_id = $2"
    return await db.execute(sql, list_id, addon_id) != "DELETE 0"


async def _addon(row: Record, addon_id: int) -> Record:
    found = None
    if rows.is_id(addon_id):
        found = await db.row(
            """SELECT a.* FROM addons a JOIN plans n ON n.product_id = a.product_id
               WHERE a.id = $1 AND n.id = $2 FOR KEY SHARE OF a""",
            addon_id,
            row["plan_id"],
        )
    if found is None:
        raise NotFound()
    return found


async def _checked(row: Record, addon: Record, values: OfferValues) -> OfferValues:
    kept, checks = _within(addon["kind"], values), Checks()
    for name, fewest in (("included", 0), ("minimum", 0), ("maximum", 1), ("step", 1)):
        product_fields.check_number(checks, name, getattr(kept, name), fewest=fewest, most=MOST_OF_ONE)
    if kept.minimum > kept.maximum:
        checks.error("maximum", _("This is less than the minimum."))
    if addon["kind"] == "switch" and kept.included > 1:
        checks.error("included", _("From %(fewest)s to %(most)s, please.") % {"fewest": 0, "most": 1})
    choices = await db.fetch("SELECT id FROM addon_choices WHERE addon_id = $1 FOR KEY SHARE", addon["id"])
    known = {one["id"] for one in await db.fetch("SELECT id FROM prices WHERE price_list_id = $1", row["id"])}
    _check_prices(checks, kept, prices_=known, choices={one["id"] for one in choices}, kind=addon["kind"])
    checks.done()
    return kept


def _within(kind: str, values: OfferValues) -> OfferValues:
    """What of it counts for an addon of this kind."""
    if kind == "quantity":
        return values
    included = values.included if kind == "switch" else 0
    return OfferValues(included=included, maximum=1, prices=values.prices)


def _check_prices(checks: Checks, values: OfferValues, *, prices_: set[int], choices: set[int], kind: str) -> None:
    for one in values.prices:
        prices.check_units(checks, "prices", one.units)
        is_choice = one.choice_id in choices if kind == "choice" else one.choice_id is None
        if one.price_id not in prices_ or not is_choice:
            checks.error("prices", _("This is not one of the choices."))
        if not 1 <= one.from_quantity <= (MOST_OF_ONE if kind == "quantity" else 1):
            message = _("From %(fewest)s to %(most)s, please.") % {"fewest": 1, "most": MOST_OF_ONE}
            checks.error("prices", message)
    places = [(one.price_id, one.choice_id, one.from_quantity) for one in values.prices]
    if len(set(places)) < len(places):
        checks.error("prices", _("Each step once, please."))
    starts = {one.from_quantity for one in values.prices}
    if len(starts) > MOST_TIERS:
        checks.error("prices", _("At most %(count)s steps, please.") % {"count": MOST_TIERS})
