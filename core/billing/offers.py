"""Quotes that a client can accept: a draft of an order, one or more services, each at a price with its trace.

Staff put one together and send it (`offer_states`); the client answers in the portal (`own_offers`). What is
accepted becomes services at the prices that were quoted, whatever becomes of discounts meanwhile.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import access, account_parts, clients, rows
from core.actor import Actor
from core.billing import accounts, service_prices, services
from core.billing.quotes import Quote
from core.billing.service_prices import NewService
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission

STATES = ("draft", "sent", "accepted", "declined", "withdrawn")
MOST_LINES = 50
MOST_LISTED = 200
WITH_NAMES = """SELECT o.*, c.code AS client_code, c.name AS client_name, c.status AS client_status, a.project_id,
           j.name AS project
    FROM offers o JOIN clients c ON c.id = o.client_id JOIN client_projects a ON a.id = o.account_id
    JOIN projects j ON j.id = a.project_id"""


class Offer(db.Owned, tablename="offers"):
    """A quote for an account. `note` is for the client, `reason` why it was declined or withdrawn."""

    client_id = BigInt()
    account_id = BigInt()
    key = Text()
    number = Integer()
    state = Text()
    currency = Text()
    note = Text()
    valid_until = Date(null=True)
    sent_on = Date(null=True)
    reason = Text()
    created_at = Timestamptz()
    created_by = Text()
    ended_at = Timestamptz(null=True)
    ended_by = Text()


class OfferLine(db.Owned, tablename="offer_lines"):
    """A service of a quote: its price (`quotes.Quote`), what holds it, and what it became."""

    offer_id = BigInt()
    plan_id = BigInt()
    price_id = BigInt()
    name = Text()
    label = Text()
    addons = JSONB()
    quoted = JSONB()
    held = JSONB()
    service_id = BigInt(null=True)
    created_at = Timestamptz()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its row and its price."""

    row: Record
    quote: Quote


async def get(offer_id: int, *, by: Actor) -> Record:
    """One quote with the names of client and project; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.SERVICE_READ)
    found = await find(offer_id)
    if not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def find(offer_id: int) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = await db.row(f"{WITH_NAMES} WHERE o.id = $1", offer_id) if rows.is_id(offer_id) else None
    if found is None:
        raise NotFound()
    return found


async def of_client(client_id: int, *, by: Actor) -> list[Record]:
    """The newest quotes of a client that `by` may see."""
    policies.require(by, Permission.SERVICE_READ)
    await access.client(client_id, by=by)
    sql = f"{WITH_NAMES} WHERE o.client_id = $1 ORDER BY o.created_at DESC, o.id DESC LIMIT {MOST_LISTED}"
    found = await db.fetch(sql, client_id)
    return [row for row in found if access.may_use_project(row["project_id"], by=by)]


async def lines(offer_id: int) -> list[Line]:
    """The lines of a quote that the caller may see, in their order."""
    found = await db.fetch("SELECT * FROM offer_lines WHERE offer_id = $1 ORDER BY created_at, id", offer_id)
    return [Line(row=row, quote=msgspec.convert(row["quoted"], Quote)) for row in found]


async def create(account_id: int, new: Sequence[NewService] = (), *, key: str = "", by: Actor) -> Record:
    """Begin a quote for an account, with these services; returns it. `key` makes it one, however often sent."""
    policies.require(by, Permission.SERVICE_CREATE)
    account = await accounts.locked(account_id, by=by)
    clients.require_open(account, ["service"])
    if key and (before := await db.value("SELECT id FROM offers WHERE key = $1", key)) is not None:
        return await get(before, by=by)
    number = await db.value(
        """INSERT INTO counters (name, next) VALUES ('offers', 2)
           ON CONFLICT (tenant_id, name) DO UPDATE SET next = counters.next + 1 RETURNING next - 1"""
    )
    offer_id = await db.value(
        """INSERT INTO offers (client_id, account_id, key, number, currency, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
        account["client_id"],
        account_id,
        key or uuid4().hex,
        number,
        account["currency"],
        clock.now(),
        by.name,
    )
    for one in new:
        await add_line(offer_id, one, by=by)
    await tell("offer:created", await find(offer_id), by=by)
    return await get(offer_id, by=by)


