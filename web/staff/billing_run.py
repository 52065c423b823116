"""The billing run: what it would do today, starting it, and who waits for money."""

from typing import Any

from litestar import Response, get, post

from core.actor import Actor
from core.billing import billing_run
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/staff/billing-run"


@get("/billing-run", **requires(Permission.SERVICE_BILL))
async def show(request: AnyRequest, by: By) -> Response[str]:
    """What a run would do today. Looking changes nothing."""
    return await _show(request, by=by)


@post("/billing-run", status_code=200, **requires(Permission.SERVICE_BILL))
async def start(request: AnyRequest, by: By) -> Response[Any]:
    """Begin it, and go on to its progress."""
    try:
        task_id = await billing_run.start(by=by)
    except Conflict as conflict:
        return await _show(request, by=by, refused=conflict.message, status=409)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The billing run has begun."))


async def _show(request: AnyRequest, *, by: Actor, refused: str = "", status: int = 200) -> Response[str]:
    return page(
        request,
        "staff/billing_run.html",
        status=status,
        preview=await billing_run.preview(by=by),
        parked=await billing_run.parked(by=by),
        runs=await billing_run.latest(by=by),
        refused=refused,
    )


ROUTES = [show, start]
