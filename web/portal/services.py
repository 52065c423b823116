"""A service in the portal: what it is, renewing it early, changing it, cancelling it, and taking that back."""

from collections.abc import Awaitable
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import how_to_pay, own_services, services
from core.billing.accounts import TooLittle
from core.catalog import terms
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from web.kit import forms, service_forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/services"
MANAGE = in_client(Right.SERVICES_MANAGE)


@get(f"{HERE}/{{service_id:int}}", **in_client(Right.SERVICES_READ))
async def show(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """One service, and what can be done with it."""
    return await _show(request, service_id, by=by)


@get(f"{HERE}/{{service_id:int}}/renew", **MANAGE)
async def ask_to_renew(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """The next period and its price, or why it cannot be renewed."""
    return await _renewal(request, service_id, by=by)


@post(f"{HERE}/{{service_id:int}}/renew", status_code=200, **MANAGE)
async def renew(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Charge it; when it would be another amount than was shown, show it anew."""
    units, start = service_forms.renewal(await forms.read(request))
    try:
        await own_services.renew(service_id, units, start or date.min, by=by)
    except Conflict as conflict:
        return await _renewal(request, service_id, refused=conflict, by=by)
    return redirect(request, f"{HERE}/{service_id}", toast=_("Thank you. The next period was charged."))


@get(f"{HERE}/{{service_id:int}}/change", **MANAGE)
async def ask_to_change(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """What it can be changed to; and when a price is chosen, what that costs."""
    form = Form(dict(request.query_params))
    if form.get("price_id"):
        return await _change(request, service_id, form, by=by)
    service, found, refused = await own_services.get(service_id, by=by), [], ""
    try:
        found = await own_services.targets(service_id, by=by)
    except Conflict as conflict:
        refused = conflict.message
    return page(
        request,
        "portal/services/change_choose.html",
        **_named(service),
        refused=refused,
        targets=[(name, sheet, terms.of_sheet(sheet)) for name, sheet in found],
    )


@post(f"{HERE}/{{service_id:int}}/change", status_code=200, **MANAGE)
async def change(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Show what it comes to, or change it; when that is not what was shown, show it anew."""
    form = await forms.read(request)
    if form.get("reckon"):
        return await _change(request, service_id, form, by=by)
    try:
        done = await own_services.change(service_id, service_forms.change(form, with_expected=True), by=by)
    except Invalid as refusal:
        return await _change(request, service_id, form.refused(refusal), status=422, by=by)
    except Conflict as conflict:
        return await _change(request, service_id, form, refused=conflict, status=409, by=by)
    told = _("The change is planned.") if done["change_on"] else _("Your service was changed.")
    return redirect(request, f"{HERE}/{service_id}", toast=told)


@post(f"{HERE}/{{service_id:int}}/change/withdraw", status_code=200, **MANAGE)
async def withdraw(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Take a planned change back."""
    done = own_services.withdraw(service_id, by=by)
    return await _do(request, service_id, done, _("The change was taken back."), by=by)


@get(f"{HERE}/{{service_id:int}}/cancel", **MANAGE)
async def ask_to_cancel(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """When it would end, and a reason if one likes."""
    return await _cancelling(request, service_id, by=by)


@post(f"{HERE}/{{service_id:int}}/cancel", status_code=200, **MANAGE)
async def cancel(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """End it with its period."""
    form = await forms.read(request)
    try:
        await own_services.cancel(service_id, form.get("reason"), by=by)
    except Invalid as refusal:
        return await _cancelling(request, service_id, form=form.refused(refusal), status=422, by=by)
    except Conflict as conflict:
        return await _cancelling(request, service_id, form=form, refused=conflict.message, status=409, by=by)
    return redirect(request, f"{HERE}/{service_id}", toast=_("Your service was cancelled."))


@post(f"{HERE}/{{service_id:int}}/keep", status_code=200, **MANAGE)
async def keep(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Take the cancelling back."""
    done = own_services.keep(service_id, by=by)
    return await _do(request, service_id, done, _("Your service goes on after its period."), by=by)


async def _do(
    request: AnyRequest, service_id: int, done: Awaitable[Any], told: str, *, by: Actor
) -> Response[Any]:
    try:
        await done
    except Conflict as conflict:
        return await _show(request, service_id, refused=conflict.message, status=409, by=by)
    return redirect(request, f"{HERE}/{service_id}", toast=told)


async def _show(
    request: AnyRequest, service_id: int, *, refused: str = "", status: int = 200, by: Actor
) -> Response[str]:
    service = await own_services.get(service_id, by=by)
    acts = await own_services.acts(service, by=by)
    return page(request, "portal/services/show.html", status=status, **_named(service), acts=acts, refused=refused)


async def _renewal(
    request: AnyRequest, service_id: int, *, refused: Conflict | None = None, by: Actor
) -> Response[str]:
    service, quoted = await own_services.get(service_id, by=by), None
    status, told = (409, refused.message) if refused else (200, "")
    try:
        quoted = await own_services.renewal(service_id, by=by)
    except Conflict as conflict:
        told = told or conflict.message
    return page(
        request,
        "portal/services/renew.html",
        status=status,
        **_named(service),
        quote=quoted,
        refused=told,
        pay=await _pay(service, refused, by=by),
    )


async def _change(
    request: AnyRequest,
    service_id: int,
    form: Form,
    *,
    refused: Conflict | None = None,
    status: int = 200,
    by: Actor,
) -> Response[str]:
    """The addons of a price, and what it comes to as far as that can be said."""
    service, found, quoted = await own_services.get(service_id, by=by), [], None
    told = refused.message if refused else ""
    try:
        found = await own_services.targets(service_id, by=by)
    except Conflict as conflict:
        given: dict[str, Any] = {"refused": told or conflict.message, "targets": []}
        return page(
            request, "portal/services/change_choose.html", status=max(status, 409), **_named(service), **given
        )
    chosen = next((one for one in found if str(one[1].price_id) == form.get("price_id")), None)
    if chosen is None:
        raise NotFound()
    started = Form(service_forms.usual(chosen[1], service["addons"]) | form.values, form.errors)
    try:
        quoted = await own_services.change_quote(service_id, service_forms.change(started), by=by)
    except Invalid as refusal:
        started, status = started.refused(Invalid(refusal.errors | form.errors)), max(status, 422)
    return page(
        request,
        "portal/services/change.html",
        status=status,
        **_named(service),
        name=chosen[0],
        sheet=chosen[1],
        new_term=terms.of_sheet(chosen[1]),
        form=started,
        quote=quoted,
        refused=told,
        pay=await _pay(service, refused, by=by),
    )


async def _cancelling(
    request: AnyRequest,
    service_id: int,
    *,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
    by: Actor,
) -> Response[str]:
    service, can_be = await own_services.get(service_id, by=by), True
    try:
        await own_services.may_cancel(service_id, by=by)
    except Conflict as conflict:
        refused, can_be = refused or conflict.message, False
    shown: dict[str, Any] = {"form": form or Form({}), "refused": refused, "can_be": can_be}
    return page(request, "portal/services/cancel.html", status=status, **_named(service), **shown)


async def _pay(service: Any, refused: Conflict | None, *, by: Actor) -> str:
    """Where it says how to pay what is missing, "" when that is not the matter, or nothing for this user."""
    if not isinstance(refused, TooLittle) or not memberships.may(by, Right.INVOICES_READ):
        return ""
    if not await how_to_pay.is_there(by=by):
        return ""
    return f"/pay?account={service['account_id']}&missing={refused.missing}"


def _named(service: Any) -> dict[str, Any]:
    return {"service": service, "title": services.title(service), "term": terms.of_row(service)}


ROUTES: list[Any] = [show, ask_to_renew, renew, ask_to_change, change, withdraw, ask_to_cancel, cancel, keep]
