"""Types of products over JSON."""

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.catalog import product_types
from core.catalog.product_types import NewProductType, ProductTypeChanges
from core.permissions import Permission
from web.api import answers
from web.api.attitudes import Move
from web.api.reading import asks
from web.kit.visit import By


class ProductType(msgspec.Struct, kw_only=True):
    """A type of product. `products` counts those that you can see."""

    id: int
    name: str
    position: int
    products: int
    version: int


class ProductTypeList(msgspec.Struct, kw_only=True):
    """All types, in the provider's order."""

    items: list[ProductType]


class ProductTypeEdit(ProductTypeChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/product-types", **asks(Permission.PRODUCT_READ))
async def index(by: By) -> ProductTypeList:
    """List the types of products."""
    return ProductTypeList(items=[answers.of(ProductType, row) for row in await product_types.every(by=by)])


@post("/v1/product-types", **asks(Permission.PRODUCT_CREATE, body=NewProductType))
async def create(by: By, sent: NamedDependency[NewProductType]) -> Response[ProductType]:
    """Add a type; it comes last."""
    made = await product_types.create(sent, by=by)
    return answers.created(answers.of(ProductType, made), f"/product-types/{made['id']}")


@get("/v1/product-types/{type_id:int}", **asks(Permission.PRODUCT_READ))
async def show(by: By, type_id: FromPath[int]) -> ProductType:
    """Get one type."""
    return answers.of(ProductType, await product_types.get(type_id, by=by))


@patch("/v1/product-types/{type_id:int}", **asks(Permission.PRODUCT_UPDATE, body=ProductTypeEdit))
async def update(by: By, type_id: FromPath[int], sent: NamedDependency[ProductTypeEdit]) -> ProductType:
    """Change a type; 409 when somebody else did since `version` was read."""
    changes = ProductTypeChanges(name=sent.name)
    return answers.of(ProductType, await product_types.update(type_id, changes, version=sent.version, by=by))


@post("/v1/product-types/{type_id:int}/move", status_code=204, **asks(Permission.PRODUCT_UPDATE, body=Move))
async def move(by: By, type_id: FromPath[int], sent: NamedDependency[Move]) -> None:
    """Move a type in the order."""
    await product_types.move(type_id, steps=sent.steps, by=by)


@delete("/v1/product-types/{type_id:int}", **asks(Permission.PRODUCT_DELETE))
async def remove(by: By, type_id: FromPath[int]) -> None:
    """Delete a type; 409 while there are products of it."""
    await product_types.delete(type_id, by=by)


ROUTES = [index, create, show, update, move, remove]
