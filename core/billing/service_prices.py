"""What services cost a client: what is offered, and the quote of one, with the client's discounts and tax."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, policies
from core.accounts import rows
from core.actor import Actor
from core.billing import accounts, client_taxes, quotes
from core.billing.quotes import Quote
from core.catalog import discount_book, price_sheets, promo_codes, shelf
from core.catalog.discount_rules import Discount
from core.catalog.list_price import Sheet
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission


class NewService(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is ordered: a price (a way to pay for a plan) with so many of each addon, by its id as a text.

    `label` says which one it is, such as a host name, `code` is a promo code. It begins when it is activated.
    """

    price_id: int
    addons: dict[str, int] = {}
    label: str = ""
    code: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a price depends on besides the configuration: the day, and what opens discounts and a trial."""

    product_id: int
    day: date
    subject: str = ""
    codes: frozenset[int] = frozenset()
    payer_id: int | None = None
    trial_days: int = 0


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a quoted price is held by: the discounts that won, without their days, and the client's facts."""

    product_id: int
    trial_days: int
    client: quotes.Client
    discounts: tuple[Discount, ...]


Priced = tuple[Quote, quotes.Client, tuple[Discount, ...]]


async def offered(account: Mapping[str, Any], *, by: Actor) -> list[shelf.Offered]:
    """The plans that can be ordered into an account today, also those that only staff sells."""
    day = clock.today(by.tenant.timezone)
    return await shelf.every(
        account["client_id"], account["project_id"], day=day, currency=account["currency"], hidden=True, by=by
    )


async def quote(account_id: int, new: NewService, *, by: Actor) -> Quote:
    """What this would cost if it began today; `Invalid` for what cannot be had. Nothing is kept."""
    policies.require(by, Permission.SERVICE_CREATE)
    return await quoted(await accounts.get(account_id, by=by), await sheet_of(new), new, by=by)


async def requoted(account: Mapping[str, Any], service: Mapping[str, Any], day: date, *, by: Actor) -> Quote:
    """What an ordered service costs when it begins on this day: its price list never changes."""
    sheet = await price_sheets.of_price(service["price_id"])
    assert sheet is not None
    order = Order(
        product_id=service["product_id"],
        day=day,
        subject=f"service-{service['id']}",
        payer_id=service["payer_id"],
        trial_days=service["trial_days"],
    )
    new = NewService(price_id=service["price_id"], addons=service["addons"])
    if service["held"] is not None:
        return await held_price(account, sheet, new, msgspec.convert(service["held"], Held), order)
    return (await _priced(account, sheet, new, order, by=by))[0]


async def sheet_of(new: NewService) -> Sheet:
    """The way to pay for a plan that is ordered; `Invalid` under "price_id"."""
    sheet = await price_sheets.of_price(new.price_id) if rows.is_id(new.price_id) else None
    if sheet is None:
        raise Invalid({"price_id": _("This is not one of the choices.")})
    return sheet


async def plan_of(account: Mapping[str, Any], sheet: Sheet, *, by: Actor) -> Record:
    """The plan of a sheet, if it can be ordered into this account by this price today."""
    for one in await offered(account, by=by):
        if any(found.price_id == sheet.price_id for found in one.sheets):
            return one.plan
    raise Invalid({"price_id": _("This is not offered to this client today.")})


async def quoted(account: Mapping[str, Any], sheet: Sheet, new: NewService, *, by: Actor) -> Quote:
    """What it costs in this account from today on. Asks for no right.

    `Invalid` under "code" for a promo code that opens nothing for this client.
    """
    plan = await plan_of(account, sheet, by=by)
    day, client_id, codes = clock.today(by.tenant.timezone), account["client_id"], frozenset[int]()
    if new.code.strip():
        codes = frozenset([(await promo_codes.find(new.code, client_id=client_id, day=day))["discount_id"]])
    trial_days = await trial_of(plan, sheet, client_id)
    order = Order(product_id=plan["product_id"], day=day, codes=codes, trial_days=trial_days)
    return (await _priced(account, sheet, new, order, by=by))[0]


async def holding(account: Mapping[str, Any], sheet: Sheet, new: NewService, *, by: Actor) -> tuple[Quote, Held]:
    """The same with what holds it: the price can be had later, whatever becomes of its discounts."""
    plan = await plan_of(account, sheet, by=by)
    trial_days = await trial_of(plan, sheet, account["client_id"])
    day = clock.today(by.tenant.timezone)
    order = Order(product_id=plan["product_id"], day=day, trial_days=trial_days)
    made, client, known = await _priced(account, sheet, new, order, by=by)
    won = {price.won for price in (made.opening, made.setup, made.recurring) if price}
    return made, Held(
        product_id=plan["product_id"],
        trial_days=trial_days,
        client=client,
        discounts=tuple(
            msgspec.structs.replace(one, from_day=None, until_day=None) for one in known if one.id in won
        ),
    )


async def held_price(account: Mapping[str, Any], sheet: Sheet, new: NewService, held: Held, order: Order) -> Quote:
    """A price that is held, for a service that begins on a day; the tax is the one of that day."""
    tax, includes_tax = await client_taxes.of(account, order.day, payer_id=order.payer_id, plan_id=sheet.plan_id)
    return quotes.quote(
        sheet,
        addon_ids(new),
        order.day,
        tax,
        includes_tax=includes_tax,
        client=held.client,
        product_id=held.product_id,
        discounts=held.discounts,
        trial_days=order.trial_days,
    )


async def trial_of(plan: Mapping[str, Any], sheet: Sheet, client_id: int) -> int:
    """The days that a client may try what he orders: once for each product, and not of what is paid once."""
    if not plan["trial_days"] or sheet.length is None:
        return 0
    tried = await db.value(
        """SELECT EXISTS (SELECT FROM services s JOIN plans n ON n.id = s.plan_id
                           WHERE s.client_id = $1 AND n.product_id = $2 AND s.trial_days > 0
                             AND (s.trial_until IS NOT NULL OR s.state = 'pending'))""",
        client_id,
        plan["product_id"],
    )
    return 0 if tried else int(plan["trial_days"])


async def _priced(account: Mapping[str, Any], sheet: Sheet, new: NewService, order: Order, *, by: Actor) -> Priced:
    """The price, and the facts and discounts that it came from."""
    tax, includes_tax = await client_taxes.of(account, order.day, payer_id=order.payer_id, plan_id=sheet.plan_id)
    client_id = account["client_id"]
    subjects = [order.subject] if order.subject else []
    book = await discount_book.of([client_id], subjects, day=order.day, tenant=by.tenant)
    reach = book.reach(client_id, order.subject, order.codes)
    has_some = "SELECT EXISTS (SELECT FROM services WHERE client_id = $1 AND state <> 'pending')"
    client = quotes.Client(
        id=client_id,
        group_ids=reach.group_ids,
        is_first_order=not await db.value(has_some, client_id),
        codes=reach.codes,
    )
    made = quotes.quote(
        sheet,
        addon_ids(new),
        order.day,
        tax,
        includes_tax=includes_tax,
        client=client,
        product_id=order.product_id,
        discounts=reach.discounts,
        trial_days=order.trial_days,
    )
    return made, client, reach.discounts


def addon_ids(new: NewService) -> dict[int, int]:
    """So many of each addon, by its id; `Invalid` for a name that is no id."""
    if any(not key.isascii() or not key.isdecimal() or len(key) > 18 for key in new.addons):
        raise Invalid({"addons": _("This is not one of the choices.")})
    return {int(key): wanted for key, wanted in new.addons.items()}
