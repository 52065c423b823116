"""Reads price lists as `list_price` reckons with them: a sheet for each way to pay. Needs no permission."""

from collections.abc import Iterable
from typing import Any

from asyncpg import Record

from core import db
from core.catalog.list_price import Addon, Choice, Sheet, Tier
from core.periods import Length


async def of_list(list_id: int) -> list[Sheet]:
    """The sheets of a price list: by currency, then the shortest period first."""
    return (await of_lists([list_id])).get(list_id, [])


async def of_price(price_id: int) -> Sheet | None:
    """The sheet of one price, None when there is no such price."""
    list_id = await db.value("SELECT price_list_id FROM prices WHERE id = $1", price_id)
    sheets = [] if list_id is None else await of_list(list_id)
    return next((sheet for sheet in sheets if sheet.price_id == price_id), None)


async def of_lists(list_ids: Iterable[int]) -> dict[int, list[Sheet]]:
    """The sheets of several lists by the id of the list; three queries, however many there are."""
    wanted = list(list_ids)
    offers, prices = await _offers(wanted), await _addon_prices(wanted)
    found: dict[int, list[Sheet]] = {}
    for row in await db.fetch(_PRICES, wanted):
        offered = offers.get(row["price_list_id"], [])
        addons = tuple(_addon(offer, prices.get((row["id"], offer["addon_id"]), [])) for offer in offered)
        found.setdefault(row["price_list_id"], []).append(_sheet(row, addons))
    return found


def length_of(row: Any) -> Length | None:
    """The length of the period of a row of `prices`, None for what is paid once."""
    return Length(row["period_count"], row["period_unit"]) if row["period_unit"] else None


async def _offers(list_ids: list[int]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for row in await db.fetch(_OFFERS, list_ids):
        found.setdefault(row["price_list_id"], []).append(row)
    return found


async def _addon_prices(list_ids: list[int]) -> dict[tuple[int, int], list[Record]]:
    found: dict[tuple[int, int], list[Record]] = {}
    for row in await db.fetch(_ADDON_PRICES, list_ids):
        found.setdefault((row["price_id"], row["addon_id"]), []).append(row)
    return found


def _sheet(row: Record, addons: tuple[Addon, ...]) -> Sheet:
    return Sheet(
        price_id=row["id"],
        price_list_id=row["price_list_id"],
        plan_id=row["plan_id"],
        plan_name=row["plan_name"],
        billing=row["billing"],
        length=length_of(row),
        currency=row["currency"],
        units=row["units"],
        setup_units=row["setup_units"],
        next_from=row["next_from"],
        addons=addons,
    )


def _addon(offer: Record, prices: list[Record]) -> Addon:
    is_choice = offer["kind"] == "choice"
    return Addon(
        id=offer["addon_id"],
        name=offer["name"],
        kind=offer["kind"],
        unit=offer["unit"],
        included=offer["included"],
        minimum=offer["minimum"],
        maximum=offer["maximum"],
        step=offer["step"],
        stepping=offer["stepping"],
        tiers=() if is_choice else tuple(Tier(row["from_quantity"], row["units"]) for row in prices),
        choices=tuple(Choice(row["choice_id"], row["choice_name"], row["units"]) for row in prices if is_choice),
    )


_PRICES = """SELECT p.*, l.plan_id, l.next_from, n.name AS plan_name
    FROM prices p JOIN price_lists l ON l.id = p.price_list_id JOIN plans n ON n.id = l.plan_id
    WHERE p.price_list_id = ANY($1::bigint[])
    ORDER BY p.currency, array_position(ARRAY['once', 'daily', 'period', 'calendar'], p.billing),
             array_position(ARRAY['', 'day', 'month', 'year'], p.period_unit), p.period_count"""
_OFFERS = """SELECT o.*, a.name, a.kind, a.unit FROM addon_offers o JOIN addons a ON a.id = o.addon_id
    WHERE o.price_list_id = ANY($1::bigint[]) ORDER BY a.position, a.id"""
_ADDON_PRICES = """SELECT x.*, c.name AS choice_name FROM addon_prices x
    LEFT JOIN addon_choices c ON c.id = x.choice_id
    WHERE x.price_list_id = ANY($1::bigint[]) ORDER BY x.from_quantity, c.position, c.id"""
