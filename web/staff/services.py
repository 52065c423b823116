"""Services: the list of all, those of a client, ordering with the price before it is accepted, and one service."""

from collections.abc import Awaitable
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import clients
from core.actor import Actor
from core.billing import (
    accounts,
    expense_list,
    fraud_orders,
    service_list,
    service_prices,
    service_states,
    services,
)
from core.billing.quotes import Quote
from core.billing.service_list import ServiceFilter
from core.billing.services import NewService
from core.catalog import price_sheets, terms
from core.errors import Conflict, Invalid, NotFound
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import forms, money_forms, service_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, list_saving, money_lists
from web.staff.money_lists import MoneyList

HERE = "/staff/services"
LABELS = money_lists.LABELS | {
    "label": N_("Which one"),
    "state": N_("State"),
    "day_from": N_("Next from"),
    "day_to": N_("Next to"),
    "ordered_from": N_("Ordered from"),
    "ended_from": N_("Ended from"),
    "waits": N_("Waits for"),
}
LIST = MoneyList(
    name="services",
    filter=ServiceFilter,
    listed=service_list,
    labels=LABELS,
    words=money_lists.named(state=services.STATE_NAMES, waits={"funds": N_("Money")}),
)
CAUSES = {"abuse": N_("Abuse"), "unpaid": N_("Not paid"), "request": N_("The client asked for it")}


