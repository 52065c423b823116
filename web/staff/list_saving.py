"""Saved filters around a list besides that of clients: the menu of them, and the one that the list opens with."""

from typing import Any

from litestar import Response

from core.accounts import list_filters
from core.accounts.list_filters import ListFilter
from core.actor import Actor
from core.billing import money_filters
from core.support import ticket_filters
from web.kit import filtered, forms
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import visit_of

PATHS = {
    "activity": "/staff/activity",
    "contracts": "/staff/contracts",
    "payers": "/staff/payers",
    "users": "/staff/users",
} | {name: f"/staff/{name}" for name in (*money_filters.MONEY, *ticket_filters.SUPPORT)}
"""Where the lists stand."""


def default_of(request: AnyRequest, list_name: str) -> int | None:
    """The saved filter that this person's list opens with."""
    signed_in = visit_of(request).signed_in
    kept = signed_in.preferences.get(list_filters.preference(list_name)) if signed_in else None
    return kept if isinstance(kept, int) else None


def address_of(one: ListFilter) -> str:
    """The list with a saved filter, each of its parameters in the address."""
    return filtered.link(PATHS[one.list], parameters_of(one))


def parameters_of(one: ListFilter) -> dict[str, str]:
    """A saved filter as the parameters of an address."""
    return {name: str(value) for name, value in one.filter.items()}


async def opening(request: AnyRequest, list_name: str, *, by: Actor) -> Response[None] | None:
    """Where the bare address of the list leads to whoever has chosen a filter that it opens with."""
    default = default_of(request, list_name)
    if default is None or forms.query(request):
        return None
    found = [one for one in await list_filters.every(list_name, by=by) if one.id == default]
    return redirect(request, address_of(found[0])) if found else None


def kept_in(request: AnyRequest, list_name: str) -> dict[str, str]:
    """What the links of the list carry, so that without a filter they show everything."""
    return {"all": "1"} if default_of(request, list_name) is not None else {}


async def menu(
    request: AnyRequest, list_name: str, given: dict[str, str], *, is_wrong: bool, by: Actor
) -> dict[str, Any]:
    """What `saved_filters` of components/table.html shows: the filters, where this one is saved, all of them."""
    return {
        "filters": [
            {"name": one.name, "href": address_of(one), "is_current": parameters_of(one) == given}
            for one in await list_filters.every(list_name, by=by)
        ],
        "save_href": filtered.link("/staff/filters/new", {"list": list_name} | given)
        if given and not is_wrong
        else "",
        "all_href": filtered.link("/staff/filters", {"list": list_name}),
    }
