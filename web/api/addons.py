"""Addons of products over JSON."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.catalog import addons
from core.catalog.addons import AddonChanges, Kind, NewAddon
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.attitudes import Move
from web.api.reading import asks, part
from web.kit.visit import By


class AddonChoice(msgspec.Struct, kw_only=True):
    """One of the choices of an addon."""

    id: int
    name: str


class Addon(msgspec.Struct, kw_only=True):
    """An addon of a product: a quantity of `unit`, a switch, or one of `choices`. Price lists offer it."""

    id: int
    product_id: int
    name: str
    kind: Kind
    unit: str
    description: str
    choices: list[AddonChoice]
    position: int
    created_at: Moment
    version: int


class AddonList(msgspec.Struct, kw_only=True):
    """The addons of one product, in its order."""

    items: list[Addon]


class AddonEdit(AddonChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read. `choices` are all of them, in their order."""

    version: int


@get("/v1/products/{product_id:int}/addons", **asks(Permission.PRODUCT_READ))
async def index(by: By, product_id: FromPath[int]) -> AddonList:
    """List the addons of a product."""
    return AddonList(items=[_one(row) for row in await addons.of_product(product_id, by=by)])


@post("/v1/products/{product_id:int}/addons", **asks(Permission.PRODUCT_CREATE, body=NewAddon))
async def create(by: By, product_id: FromPath[int], sent: NamedDependency[NewAddon]) -> Response[Addon]:
    """Add an addon; it is sold once a price list offers it."""
    made = await addons.create(product_id, sent, by=by)
    return answers.created(_one(made), f"/addons/{made['id']}")


@get("/v1/addons/{addon_id:int}", **asks(Permission.PRODUCT_READ))
async def show(by: By, addon_id: FromPath[int]) -> Addon:
    """Get one addon."""
    return _one(await addons.get(addon_id, by=by))


@patch("/v1/addons/{addon_id:int}", **asks(Permission.PRODUCT_UPDATE, body=AddonEdit))
async def update(by: By, addon_id: FromPath[int], sent: NamedDependency[AddonEdit]) -> Addon:
    """Change an addon; 409 when somebody else did since `version` was read."""
    changes = part(AddonChanges, sent)
    return _one(await addons.update(addon_id, changes, version=sent.version, by=by))


@post("/v1/addons/{addon_id:int}/move", status_code=204, **asks(Permission.PRODUCT_UPDATE, body=Move))
async def move(by: By, addon_id: FromPath[int], sent: NamedDependency[Move]) -> None:
    """Move an addon among those of its product."""
    await addons.move(addon_id, steps=sent.steps, by=by)


@delete("/v1/addons/{addon_id:int}", **asks(Permission.PRODUCT_DELETE))
async def remove(by: By, addon_id: FromPath[int]) -> None:
    """Delete an addon, also from drafts; 409 when a published price list offers it."""
    await addons.delete(addon_id, by=by)


def _one(row: dict[str, Any]) -> Addon:
    return answers.of(Addon, row, choices=[answers.of(AddonChoice, choice) for choice in row["choices"]])


ROUTES = [index, create, show, update, move, remove]
