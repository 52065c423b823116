"""Saved filters of the lists besides clients over JSON: one's own and those for all."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import list_filters
from core.accounts.list_filters import ListFilterChanges, NewListFilter
from core.permissions import Permission
from web.api import answers
from web.api.reading import asks
from web.kit.visit import By

List = Literal[
    "accounts",
    "activity",
    "contracts",
    "expenses",
    "invoices",
    "offers",
    "payers",
    "payments",
    "services",
    "tickets",
    "users",
]


class ListFilter(msgspec.Struct, kw_only=True):
    """A saved filter: what it asks for, by the names of the list's parameters."""

    id: int
    list: List
    name: str
    filter: dict[str, Any]
    is_shared: bool
    may_change: bool
    created_by: str
    version: int


class ListFilterList(msgspec.Struct, kw_only=True):
    """Your own saved filters of the lists that you may read and those for all, by list and name."""

    items: list[ListFilter]


class ListFilterCreation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filter to be saved: for yourself, or for all."""

    list: List
    name: str
    filter: Annotated[dict[str, Any], msgspec.Meta(min_length=1, max_length=20)]
    is_shared: bool = False


class ListFilterEdit(ListFilterChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change, and the version that was read."""

    version: int


@get("/v1/list-filters", **asks(Permission.CLIENT_READ))
async def index(by: By) -> ListFilterList:
    """List the saved filters of the lists besides that of clients."""
    found = [one for name in list_filters.readable(by=by) for one in await list_filters.every(name, by=by)]
    return ListFilterList(items=[_shown(one) for one in found])


@post("/v1/list-filters", **asks(Permission.CLIENT_READ, body=ListFilterCreation))
async def create(by: By, sent: NamedDependency[ListFilterCreation]) -> Response[ListFilter]:
    """Save a filter of a list that you may read, for yourself or for all; for all needs `segment:share`."""
    new = NewListFilter(list=sent.list, name=sent.name, filter=sent.filter, is_shared=sent.is_shared)
    one = await list_filters.create(new, by=by)
    return answers.created(_shown(one), f"/list-filters/{one.id}")


@get("/v1/list-filters/{filter_id:int}", **asks(Permission.CLIENT_READ))
async def show(by: By, filter_id: FromPath[int]) -> ListFilter:
    """Get one saved filter of a list."""
    return _shown(await list_filters.get(filter_id, by=by))


@patch("/v1/list-filters/{filter_id:int}", **asks(Permission.CLIENT_READ, body=ListFilterEdit))
async def update(by: By, filter_id: FromPath[int], sent: NamedDependency[ListFilterEdit]) -> ListFilter:
    """Rename a saved filter, save another over it, or give it to all; one for all needs `segment:share`."""
    changes = ListFilterChanges(name=sent.name, filter=sent.filter, is_shared=sent.is_shared)
    return _shown(await list_filters.update(filter_id, changes, version=sent.version, by=by))


@delete("/v1/list-filters/{filter_id:int}", **asks(Permission.CLIENT_READ))
async def remove(by: By, filter_id: FromPath[int]) -> None:
    """Delete a saved filter of a list; one for all needs `segment:share`."""
    await list_filters.delete(filter_id, by=by)


def _shown(one: list_filters.ListFilter) -> ListFilter:
    return answers.of(ListFilter, one)


ROUTES = [index, create, show, update, remove]
