"""How account groups are taxed, over JSON."""

from datetime import date

import msgspec
from asyncpg import Record
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.catalog import group_taxes
from core.catalog.group_taxes import GroupTaxChanges, NewGroupTax
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks, part
from web.api.taxes import Percent
from web.kit.visit import By


class GroupTax(msgspec.Struct, kw_only=True):
    """How the clients of a group are taxed from a day on; `rate` null: exempt. `until_day` is the last day."""

    id: int
    group_id: int
    group_name: str
    rate: Percent | None
    vatex: str
    reason: str
    from_day: date
    until_day: date | None
    version: int


class GroupTaxList(msgspec.Struct, kw_only=True):
    """All treatments; of a group the latest first."""

    items: list[GroupTax]


class GroupTaxEdit(GroupTaxChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/group-taxes", **asks(Permission.TAX_READ))
async def index(by: By) -> GroupTaxList:
    """List how account groups are taxed."""
    return GroupTaxList(items=[_of(row) for row in await group_taxes.every(by=by)])


@post("/v1/group-taxes", **asks(Permission.TAX_MANAGE, body=NewGroupTax))
async def create(by: By, sent: NamedDependency[NewGroupTax]) -> Response[GroupTax]:
    """Tax a group in its own way, from a day on."""
    made = await group_taxes.create(sent, by=by)
    return answers.created(_of(made), f"/group-taxes/{made['id']}")


@get("/v1/group-taxes/{tax_id:int}", **asks(Permission.TAX_READ))
async def show(by: By, tax_id: FromPath[int]) -> GroupTax:
    """Get one of them."""
    return _of(await group_taxes.get(tax_id, by=by))


@patch("/v1/group-taxes/{tax_id:int}", **asks(Permission.TAX_MANAGE, body=GroupTaxEdit))
async def update(by: By, tax_id: FromPath[int], sent: NamedDependency[GroupTaxEdit]) -> GroupTax:
    """Change one; 409 when somebody else did since `version` was read."""
    return _of(await group_taxes.update(tax_id, part(GroupTaxChanges, sent), version=sent.version, by=by))


@delete("/v1/group-taxes/{tax_id:int}", **asks(Permission.TAX_MANAGE))
async def remove(by: By, tax_id: FromPath[int]) -> None:
    """Remove one: the group is taxed as all others, or as the one before said."""
    await group_taxes.delete(tax_id, by=by)


def _of(row: Record) -> GroupTax:
    return answers.of(GroupTax, row)


ROUTES = [index, create, show, update, remove]
