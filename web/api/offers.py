"""Quotes over JSON: the list, putting one together, sending it, and taking it back."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.actor import Actor
from core.billing import offer_list, offer_states, offers
from core.billing.offer_list import OfferFilter
from core.billing.offer_states import Sending
from core.billing.quotes import Quote
from core.billing.services import NewService
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.visit import By

State = Literal["draft", "sent", "accepted", "declined", "withdrawn"]


class OfferLine(msgspec.Struct, kw_only=True):
    """A service of a quote: its price, and what it became when the quote was accepted."""

    id: int
    plan_id: int
    price_id: int
    name: str
    label: str
    addons: dict[str, int]
    service_id: int | None
    quote: Quote


class Offer(msgspec.Struct, kw_only=True):
    """A quote for the client with the code `client`, in one of its accounts. It holds until `valid_until`."""

    id: int
    number: int
    client: int
    account_id: int
    state: State
    currency: str
    note: str
    valid_until: date | None
    sent_on: date | None
    reason: str
    created_at: Moment
    created_by: str
    ended_at: Moment | None
    ended_by: str


class WholeOffer(Offer, kw_only=True):
    """A quote with its services."""

    lines: list[OfferLine]


class OfferPage(msgspec.Struct, kw_only=True):
    """A page of quotes, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Offer]
    next: str | None
    previous: str | None


class OfferQuery(OfferFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class NewOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The services that it is about, as they would be ordered, without promo codes."""

    lines: list[NewService]


class Withdrawing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: str = ""


@get("/v1/offers", **asks(Permission.SERVICE_READ, query=OfferQuery))
async def index(by: By, asked: NamedDependency[OfferQuery]) -> OfferPage:
    """List the quotes of all clients, the newest first."""
    found = await offer_list.page(asked, by=by, after=asked.after, before=asked.before, size=asked.limit)
    items = [answers.of(Offer, row, client=row["client_code"]) for row in found.rows]
    return OfferPage(items=items, next=found.next, previous=found.previous)


@post("/v1/balances/{account_id:int}/offers", **asks(Permission.SERVICE_CREATE, body=NewOffer))
async def create(by: By, account_id: FromPath[int], sent: NamedDependency[NewOffer]) -> Response[WholeOffer]:
    """Draft a quote for an account; the client sees it when it is sent."""
    made = await offers.create(account_id, sent.lines, by=by)
    return answers.created(await _whole(made["id"], by=by), f"/offers/{made['id']}")


@get("/v1/offers/{offer_id:int}", **asks(Permission.SERVICE_READ))
async def show(by: By, offer_id: FromPath[int]) -> WholeOffer:
    """Get one quote with its services and their prices."""
    return await _whole(offer_id, by=by)


@post("/v1/offers/{offer_id:int}/send", status_code=200, **asks(Permission.SERVICE_CREATE, body=Sending))
async def send(by: By, offer_id: FromPath[int], sent: NamedDependency[Sending]) -> WholeOffer:
    """Show a draft to the client; its prices are held until the day."""
    await offer_states.send(offer_id, sent, by=by)
    return await _whole(offer_id, by=by)


@post("/v1/offers/{offer_id:int}/withdraw", status_code=200, **asks(Permission.SERVICE_CREATE, body=Withdrawing))
async def withdraw(by: By, offer_id: FromPath[int], sent: NamedDependency[Withdrawing]) -> WholeOffer:
    """Take a quote back that was not answered yet."""
    await offer_states.withdraw(offer_id, sent.reason, by=by)
    return await _whole(offer_id, by=by)


async def _whole(offer_id: int, *, by: Actor) -> WholeOffer:
    row = await offers.get(offer_id, by=by)
    found = [answers.of(OfferLine, line.row, quote=line.quote) for line in await offers.lines(offer_id)]
    return answers.of(WholeOffer, row, client=row["client_code"], lines=found)


ROUTES = [index, create, show, send, withdraw]
