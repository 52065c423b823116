"""Trials: a service is tried for some days before anything is charged, once by each client of each product.

Its first period begins when the trial is over, and the billing run charges it like any other; the set-up fee comes
with it. Who cancels before pays nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core import db
from core.actor import Actor
from core.billing import accounts, expenses, service_dues, service_prices, services
from core.billing.expenses import Charge, Tax
from core.billing.quotes import Quote
from core.catalog import discount_book, price_words
from core.catalog.discount_book import Begun
from core.errors import Conflict
from core.i18n import _


async def begin(service: Mapping[str, Any], quoted: Quote, day: date) -> None:
    """Let the trial of a locked service begin. What its first periods cost is what was quoted for after it."""
    first = 1 if service["billing"] == "calendar" else 0
    won = quoted.opening.won
    row = await db.row("SELECT lasts, periods, until_day FROM discounts WHERE id = $1", won) if won else None
    if won is not None:
        begun = Begun(discount_id=won, client_id=service["client_id"], subject=f"service-{service['id']}",
                      number=first, day=day)  # fmt: skip
        await discount_book.begin([begun])
    values = {
        "state": "active",
        "anchor": quoted.start,
        "next_on": quoted.start,
        "full_units": quoted.opening.listed,
        "discount_units": quoted.opening.lowered,
        "discount_periods": row["periods"] if row and row["lasts"] == "periods" else None,
        "discount_until": row["until_day"] if row and row["lasts"] == "days" else None,
        "trial_until": quoted.trial_until,
        "owes_set_up": quoted.setup is not None,
    }
    await service_dues.save(service, values)


async def charge_set_ups(service_ids: Sequence[int], day: date, *, by: Actor) -> None:
    """Charge the set-up fees that waited for a trial's end, of services whose accounts are locked.

    One that does not fit into what the account may owe waits for the next period.
    """
    found = await db.fetch(
        f"""{services.WITH_NAMES} WHERE s.id = ANY($1::bigint[]) AND s.owes_set_up AND d.next_on <= $2
            ORDER BY s.id""",
        list(service_ids),
        day,
    )
    for service in found:
        account = await accounts.find(service["account_id"])
        setup = (await service_prices.requoted(account, dict(service) | {"trial_days": 0}, day, by=by)).setup
        if setup is not None:
            try:
                accounts.require_within(account, setup.gross)
            except Conflict:
                continue
            tax = Tax(rate=setup.tax.rate, category=setup.tax.category, reason=price_words.kept_reason(setup.tax))
            text = _("Set-up: %(name)s") % {"name": services.title(service)}
            made = Charge(
                key=f"service-{service['id']}-setup",
                kind="service",
                text=text[: expenses.LONGEST_TEXT],
                day=day,
                net_units=setup.net,
                discount_units=setup.discount,
                tax=tax,
                tax_units=setup.tax_units,
                payer_id=service["payer_id"],
                service_id=service["id"],
            )
            await expenses.charge(account, made, by=by)
        await db.execute("UPDATE services SET owes_set_up = false WHERE id = $1", service["id"])
