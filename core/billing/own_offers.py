"""A client's quotes in the hands of its own users: reading what was sent, accepting it once, or declining it."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record

from core import clock, db
from core.accounts import fraud_checks, memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import (
    accounts,
    fraud_orders,
    offer_states,
    offers,
    phone_orders,
    service_prices,
    service_states,
    services,
)
from core.billing.offers import Line
from core.billing.service_prices import Held, NewService, Order
from core.catalog import price_sheets, stock
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _

Begun = Literal["begun", "short", "held"]
"""Whether what was accepted began; `short`: the account lacks the money; `held`: somebody looks at it first."""
SHOWN = ("sent", "accepted", "declined")


async def every(*, by: Actor) -> list[Record]:
    """What was sent to the client that the user acts for, the newest first."""
    seat = memberships.require(by, Right.SERVICES_READ)
    return await db.fetch(
        f"""{offers.WITH_NAMES} WHERE o.client_id = $1 AND o.state = ANY($2::text[])
            ORDER BY o.created_at DESC, o.id DESC LIMIT {offers.MOST_LISTED}""",
        seat.id,
        list(SHOWN),
    )


async def get(offer_id: int, *, by: Actor) -> Record:
    """One of them; `NotFound` for a draft, for what was withdrawn, and for anybody else's."""
    return await _own(offer_id, memberships.require(by, Right.SERVICES_READ).id)


async def accept(offer_id: int, *, by: Actor) -> Begun:
    """Order what was quoted, at the prices that were quoted; whether it began, and if not, why.

    Once: `Conflict` when it was answered before or is over, or when there is none left of something, or when
    a fraud check refuses it; `TooManyRefused` when that was so too often. `PhoneNeeded` when the client has to
    verify its number first.
    """
    account, offer = await _answering(offer_id, by=by)
    if offer["valid_until"] < clock.today(by.tenant.timezone):
        raise Conflict(_("This quote is over. Please ask for a new one."))
    lines = await offers.lines(offer_id)
    await phone_orders.require(account, [line.row["held"]["product_id"] for line in lines], by=by)
    async with fraud_checks.undone_when_stopped(by=by):
        made = [await _order(account, line, by=by) for line in lines]
        await offer_states.end(offer, "accepted", "", by=by)
        if await fraud_orders.check(account, made, by=by):
            return "held"
    return await _begin(account, made, by=by)


async def _begin(account: Record, made: list[Record], *, by: Actor) -> Begun:
    due = 0
    for service in made:
        day = clock.today(by.tenant.timezone)
        due += (await service_prices.requoted(account, service, day, by=by)).at_once
    limit = accounts.may_owe(account)
    if limit is not None and account["balance"] - due < -limit:
        return "short"
    for service in made:
        await service_states.begin(await accounts.find(account["id"]), service, by=by)
    return "begun"


async def decline(offer_id: int, reason: str, *, by: Actor) -> None:
    """Say no, and why; `Invalid` under "reason" without a reason."""
    _account, offer = await _answering(offer_id, by=by)
    checks = Checks()
    told = checks.text("reason", reason, longest=offer_states.LONGEST_REASON)
    checks.done()
    await offer_states.end(offer, "declined", told, by=by)


async def _answering(offer_id: int, *, by: Actor) -> tuple[Record, Record]:
    """The account and the quote, locked, for a user who may order."""
    seat = memberships.require(by, Right.ORDERS_PLACE)
    offer = await _own(offer_id, seat.id)
    status = await db.value("SELECT status FROM clients WHERE id = $1 FOR NO KEY UPDATE", seat.id)
    if status != "active":
        raise Conflict(_("Your client account is closed."))
    await accounts.lock([offer["account_id"]])
    return await accounts.find(offer["account_id"]), await offers.in_state(offer_id, ("sent",))


async def _own(offer_id: int, client_id: int) -> Record:
    found = await offers.find(offer_id)
    if found["client_id"] != client_id or found["state"] not in SHOWN:
        raise NotFound()
    return found


async def _order(account: Mapping[str, Any], line: Line, *, by: Actor) -> Record:
    """The service of a line, pending."""
    row, held = line.row, msgspec.convert(line.row["held"], Held)
    sheet = await price_sheets.of_price(row["price_id"])
    product = await db.row("SELECT id AS product_id, most_per_client FROM products WHERE id = $1", held.product_id)
    assert sheet is not None
    assert product is not None
    await services.require_room(product, account["client_id"])
    await stock.take(held.product_id)
    new = NewService(price_id=row["price_id"], addons=row["addons"], label=row["label"])
    order = Order(product_id=held.product_id, day=clock.today(by.tenant.timezone), trial_days=held.trial_days)
    quoted = await service_prices.held_price(account, sheet, new, held, order)
    values = services.values_of(account, sheet, quoted, new) | {
        "name": row["name"],
        "label": row["label"],
        "key": f"offer-line-{row['id']}",
        "trial_days": held.trial_days,
        "held": row["held"],
    }
    service_id = await services.insert(values, by=by)
    await db.execute("UPDATE offer_lines SET service_id = $2 WHERE id = $1", row["id"], service_id)
    await services.note(service_id, "pending", by=by)
    made = await db.row(f"{services.WITH_NAMES} WHERE s.id = $1", service_id)
    assert made is not None
    await services.tell("service:ordered", made, by=by)
    return made
