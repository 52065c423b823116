"""Renewing a service early: what its next period costs, and charging it now."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.billing import early_renewals, services
from core.catalog import terms
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, service_forms
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/staff/services"


@get("/services/{service_id:int}/renew", **requires(Permission.SERVICE_UPDATE))
async def ask(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """The next period and its price, or why it cannot be renewed."""
    return await _ask(request, service_id, by=by)


@post("/services/{service_id:int}/renew", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def renew(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Charge it; when it would be another amount than was shown, show it anew."""
    units, start = service_forms.renewal(await forms.read(request))
    try:
        await early_renewals.renew(service_id, units, start, by=by)
    except Conflict as conflict:
        return await _ask(request, service_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{service_id}", toast=_("The next period was charged."))


async def _ask(
    request: AnyRequest, service_id: int, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    service, quoted = await services.get(service_id, by=by), None
    try:
        quoted = await early_renewals.quote(service_id, by=by)
    except Conflict as conflict:
        refused = refused or conflict.message
    return page(
        request,
        "staff/services/renew.html",
        status=status,
        service=service,
        title=services.title(service),
        term=terms.of_row(service),
        quote=quoted,
        refused=refused,
    )


ROUTES = [ask, renew]
