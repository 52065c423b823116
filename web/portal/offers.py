"""The client's quotes, as its users see them: what was sent, accepting it, or declining it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import offer_papers, offers, own_offers
from core.errors import Conflict, Invalid, TooManyAttempts
from core.i18n import N_, _
from web.kit import downloads, forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/offers"
THANKS = {
    "begun": N_("Thank you. Your services have begun."),
    "short": N_("Thank you. Your services begin when your account covers them."),
    "held": N_("Thank you. We look at your order, and begin it then."),
}
READ = in_client(Right.SERVICES_READ)
ANSWER = in_client(Right.ORDERS_PLACE)


@get(HERE, **READ)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The newest ones."""
    today = clock.today(by.tenant.timezone)
    return page(request, "portal/offers/index.html", rows=await own_offers.every(by=by), today=today)


@get(f"{HERE}/{{offer_id:int}}", **READ)
async def show(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[str]:
    """One of them, with what it costs."""
    return await _show(request, offer_id, by=by)


@get(f"{HERE}/{{offer_id:int}}/pdf", **READ)
async def pdf(by: By, offer_id: FromPath[int]) -> Response[bytes]:
    """The document."""
    return downloads.file(await offer_papers.of(await own_offers.get(offer_id, by=by), by=by))


@post(f"{HERE}/{{offer_id:int}}/accept", status_code=200, **ANSWER)
async def accept(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[Any]:
    """Order what stands in it."""
    try:
        came = await own_offers.accept(offer_id, by=by)
    except Conflict as conflict:
        return await _show(request, offer_id, by=by, refused=conflict.message, status=409)
    except TooManyAttempts as full:
        response = await _show(request, offer_id, by=by, refused=full.message, status=429)
        response.set_header("Retry-After", str(full.retry_after))
        return response
    return redirect(request, f"{HERE}/{offer_id}", toast=_(THANKS[came]))


@post(f"{HERE}/{{offer_id:int}}/decline", status_code=200, **ANSWER)
async def decline(request: AnyRequest, by: By, offer_id: FromPath[int]) -> Response[Any]:
    """Say no, and why."""
    form = await forms.read(request)
    try:
        await own_offers.decline(offer_id, form.get("reason"), by=by)
    except Invalid as refusal:
        return await _show(request, offer_id, by=by, form=form.refused(refusal), status=422)
    except Conflict as conflict:
        return await _show(request, offer_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{offer_id}", toast=_("You declined the quote."))


async def _show(
    request: AnyRequest,
    offer_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    offer = await own_offers.get(offer_id, by=by)
    return page(
        request,
        "portal/offers/show.html",
        status=status,
        offer=offer,
        lines=await offers.lines(offer_id),
        form=form or Form({}),
        refused=refused,
        is_over=offer["state"] == "sent" and offer["valid_until"] < clock.today(by.tenant.timezone),
    )


ROUTES: list[Any] = [index, show, pdf, accept, decline]
