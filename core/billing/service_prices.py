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
from core.catalog import discount_book, price_sheets, shelf
from core.catalog.list_price import Sheet
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission


class NewService(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is ordered: a price (a way to pay for a plan) with so many of each addon, by its id as a text.

    `label` says which one it is, such as a host name. It begins when it is activated.
    """

    price_id: int
    addons: dict[str, int] = {}
    label: str = ""


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
    new = NewService(price_id=service["price_id"], addons=service["addons"])
    return await _priced(account, sheet, new, service["product_id"], day, payer_id=service["payer_id"], by=by)


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
    """What it costs in this account from today on. Asks for no right."""
    plan = await plan_of(account, sheet, by=by)
    return await _priced(account, sheet, new, plan["product_id"], clock.today(by.tenant.timezone), by=by)


async def _priced(
    account: Mapping[str, Any],
    sheet: Sheet,
    new: NewService,
    product_id: int,
    day: date,
    *,
    payer_id: int | None = None,
    by: Actor,
) -> Quote:
    tax, includes_tax = await client_taxes.of(account, day, payer_id=payer_id)
    client_id = account["client_id"]
    reach = (await discount_book.of([client_id], day=day, tenant=by.tenant)).reach(client_id)
    has_some = "SELECT EXISTS (SELECT FROM services WHERE client_id = $1 AND state <> 'pending')"
    client = quotes.Client(
        id=client_id, group_ids=reach.group_ids, is_first_order=not await db.value(has_some, client_id)
    )
    return quotes.quote(
        sheet,
        addon_ids(new),
        day,
        tax,
        includes_tax=includes_tax,
        client=client,
        product_id=product_id,
        discounts=reach.discounts,
    )


def addon_ids(new: NewService) -> dict[int, int]:
    """So many of each addon, by its id; `Invalid` for a name that is no id."""
    if any(not key.isascii() or not key.isdecimal() or len(key) > 18 for key in new.addons):
        raise Invalid({"addons": _("This is not one of the choices.")})
    return {int(key): wanted for key, wanted in new.addons.items()}
