"""Changing a service: what it can be changed to, what that costs, doing or planning it, and taking it back."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.billing import service_changes, services
from core.catalog import terms
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, service_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/staff/services"


@get("/services/{service_id:int}/change", **requires(Permission.SERVICE_UPDATE))
async def new(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """What it can be changed to; and when a price is chosen, what that costs."""
    form = Form(dict(request.query_params))
    if form.get("price_id"):
        return await _configure(request, service_id, form, by=by)
    service = await services.get(service_id, by=by)
    found = await service_changes.targets(service, by=by)
    return page(
        request,
        "staff/services/change_choose.html",
        service=service,
        title=services.title(service),
        refused=service_changes.why_not(service),
        targets=[(name, sheet, terms.of_sheet(sheet)) for name, sheet in found],
    )


@post("/services/{service_id:int}/change", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def create(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Show what it comes to, or change it; when that is not what was shown, show it anew."""
    form = await forms.read(request)
    if form.get("reckon"):
        return await _configure(request, service_id, form, by=by)
    try:
        done = await service_changes.change(service_id, service_forms.change(form, with_expected=True), by=by)
    except Invalid as refusal:
        return await _configure(request, service_id, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        refused = form.refused(Invalid({"": conflict.message}))
        return await _configure(request, service_id, refused, by=by, status=409)
    told = _("The change is planned.") if done["change_on"] else _("The service was changed.")
    return redirect(request, f"{HERE}/{service_id}", toast=told)


@post("/services/{service_id:int}/change/withdraw", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def withdraw(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Take a planned change back."""
    await service_changes.withdraw(service_id, by=by)
    return redirect(request, f"{HERE}/{service_id}", toast=_("The change was taken back."))


async def _configure(
    request: AnyRequest, service_id: int, form: Form, *, by: Actor, status: int = 200
) -> Response[str]:
    """The addons of a price, when it begins, and what it comes to as far as that can be said."""
    service, quoted = await services.get(service_id, by=by), None
    found = await service_changes.targets(service, by=by)
    chosen = next((one for one in found if str(one[1].price_id) == form.get("price_id")), None)
    if chosen is None:
        raise NotFound()
    started = Form(service_forms.usual(chosen[1], service["addons"]) | form.values, form.errors)
    try:
        quoted = await service_changes.quote(service_id, service_forms.change(started), by=by)
    except Invalid as refusal:
        started, status = started.refused(Invalid(refusal.errors | form.errors)), max(status, 422)
    except Conflict as conflict:
        started, status = started.refused(Invalid({"": conflict.message} | form.errors)), max(status, 409)
    return page(
        request,
        "staff/services/change.html",
        status=status,
        service=service,
        title=services.title(service),
        name=chosen[0],
        sheet=chosen[1],
        term=terms.of_sheet(chosen[1]),
        form=started,
        quote=quoted,
    )


ROUTES = [new, create, withdraw]