@get("/services", **requires(Permission.SERVICE_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    found = await money_lists.read(request, LIST, by=by)
    sums = [("period", _("A period of each, by the list"))]
    return page(
        request,
        "staff/services/index.html",
        sums=sums,
        term=terms.of_row,
        **found,
    )


@get("/clients/{code:int}/services", **requires(Permission.SERVICE_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The newest services of one client."""
    client = await clients.get(code, by=by)
    found = await service_list.of_client(client["id"], by=by)
    may = policies.allows(by, Permission.SERVICE_CREATE) and client["status"] != "closed"
    return await client_tabs.show(
        request, client, "services", by=by, rows=found, may_create=may, term=terms.of_row
    )


@get("/clients/{code:int}/services/new", **requires(Permission.SERVICE_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """What can be ordered; and when a price is chosen, its addons and what it comes to."""
    client = await clients.get(code, by=by)
    clients.require_open(client, ["service"])
    form = Form(dict(request.query_params))
    account = await _account(form, client, by=by)
    if not form.get("price_id"):
        return await _choose(request, client, account, by=by)
    return await _configure(request, form, client, account, by=by)


@post("/clients/{code:int}/services", status_code=200, **requires(Permission.SERVICE_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Show what it comes to, or order it."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    account = await _account(form, client, by=by)
    if form.get("reckon"):
        return await _configure(request, form, client, account, by=by)
    try:
        made = await services.create(account["id"], _asked(form), key=money_forms.key_of(form), by=by)
        is_held = await fraud_orders.is_held(made)
        if form.get("begin") and not is_held:
            policies.require(by, Permission.SERVICE_UPDATE)
            await service_states.activate(made["id"], by=by)
    except Invalid as refusal:
        return await _configure(request, form.refused(refusal), client, account, by=by, status=422)
    except Conflict as conflict:
        refused = form.refused(Invalid({"": conflict.message}))
        return await _configure(request, refused, client, account, by=by, status=409)
    told = _("The service was ordered. It waits until the order is approved.") if is_held else ""
    return redirect(request, f"{HERE}/{made['id']}", toast=told or _("The service was ordered."))


@get("/services/{service_id:int}", **requires(Permission.SERVICE_READ))
async def show(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """One service: what it costs and why, what became of it, and what can become of it."""
    return await _show(request, service_id, by=by)


@post("/services/{service_id:int}/activate", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def activate(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Let it begin."""
    done = service_states.activate(service_id, by=by)
    return await _do(request, service_id, Form(), done, _("The service is active."), by=by)


@post("/services/{service_id:int}/suspend", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def suspend(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Stop it."""
    form = await forms.read(request)
    done = service_states.suspend(service_id, form.get("cause"), form.get("reason"), by=by)
    return await _do(request, service_id, form, done, _("The service is suspended."), by=by)


@post("/services/{service_id:int}/cancel", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def cancel(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """End it, now or with its period."""
    form = await forms.read(request)
    done = service_states.cancel(service_id, form.get("when"), form.get("why"), by=by)
    given = Form({**form.values, "reason": ""})
    return await _do(request, service_id, given, done, _("The service was cancelled."), by=by)


@post("/services/{service_id:int}/keep", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def keep(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Take the cancelling back."""
    done = service_states.keep(service_id, by=by)
    return await _do(request, service_id, Form(), done, _("The service goes on after its period."), by=by)


async def _do(
    request: AnyRequest, service_id: int, form: Form, done: Awaitable[Any], told: str, *, by: Actor
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        return await _show(request, service_id, by=by, form=form.refused(refusal), status=422)
    except Conflict as conflict:
        return await _show(request, service_id, by=by, form=form, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{service_id}", toast=told)


async def _show(
    request: AnyRequest,
    service_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    service = await services.get(service_id, by=by)
    may_see = policies.allows(by, Permission.EXPENSE_READ)
    return page(
        request,
        "staff/services/show.html",
        status=status,
        service=service,
        title=services.title(service),
        term=terms.of_row(service),
        quote=msgspec.convert(service["trace"], Quote),
        expenses=await expense_list.of_service(service_id, by=by) if may_see else [],
        history=await services.history(service_id, by=by),
        state_names={key: _(label) for key, label in services.STATE_NAMES.items()},
        causes=[(key, _(label)) for key, label in CAUSES.items()],
        form=form or Form({"when": "period_end", "cause": "request"}),
        refused=refused,
        may_change=policies.allows(by, Permission.SERVICE_UPDATE),
        is_held=await fraud_orders.is_held(service),
    )


async def _account(form: Form, client: Any, *, by: Actor) -> Any:
    """The account that is ordered into: the one that is named, else the home."""
    found = await accounts.of(client["id"], by=by)
    return next((row for row in found if str(row["id"]) == form.get("account_id")), found[0])


async def _choose(request: AnyRequest, client: Any, account: Any, *, by: Actor) -> Response[str]:
    offered = await service_prices.offered(account, by=by)
    return page(
        request,
        "staff/services/choose.html",
        client=client,
        account=account,
        accounts=await accounts.of(client["id"], by=by),
        offered=[
            (
                f"{one.plan['product_name']} {one.plan['name']}",
                [(sheet, terms.of_sheet(sheet)) for sheet in one.sheets],
            )
            for one in offered
        ],
    )


async def _configure(
    request: AnyRequest, form: Form, client: Any, account: Any, *, by: Actor, status: int = 200
) -> Response[str]:
    """The addons of a price, and what it comes to as far as that can be said."""
    price_id, quoted = service_forms.number(form.get("price_id")), None
    sheet = await price_sheets.of_price(price_id) if price_id else None
    if sheet is None:
        raise NotFound()
    try:
        quoted = await service_prices.quote(account["id"], _asked(form), by=by)
    except Invalid as refusal:
        form, status = form.refused(Invalid(refusal.errors | form.errors)), 422 if status == 200 else status
    started = Form(service_forms.usual(sheet) | money_forms.begun({}).values | form.values, form.errors)
    return page(
        request,
        "staff/services/configure.html",
        status=status,
        client=client,
        account=account,
        sheet=sheet,
        term=terms.of_sheet(sheet),
        form=started,
        quote=quoted,
        may_begin=policies.allows(by, Permission.SERVICE_UPDATE),
    )


def _asked(form: Form) -> NewService:
    """What a form asks for; `Invalid` for what is no number."""
    price_id = service_forms.number(form.get("price_id")) or 0
    return NewService(
        price_id=price_id, addons=service_forms.addons(form), label=form.get("label"), code=form.get("code")
    )


ROUTES = [index, show_of_client, new, create, show, activate, suspend, cancel, keep]
