"""What the quote of a change is made of: the service as it is, what was charged, the new price, discounts, tax."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from core import clock, db
from core.actor import Actor
from core.billing import change_quotes, client_taxes, quotes, service_prices
from core.billing.change_quotes import Amount, ChangeQuote, Entry, Held, Policy
from core.billing.service_prices import NewService
from core.catalog import discount_book, price_sheets, shelf
from core.catalog.list_price import Sheet
from core.errors import Invalid
from core.i18n import _
from core.periods import Length, Period

ENTRIES = """
    SELECT period_start, period_end, net_units, tax_units, tax_rate, tax_category FROM expenses
     WHERE service_id = $1 AND reversed_at IS NULL AND period_end > $2
    UNION ALL
    SELECT period_start, period_end, -net_units, -tax_units, tax_rate, tax_category FROM service_credits
     WHERE service_id = $1 AND period_end > $2
    UNION ALL
    SELECT e.period_start, e.period_end, -l.net_units, -l.tax_units, l.tax_rate, l.tax_category FROM expenses e
      JOIN invoice_lines l ON l.expense_id = e.id AND NOT l.is_live JOIN invoices k ON k.id = l.invoice_id
     WHERE e.service_id = $1 AND e.period_end > $2 AND k.payment_id IS NOT NULL
"""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a change was reckoned from: its sheet with addons as they are kept, and the service as it was.

    `number` is that of the first period which the change is about, as discounts count them.
    """

    sheet: Sheet
    name: str
    addons: dict[str, int]
    held: Held
    number: int


async def targets(service: Mapping[str, Any], *, hidden: bool = True, by: Actor) -> list[tuple[str, Sheet]]:
    """The sheets that a service can have, each with the name of product and plan; its own one first.

    With `hidden` also those of plans that only staff sells. Asks for no right.
    """
    offered = await shelf.offered(
        service["client_id"],
        service["project_id"],
        day=clock.today(by.tenant.timezone),
        currency=service["currency"],
        hidden=hidden,
        product_id=service["product_id"],
        tenant=by.tenant,
    )
    own = await price_sheets.of_price(service["price_id"])
    assert own is not None
    return [(service["name"], own)] + [
        (f"{one.plan['product_name']} {one.plan['name']}", sheet)
        for one in offered
        if one.plan["product_id"] == service["product_id"]
        for sheet in one.sheets
        if sheet.billing == service["billing"] and sheet.price_id != service["price_id"]
    ]


async def target(
    service: Mapping[str, Any], price_id: int, *, hidden: bool = True, by: Actor
) -> tuple[str, Sheet]:
    """The one with this price; `Invalid` when the service cannot have it today."""
    found = [one for one in await targets(service, hidden=hidden, by=by) if one[1].price_id == price_id]
    if not found:
        raise Invalid({"price_id": _("This service cannot be changed to that today.")})
    return found[0]


async def quoted(
    account: Mapping[str, Any],
    service: Mapping[str, Any],
    wanted: tuple[str, Sheet],
    addons: Mapping[str, int] | None,
    when: str,
    *,
    by: Actor,
) -> tuple[ChangeQuote, Asked]:
    """The quote of a change today, and what it was reckoned from. Asks for no right.

    `wanted` is the new sheet with its name; without `addons` those that the service has are kept.
    """
    name, sheet = wanted
    chosen = kept_addons(service, sheet) if addons is None else dict(addons)
    ids = service_prices.addon_ids(NewService(price_id=sheet.price_id, addons=chosen))
    day = clock.today(by.tenant.timezone)
    has = await _held(service, day, by=by)
    price = await _pricer(account, service, sheet, day, by=by)
    made = change_quotes.reckon(sheet, ids, has, await _policy(service["product_id"]), price, day, when)
    charged = has.charged(day)
    is_begun = made.when == "now" and charged
    number = charged[-1][1] if is_begun else has.shift + has.periods
    return made, Asked(sheet=sheet, name=name, addons=chosen, held=has, number=number)


async def lasting(won: int | None, asked: Asked, first: int) -> dict[str, Any]:
    """How long the discount of the later periods lasts, as a service keeps it.

    `first` is the number of the period at the anchor as discounts count them.
    """
    row = await db.row("SELECT lasts, periods, until_day FROM discounts WHERE id = $1", won) if won else None
    periods = None
    if row is not None and row["lasts"] == "periods":
        periods = max(0, asked.held.begun.get(won or 0, asked.number) + row["periods"] - first)
    until = row["until_day"] if row is not None and row["lasts"] == "days" else None
    return {"discount_periods": periods, "discount_until": until}


def why_not_kept(service: Mapping[str, Any], sheet: Sheet) -> str:
    """Why the addons of a service cannot be had with a sheet, "" when they can."""
    if len(kept_addons(service, sheet)) < len(service["addons"]):
        return _("The price list does not offer all of its addons.")
    return ""


def kept_addons(service: Mapping[str, Any], sheet: Sheet) -> dict[str, int]:
    """The addons of a service, as far as the sheet has them."""
    offered = {str(addon.id) for addon in sheet.addons}
    return {key: wanted for key, wanted in service["addons"].items() if key in offered}


async def _policy(product_id: int) -> Policy:
    row = await db.row(
        "SELECT upgrade_when, downgrade_when, downgrade_rest FROM products WHERE id = $1", product_id
    )
    assert row is not None
    return Policy(**row)


async def _pricer(
    account: Mapping[str, Any], service: Mapping[str, Any], sheet: Sheet, day: date, *, by: Actor
) -> quotes.Pricer:
    """Prices what the sheet says for this client, with the discounts that reach the service."""
    tax, includes_tax = await client_taxes.of(account, day, payer_id=service["payer_id"], plan_id=sheet.plan_id)
    client_id, subject = account["client_id"], f"service-{service['id']}"
    book = await discount_book.of([client_id], [subject], day=day, tenant=by.tenant)
    reach = book.reach(client_id, subject)
    return quotes.pricer(
        sheet,
        tax,
        includes_tax=includes_tax,
        client=quotes.Client(id=client_id, group_ids=reach.group_ids, codes=reach.codes),
        product_id=service["product_id"],
        discounts=reach.discounts,
    )


def held(
    service: Mapping[str, Any],
    begun: Mapping[int, int],
    entries: tuple[Entry, ...] = (),
    opened: date | None = None,
) -> Held:
    """A service as changes look at it."""
    is_broken = service["billing"] == "calendar" and not service["earlier_periods"]
    return Held(
        full_units=service["full_units"],
        billing=service["billing"],
        length=Length(service["period_count"], service["period_unit"]),
        anchor=service["anchor"],
        periods=service["periods"],
        earlier=service["earlier_periods"],
        next_on=service["next_on"],
        opened=opened if is_broken else None,
        entries=entries,
        begun=begun,
    )


async def _held(service: Mapping[str, Any], day: date, *, by: Actor) -> Held:
    subject = f"service-{service['id']}"
    book = await discount_book.of([service["client_id"]], [subject], day=day, tenant=by.tenant)
    opened = await db.value("SELECT period_start FROM expenses WHERE key = $1", f"{subject}-start")
    entries = tuple(_entry(row) for row in await db.fetch(ENTRIES, service["id"], day))
    return held(service, book.reach(service["client_id"], subject).begun, entries, opened)


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        period=Period(row["period_start"], row["period_end"]),
        amount=Amount(row["net_units"], row["tax_units"]),
        rate=row["tax_rate"],
        category=row["tax_category"],
    )