async def add_line(offer_id: int, new: NewService, *, by: Actor) -> int:
    """Add a service to a draft, at the price of today; returns the id of the line. `Invalid` as for an order."""
    account, offer = await locked(offer_id, ("draft",), by=by)
    if new.code.strip():
        raise Invalid({"code": _("A quote takes no promo code.")})
    if await db.value("SELECT count(*) FROM offer_lines WHERE offer_id = $1", offer_id) >= MOST_LINES:
        raise Conflict(_("There is room for %(count)s lines.") % {"count": MOST_LINES})
    sheet = await service_prices.sheet_of(new)
    plan = await service_prices.plan_of(account, sheet, by=by)
    label = services.label_of(new)
    made, held = await service_prices.holding(account, sheet, new, by=by)
    return int(
        await db.value(
            """INSERT INTO offer_lines (offer_id, plan_id, price_id, name, label, addons, quoted, held, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id""",
            offer["id"],
            sheet.plan_id,
            sheet.price_id,
            f"{plan['product_name']} {sheet.plan_name}",
            label,
            dict(new.addons),
            msgspec.to_builtins(made),
            msgspec.to_builtins(held),
            clock.now(),
        )
    )


async def remove_line(offer_id: int, line_id: int, *, by: Actor) -> None:
    """Take a service out of a draft; `NotFound` for one that is not in it, or no more."""
    await locked(offer_id, ("draft",), by=by)
    gone = "DELETE FROM offer_lines WHERE id = $1 AND offer_id = $2 RETURNING id"
    if not rows.is_id(line_id) or await db.value(gone, line_id, offer_id) is None:
        raise NotFound()


async def locked(offer_id: int, states: Sequence[str], *, by: Actor) -> tuple[Record, Record]:
    """The account and its quote, both locked; `Conflict` when it is in none of these states."""
    policies.require(by, Permission.SERVICE_CREATE)
    account = await accounts.locked((await get(offer_id, by=by))["account_id"], by=by)
    clients.require_open(account, ["service"])
    return account, await in_state(offer_id, states)


async def in_state(offer_id: int, states: Sequence[str]) -> Record:
    """The quote, locked; `Conflict` when it is in none of these states."""
    await rows.locked("offers", offer_id)
    offer = await find(offer_id)
    if offer["state"] not in states:
        raise Conflict(_("The quote is not in a state for that any more."))
    return offer


async def tell(action: str, offer: Mapping[str, Any], *, new: Mapping[str, Any] | None = None, by: Actor) -> None:
    """Note in the audit what was done to a quote."""
    await audit.record(action, "offer", offer["id"], by=by, name=title(offer),
                       client_id=offer["client_id"], new=new)  # fmt: skip


def title(offer: Mapping[str, Any]) -> str:
    """What a quote is called, by its number."""
    return f"#{offer['number']}"


async def _count(account_ids: Sequence[int]) -> int:
    return int(
        await db.value("SELECT count(*) FROM offers WHERE account_id = ANY($1::bigint[])", list(account_ids))
    )


async def _carry(pairs: Sequence[account_parts.Pair]) -> None:
    for gone_id, stays_id in pairs:
        await db.execute("UPDATE offers SET account_id = $2 WHERE account_id = $1", gone_id, stays_id)


async def _is_used(project_id: int) -> bool:
    sql = """SELECT EXISTS (SELECT FROM offers o JOIN client_projects a ON a.id = o.account_id
             WHERE a.project_id = $1)"""
    return bool(await db.value(sql, project_id))


account_parts.register("offers", count=_count, carry=_carry, is_used=_is_used)
