"""The client's tickets, as its users see them: reading, opening one, answering, closing, and going on."""

from collections.abc import Awaitable, Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from core import figures
from core.accounts import memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.billing.accounts import TooLittle
from core.errors import Conflict, Invalid
from core.i18n import _
from core.support import attachments, own_tickets, ticket_categories, ticket_links, ticket_statuses
from core.support.own_tickets import OwnTicket
from core.support.ticket_prices import Quoted
from web.kit import attaching, downloads, filtered, forms, money_forms, ticket_pages
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.money_forms import ONCE
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/tickets"
READ, WRITE = in_client(Right.TICKETS_READ), in_client(Right.TICKETS_WRITE)
AGREED = "agreed"
ONE_FORM = frozenset({ONCE, AGREED, attaching.FIELD})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the user says."""

    text: str = ""


@get(HERE, **READ)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The latest ones first, page by page."""
    query = request.query_params
    found = await own_tickets.page(after=query.get("after", ""), before=query.get("before", ""), by=by)
    return page(
        request,
        "portal/tickets/index.html",
        rows=[(row, ticket_statuses.shown(row), ticket_statuses.in_words(row, "category")) for row in found.rows],
        page=filtered.paging(HERE, {}, found.previous, found.next),
    )


@get(f"{HERE}/new", **WRITE)
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    given = {name: request.query_params.get(name, "") for name in ("category_id", "service_id", "invoice_id")}
    return await _form(request, money_forms.begun(given), by=by)


@post(HERE, status_code=200, request_max_body_size=attaching.MOST_BYTES, **WRITE)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Open one."""
    form = await forms.read(request)
    try:
        wanted, files = form.into(OwnTicket, ignore=ONE_FORM), await attaching.taken(request, by=by)
        agreed = _agreed(form, wanted.category_id)
        made = await own_tickets.open_ticket(wanted, agreed=agreed, key=money_forms.key_of(form), by=by)
        await attachments.keep_first(made["id"], files)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    except TooLittle:
        return await _form(request, _too_little(form), by=by, status=409)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("Thank you. We come back to you."))


@get(f"{HERE}/{{ticket_id:int}}", **READ)
async def show(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """One of them, and answering."""
    ticket = await own_tickets.get(ticket_id, by=by)
    if ticket["merged_into_id"] is not None:
        return redirect(request, f"{HERE}/{ticket['merged_into_id']}")
    return await _show(request, ticket_id, by=by)


@post(
    f"{HERE}/{{ticket_id:int}}/messages",
    status_code=200,
    request_max_body_size=attaching.MOST_BYTES,
    **WRITE,
)
async def say(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Say something in it."""
    form = await forms.read(request)
    try:
        said, files = form.into(Said, ignore=ONE_FORM), await attaching.taken(request, by=by)
        agreed = _units(form.get(AGREED))
        made = await own_tickets.reply(ticket_id, said.text, agreed=agreed, key=money_forms.key_of(form), by=by)
        await attachments.keep(made["id"], files)
    except Invalid as refusal:
        return await _show(request, ticket_id, by=by, form=form.refused(refusal), status=422)
    except TooLittle:
        return await _show(request, ticket_id, by=by, form=_too_little(form), status=409)
    return redirect(request, f"{HERE}/{ticket_id}", toast=_("Your message was sent."))


@post(f"{HERE}/{{ticket_id:int}}/close", status_code=200, **WRITE)
async def close(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Say that it is done."""
    done = own_tickets.close(ticket_id, by=by)
    return await _do(request, ticket_id, done, by=by, toast=_("The ticket was closed."))


@post(f"{HERE}/{{ticket_id:int}}/reopen", status_code=200, **WRITE)
async def reopen(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """Go on with it."""
    done = own_tickets.reopen(ticket_id, by=by)
    return await _do(request, ticket_id, done, by=by, toast=_("The ticket is open again."))


@get(f"{HERE}/files/{{attachment_id:int}}", **READ)
async def download(by: By, attachment_id: FromPath[int]) -> Stream:
    """A file of a message, to be saved and never shown."""
    file = await attachments.own_content(attachment_id, by=by)
    return downloads.attachment(file["name"], file["content"])


async def _do(
    request: AnyRequest, ticket_id: int, done: Awaitable[Any], *, toast: str, by: Actor
) -> Response[Any]:
    try:
        await done
    except Conflict as conflict:
        return await _show(request, ticket_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{ticket_id}", toast=toast)


async def _show(
    request: AnyRequest,
    ticket_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    ticket = await own_tickets.get(ticket_id, by=by)
    seat = memberships.require(by)
    return page(
        request,
        "portal/tickets/show.html",
        status=status,
        ticket=ticket,
        state_name=ticket_statuses.shown(ticket),
        category=ticket_statuses.in_words(ticket, "category"),
        linked=await ticket_links.of(ticket, by=by),
        messages=await ticket_pages.messages(await own_tickets.messages(ticket_id, by=by)),
        files=await attaching.offered(),
        form=form or money_forms.begun({}),
        refused=refused,
        price=await own_tickets.price_of_reply(ticket, by=by),
        may_write=memberships.may(by, Right.TICKETS_WRITE) and not seat.is_closed,
    )


async def _form(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    services, invoices = await own_tickets.links(by=by)
    offered, prices = await own_tickets.categories(by=by), await own_tickets.prices(by=by)
    return page(
        request,
        "portal/tickets/new.html",
        status=status,
        form=form,
        categories=[(row["id"], _with_price(row, prices)) for row in offered],
        agreed=" ".join(f"{key}:{price.gross_units}" for key, price in prices.items()),
        services=services,
        invoices=invoices,
        files=await attaching.offered(),
    )


def _with_price(category: Any, prices: Mapping[int, Quoted]) -> str:
    """A category as a choice that says what it costs."""
    name, price = ticket_categories.name(category), prices.get(category["id"])
    if price is None:
        return name
    amount = figures.amount(price.gross_units, price.currency)
    if price.per == "ticket":
        return _("%(name)s: costs %(amount)s") % {"name": name, "amount": amount}
    return _("%(name)s: costs %(amount)s a message") % {"name": name, "amount": amount}


def _agreed(form: Form, category_id: int | None) -> int | None:
    """The price that the page showed for a category."""
    shown = dict(part.partition(":")[::2] for part in form.get(AGREED).split())
    return _units(shown.get(str(category_id), ""))


def _units(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _too_little(form: Form) -> Form:
    """Users are told that money is missing; what the account may owe is for staff."""
    return Form(form.values, {"": _("Your account does not cover this. Please top it up first.")})


ROUTES: list[Any] = [index, new, create, show, say, close, reopen, download]
