"""Files of lists, made of `export_lists`: payers, users, staff, the members of a group, the results of a task."""

from typing import Any

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from core import sheets, tasks
from core.accounts import export_lists, groups
from core.accounts.export_lists import LISTINGS, Listing
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.downloads import download
from web.kit.guards import requires
from web.kit.pages import AnyRequest
from web.kit.visit import By, visit_of

PAGING = frozenset({"after", "before", "sort"})
PATHS = {"payers": "/payers", "users": "/users", "staff": "/people"}
"""Where a list stands."""


def _route(listing: Listing) -> HTTPRouteHandler:
    async def send(request: AnyRequest, by: By) -> Any:
        """The file of the list, with the filter in the address."""
        chosen = None
        if listing.filter is not None:
            chosen = forms.fill(listing.filter, forms.query(request, ignore=PAGING))
        export = await export_lists.of(
            listing, await _format(request), by=by, chosen=chosen, within=visit_of(request).focus
        )
        return await download(export, by.tenant.id)

    return post(f"{PATHS[listing.noun]}/export", status_code=200, **requires(listing.right))(send)


@post("/groups/{group_id:int}/export", status_code=200, **requires(Permission.GROUP_READ))
async def members(request: AnyRequest, by: By, group_id: FromPath[int]) -> Any:
    """The file of the clients in a group."""
    group = await groups.get(group_id, by=by)
    return await download(await export_lists.of_members(group, await _format(request), by=by), by.tenant.id)


@post("/tasks/{task_id:int}/export", status_code=200, **requires(Permission.TASK_READ))
async def results(request: AnyRequest, by: By, task_id: FromPath[int]) -> Any:
    """The file of what became of the rows of a task."""
    task = await tasks.get(task_id, by=by)
    form = await _format(request)
    return await download(await export_lists.of_results(task.id, task.title, form, by=by), by.tenant.id)


async def _format(request: AnyRequest) -> sheets.Format:
    wanted = (await forms.read(request)).get("format") or "csv"
    found = next((one for one in sheets.FORMATS if one == wanted), None)
    if found is None:
        raise Invalid({"format": _("This is not one of the choices.")})
    return found


ROUTES = [*(_route(listing) for listing in LISTINGS.values()), members, results]
