"""Quotes for clients: the list of all, those of a client, putting one together, sending it and taking it back."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import clients
from core.actor import Actor
from core.billing import accounts, offer_list, offer_papers, offer_states, offers, service_prices
from core.billing.offer_list import OfferFilter
from core.billing.offer_states import Sending
from core.billing.services import NewService
from core.catalog import price_sheets, terms
from core.errors import Conflict, Invalid, NotFound
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import downloads, forms, money_forms, service_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, list_saving, money_lists
from web.staff.money_lists import MoneyList

HERE = "/staff/offers"
STATES = {
    "draft": N_("Draft"),
    "sent": N_("Sent"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "withdrawn": N_("Taken back"),
}
LIST = MoneyList(
    name="offers",
    filter=OfferFilter,
    listed=offer_list,
    labels=money_lists.LABELS
    | {"number": N_("Document no."), "state": N_("State"), "day_from": N_("Sent from"), "day_to": N_("Sent to")},
    words=money_lists.named(state=STATES),
)


@get("/offers", **requires(Permission.SERVICE_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    return page(request, "staff/offers/index.html", **await money_lists.read(request, LIST, by=by))


@get("/clients/{code:int}/offers", **requires(Permission.SERVICE_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """Those of one client, and beginning another one."""
    client = await clients.get(code, by=by)
    may = policies.allows(by, Permission.SERVICE_CREATE) and client["status"] != "closed"
    return await client_tabs.show(
        request,
        client,
        "offers",
        by=by,
        rows=await offers.of_client(client["id"], by=by),
        may_create=may,
        accounts=await accounts.of(client["id"], by=by) if may else [],
        form=money_forms.begun({}),
    )


@post("/clients/{code:int}/offers", status_code=200, **requires(Permission.SERVICE_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Begin one, and go on to what stands in it."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    held = await accounts.of(client["id"], by=by)
    account = next((row for row in held if str(row["id"]) == form.get("account_id")), held[0])
    made = await offers.create(account["id"], key=money_forms.key_of(form), by=by)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The quote was begun."))


@get("/offers/{offer_id:int}", **requires(Permission.SERVICE_READ))
async def show(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[str]:
    """One quote: what stands in it, what it costs, and what can become of it."""
    return await _show(request, offer_id, by=by)


@get("/offers/{offer_id:int}/pdf", **requires(Permission.SERVICE_READ))
async def pdf(by: By, offer_id: FromPath[int]) -> Response[bytes]:
    """The document."""
    return downloads.file(await offer_papers.of(await offers.get(offer_id, by=by), by=by))


@get("/offers/{offer_id:int}/lines/new", **requires(Permission.SERVICE_CREATE))
async def new_line(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[str]:
    """What can be quoted; and when a price is chosen, its addons."""
    offer = await offers.get(offer_id, by=by)
    form = Form(dict(request.query_params))
    if form.get("price_id"):
        return await _configure(request, offer, form)
    account = await accounts.get(offer["account_id"], by=by)
    offered = [
        (f"{one.plan['product_name']} {one.plan['name']}", sheet, terms.of_sheet(sheet))
        for one in await service_prices.offered(account, by=by)
        for sheet in one.sheets
    ]
    return page(request, "staff/offers/choose.html", offer=offer, offered=offered)


@post("/offers/{offer_id:int}/lines", status_code=200, **requires(Permission.SERVICE_CREATE))
async def add_line(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[Any]:
    """Add a service to it."""
    offer = await offers.get(offer_id, by=by)
    form = await forms.read(request)
    try:
        price_id = service_forms.number(form.get("price_id")) or 0
        new = NewService(price_id=price_id, addons=service_forms.addons(form), label=form.get("label"))
        await offers.add_line(offer_id, new, by=by)
    except Invalid as refusal:
        return await _configure(request, offer, form.refused(refusal), status=422)
    except Conflict as conflict:
        return await _show(request, offer_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{offer_id}", toast=_("The service was added to the quote."))


@post(
    "/offers/{offer_id:int}/lines/{offer_line_id:int}/remove",
    status_code=200,
    **requires(Permission.SERVICE_CREATE),
)
async def remove_line(
    request: AnyRequest, by: By, offer_id: FromPath[int], offer_line_id: FromPath[int]
) -> Response[Any]:
    """Take a service out of it."""
    done = offers.remove_line(offer_id, offer_line_id, by=by)
    return await _do(request, offer_id, Form(), done, _("The service was taken out of the quote."), by=by)


@post("/offers/{offer_id:int}/send", status_code=200, **requires(Permission.SERVICE_CREATE))
async def send(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[Any]:
    """Show it to the client."""
    form = await forms.read(request)
    try:
        sending = form.into(Sending)
    except Invalid as refusal:
        return await _show(request, offer_id, by=by, form=form.refused(refusal), status=422)
    done = offer_states.send(offer_id, sending, by=by)
    return await _do(request, offer_id, form, done, _("The client sees the quote now."), by=by)


@post("/offers/{offer_id:int}/withdraw", status_code=200, **requires(Permission.SERVICE_CREATE))
async def withdraw(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[Any]:
    """Take it back."""
    form = await forms.read(request)
    done = offer_states.withdraw(offer_id, form.get("reason"), by=by)
    return await _do(request, offer_id, form, done, _("The quote was withdrawn."), by=by)


async def _do(
    request: AnyRequest, offer_id: int, form: Form, done: Awaitable[Any], told: str, *, by: Actor
) -> Response[Any]:
    try:
        await done
    except Invalid as refusal:
        return await _show(request, offer_id, by=by, form=form.refused(refusal), status=422)
    except Conflict as conflict:
        return await _show(request, offer_id, by=by, form=form, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{offer_id}", toast=told)


async def _show(
    request: AnyRequest,
    offer_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    offer = await offers.get(offer_id, by=by)
    return page(
        request,
        "staff/offers/show.html",
        status=status,
        offer=offer,
        lines=await offers.lines(offer_id),
        form=form or Form({}),
        refused=refused,
        may_change=policies.allows(by, Permission.SERVICE_CREATE),
    )


async def _configure(request: AnyRequest, offer: Any, form: Form, *, status: int = 200) -> Response[str]:
    price_id = service_forms.number(form.get("price_id"))
    sheet = await price_sheets.of_price(price_id) if price_id else None
    if sheet is None:
        raise NotFound()
    started = Form(service_forms.usual(sheet) | form.values, form.errors)
    term = terms.of_sheet(sheet)
    return page(
        request, "staff/offers/line.html", status=status, offer=offer, sheet=sheet, term=term, form=started
    )


ROUTES = [index, show_of_client, create, show, pdf, new_line, add_line, remove_line, send, withdraw]
