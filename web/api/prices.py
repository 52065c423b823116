"""The prices of a draft over JSON, and how it offers addons. All answer with the whole price list."""

from litestar import Response, delete, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from core.catalog import addon_offers, price_lists, prices
from core.catalog.addon_offers import OfferValues
from core.catalog.prices import NewPrice, PriceChanges
from core.permissions import Permission
from web.api import answers
from web.api.price_lists import WholePriceList, whole
from web.api.reading import asks, part
from web.kit.visit import By


class PriceAdded(NewPrice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price in minor units of its currency, and the version of the list that was read."""

    version: int


class PriceEdit(PriceChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The amounts that change, and the version of the list that was read."""

    version: int


class OfferEdit(OfferValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the addon is offered, with all of its prices, and the version of the list that was read."""

    version: int


@post("/v1/price-lists/{list_id:int}/prices", **asks(Permission.PRODUCT_UPDATE, body=PriceAdded))
async def create(by: By, list_id: FromPath[int], sent: NamedDependency[PriceAdded]) -> Response[WholePriceList]:
    """Add a price to a draft."""
    new = part(NewPrice, sent)
    await prices.create(list_id, new, version=sent.version, by=by)
    return answers.created(await _list(list_id, by=by), f"/price-lists/{list_id}")


@patch("/v1/price-lists/{list_id:int}/prices/{price_id:int}", **asks(Permission.PRODUCT_UPDATE, body=PriceEdit))
async def update(
    by: By, list_id: FromPath[int], price_id: FromPath[int], sent: NamedDependency[PriceEdit]
) -> WholePriceList:
    """Change the amounts of a price; 409 when somebody else changed the list since `version` was read."""
    changes = PriceChanges(units=sent.units, setup_units=sent.setup_units)
    await prices.update(list_id, price_id, changes, version=sent.version, by=by)
    return await _list(list_id, by=by)


@delete("/v1/price-lists/{list_id:int}/prices/{price_id:int}", **asks(Permission.PRODUCT_UPDATE))
async def remove(by: By, list_id: FromPath[int], price_id: FromPath[int]) -> None:
    """Take a price out of a draft, with what addons cost with it."""
    price_list = await price_lists.get(list_id, by=by)
    await prices.delete(list_id, price_id, version=price_list["version"], by=by)


@put("/v1/price-lists/{list_id:int}/addons/{addon_id:int}", **asks(Permission.PRODUCT_UPDATE, body=OfferEdit))
async def put_offer(
    by: By, list_id: FromPath[int], addon_id: FromPath[int], sent: NamedDependency[OfferEdit]
) -> WholePriceList:
    """Offer an addon in a draft, or offer it otherwise than before."""
    values = part(OfferValues, sent)
    await addon_offers.put(list_id, addon_id, values, version=sent.version, by=by)
    return await _list(list_id, by=by)


@delete("/v1/price-lists/{list_id:int}/addons/{addon_id:int}", **asks(Permission.PRODUCT_UPDATE))
async def remove_offer(by: By, list_id: FromPath[int], addon_id: FromPath[int]) -> None:
    """Leave an addon out of a draft."""
    price_list = await price_lists.get(list_id, by=by)
    await addon_offers.delete(list_id, addon_id, version=price_list["version"], by=by)


async def _list(list_id: int, *, by: Actor) -> WholePriceList:
    return await whole(await price_lists.get(list_id, by=by))


ROUTES = [create, update, remove, put_offer, remove_offer]
