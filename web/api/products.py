"""Products over JSON, with where and to whom they are sold."""

from typing import Annotated

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from core import policies
from core.actor import Actor
from core.catalog import product_audience, products
from core.catalog.products import NewProduct, ProductChanges, ProductFilter, Rest, State, When
from core.catalog.tax_rules import TaxClass
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.attitudes import Move
from web.api.reading import asks, part
from web.kit.visit import By


class Product(msgspec.Struct, kw_only=True):
    """A product. `stock` is what is left, null without end; `most_per_client` null is no limit.

    `upgrade_when` and `downgrade_when` say when a service of it is changed to something dearer or cheaper, and
    `downgrade_rest` what becomes of what was paid for the days that are left. `tax_class` is what it is taxed
    as; where it is exempt, `vatex` (a code) or `tax_reason` (a sentence) say why. `asks_phone`:
    who orders it has a verified telephone number, where SMS can be sent.
    """

    id: int
    type_id: int
    type_name: str
    code: str
    name: str
    description: str
    state: State
    stock: int | None
    most_per_client: int | None
    trial_days: int
    upgrade_when: When
    downgrade_when: When
    downgrade_rest: Rest
    tax_class: TaxClass
    vatex: str
    tax_reason: str
    asks_phone: bool
    position: int
    plans: int
    created_at: Moment
    version: int


class ProductList(msgspec.Struct, kw_only=True):
    """Products in the order of their types."""

    items: list[Product]


class WholeProduct(Product, kw_only=True):
    """A product with its audience. Of projects and groups those that you can see; null is all there are."""

    project_ids: Annotated[
        list[int] | UnsetType | None, Meta(description="Only where the edition has projects")
    ] = UNSET
    group_ids: Annotated[list[int] | UnsetType | None, Meta(description="Only where the edition has groups")] = (
        UNSET
    )


class ProductEdit(ProductChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/products", **asks(Permission.PRODUCT_READ, query=ProductFilter))
async def index(by: By, asked: NamedDependency[ProductFilter]) -> ProductList:
    """List products; those that were withdrawn only when `state` asks for them."""
    return ProductList(items=[answers.of(Product, row) for row in await products.every(asked, by=by)])


@post("/v1/products", **asks(Permission.PRODUCT_CREATE, body=NewProduct))
async def create(by: By, sent: NamedDependency[NewProduct]) -> Response[WholeProduct]:
    """Add a product, hidden unless said otherwise."""
    made = await products.create(sent, by=by)
    return answers.created(await _whole(made, by=by), f"/products/{made['id']}")


@get("/v1/products/{product_id:int}", **asks(Permission.PRODUCT_READ))
async def show(by: By, product_id: FromPath[int]) -> WholeProduct:
    """Get one product with its audience."""
    return await _whole(await products.get(product_id, by=by), by=by)


@patch("/v1/products/{product_id:int}", **asks(Permission.PRODUCT_UPDATE, body=ProductEdit))
async def update(by: By, product_id: FromPath[int], sent: NamedDependency[ProductEdit]) -> WholeProduct:
    """Change a product; 409 when somebody else did since `version` was read."""
    changes = part(ProductChanges, sent)
    return await _whole(await products.update(product_id, changes, version=sent.version, by=by), by=by)


@post("/v1/products/{product_id:int}/move", status_code=204, **asks(Permission.PRODUCT_UPDATE, body=Move))
async def move(by: By, product_id: FromPath[int], sent: NamedDependency[Move]) -> None:
    """Move a product among those of its type."""
    await products.move(product_id, steps=sent.steps, by=by)


@delete("/v1/products/{product_id:int}", **asks(Permission.PRODUCT_DELETE))
async def remove(by: By, product_id: FromPath[int]) -> None:
    """Delete a product with its addons; 409 while it has plans."""
    await products.delete(product_id, by=by)


async def _whole(row: Record, *, by: Actor) -> WholeProduct:
    audience = await product_audience.of(row)
    return answers.of(
        WholeProduct,
        row,
        project_ids=_seen(audience.project_ids, by.projects, is_there=policies.has_feature(by.tenant, "projects")),
        group_ids=_seen(audience.group_ids, by.groups, is_there=policies.has_feature(by.tenant, "groups")),
    )


def _seen(
    ids: tuple[int, ...] | None, limit: frozenset[int] | None, *, is_there: bool
) -> list[int] | UnsetType | None:
    if not is_there:
        return UNSET
    return None if ids is None else [row_id for row_id in ids if limit is None or row_id in limit]


ROUTES = [index, create, show, update, move, remove]
