"""Moving services to a price list: what each pays now and then, and doing it as a task."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.billing import price_moves
from core.catalog import terms
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import price_lists

SHOWN = 200


@get("/price-lists/{list_id:int}/move", **requires(Permission.SERVICE_UPDATE))
async def show(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[str]:
    """What moving would do. Looking changes nothing."""
    return await _show(request, list_id, by=by)


@post(
    "/price-lists/{list_id:int}/move",
    status_code=200,
    **requires(Permission.SERVICE_UPDATE),
)
async def start(request: AnyRequest, by: By, list_id: FromPath[int]) -> Response[Any]:
    """Begin it, and go on to its progress."""
    try:
        task_id = await price_moves.start(list_id, by=by)
    except Conflict as conflict:
        return await _show(request, list_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The services are being moved."))


async def _show(
    request: AnyRequest, list_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    found = await price_moves.preview(list_id, by=by)
    return page(
        request,
        "staff/price_lists/move.html",
        status=status,
        preview=found,
        price_list=found.price_list,
        moves=found.moves[:SHOWN],
        term=terms.of_row,
        label=terms.label,
        crumbs=price_lists.crumbs(found.price_list),
        refused=refused,
    )


ROUTES = [show, start]
