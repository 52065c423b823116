"""Quotes, for staff, programs, and the users of a client."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from core import actor, clock, db
from core.actor import Actor
from core.billing import accounts, offer_states, offers
from core.billing.offer_states import Sending
from core.billing.services import NewService
from tests.web.matrix.row import NEW, rows
from tests.web.matrix.rows import payments, services

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ, CREATE = "service:read", "service:create"
SEEN, ORDER = "portal:services:read", "portal:orders:place"
PRICE = {"price_id": "$price_on_sale"}
OWN = {"kinds": {"offer_id": "own_offer"}}
LATER = (clock.now() + timedelta(days=30)).date().isoformat()
INTO = {"kinds": {"account_id": "owing_account"}}
PLACEHOLDERS = {"offer_id": "offer", "offer_line_id": "offer_line"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/offers", READ, {}),
        ("GET /staff/clients/{code}/offers", READ, {}),
        ("POST /staff/clients/{code}/offers", CREATE, {"send": {}}),
        ("GET /staff/offers/{offer_id}", READ, {}),
        ("GET /staff/offers/{offer_id}/pdf", READ, {}),
        ("GET /staff/offers/{offer_id}/lines/new", CREATE, {}),
        ("POST /staff/offers/{offer_id}/lines", CREATE, {"send": PRICE}),
        ("POST /staff/offers/{offer_id}/lines/{offer_line_id}/remove", CREATE, {"send": {}}),
        ("POST /staff/offers/{offer_id}/send", CREATE, {"send": {"valid_until": LATER}}),
        ("POST /staff/offers/{offer_id}/withdraw", CREATE, {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/offers", READ, {}),
        ("POST /api/v1/balances/{account_id}/offers", CREATE, INTO | NEW | {"send": {"lines": []}}),
        ("GET /api/v1/offers/{offer_id}", READ, {}),
        ("POST /api/v1/offers/{offer_id}/send", CREATE, {"send": {"valid_until": LATER}}),
        ("POST /api/v1/offers/{offer_id}/withdraw", CREATE, {"send": {}}),
    ),
    *rows(
        "portal",
        "provider",
        ("GET /offers", SEEN, {}),
        ("GET /offers/{offer_id}", SEEN, OWN),
        ("GET /offers/{offer_id}/pdf", SEEN, OWN),
        ("POST /offers/{offer_id}/accept", ORDER, OWN | {"send": {}}),
        ("POST /offers/{offer_id}/decline", ORDER, OWN | {"send": {"reason": "Too dear"}}),
        by="dupont",
    ),
]
_FILTER = "number client project day_from day_to state"
PARAMETERS = {"/staff/offers": f"{_FILTER} after before", "/api/v1/offers": f"{_FILTER} after before limit"}
RULED = {"offers.state", "offers.currency"}


async def offer(world: "World", by: Actor) -> int:
    """A draft with a service."""
    price_id = await services.price_on_sale(world, by)
    account_id = await payments.owing_account(world, by)
    async with db.as_tenant(by.tenant.id):
        made = await offers.create(account_id, [NewService(price_id=price_id)], by=by)
        return int(made["id"])


async def offer_line(world: "World", by: Actor) -> int:
    """The service of the draft that was made last."""
    async with db.as_tenant(by.tenant.id):
        made = await db.value("SELECT id FROM offer_lines ORDER BY created_at DESC, id DESC LIMIT 1")
    if made is not None:
        return int(made)
    await offer(world, by)
    return await offer_line(world, by)


async def own_offer(world: "World", by: Actor) -> int:
    """A quote that was sent to the client that a user acts for; of staff, to one of theirs."""
    staff = actor.system(by.tenant)
    if by.client is None:
        offer_id = await offer(world, by)
    else:
        price_id = await services.price_on_sale(world, staff)
        async with db.as_tenant(by.tenant.id):
            account = (await accounts.held_by(by.client.id))[0]
            new = [NewService(price_id=price_id)]
            offer_id = int((await offers.create(account["id"], new, by=staff))["id"])
    async with db.as_tenant(by.tenant.id):
        await offer_states.send(offer_id, Sending(valid_until=date.fromisoformat(LATER)), by=staff)
    return offer_id


MAKERS = {made.__name__: made for made in (offer, offer_line, own_offer)}
