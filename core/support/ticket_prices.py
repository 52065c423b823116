"""What tickets cost: the price of a category becomes an expense of the client, once a ticket or a message.

    quoted = await ticket_prices.quoted(category, client_id, by=by)      # shown to the user before he sends
    await ticket_prices.charge(ticket, message, quoted, by=by)           # refused when the account may not owe it

Only what a user writes himself, on a page that shows the price, costs something. By mail nobody is told, and so
it is not taken there (`incoming_prices`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db
from core.actor import Actor
from core.billing import accounts, client_taxes, expenses
from core.billing.expenses import Charge, Tax
from core.catalog import price_words
from core.errors import Conflict, Invalid
from core.i18n import _
from core.money import MOST
from core.support import ticket_statuses

KIND = "ticket"
ACCOUNT = """SELECT a.id, a.client_id FROM client_projects a JOIN clients c ON c.id = a.client_id
    WHERE a.client_id = $1 ORDER BY a.project_id IS DISTINCT FROM $2, a.project_id <> c.project_id, a.id LIMIT 1"""


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """A price: net units and gross units of a currency, charged to an account."""

    account_id: int
    currency: str
    units: int
    gross_units: int
    per: str
    tax: Tax


async def quoted(
    category: Mapping[str, Any], client_id: int, project_id: int | None, *, by: Actor
) -> Quoted | None:
    """What a ticket of this category costs a client, or each message in it; None when nothing."""
    if not category["priced_per"]:
        return None
    place = await db.row(ACCOUNT, client_id, project_id)
    if place is None:
        return None
    account = await accounts.find(place["id"])
    units = category["prices"].get(account["currency"])
    if not units:
        return None
    ruled, _is_inside = await client_taxes.of(account, clock.today(by.tenant.timezone))
    tax = Tax(rate=ruled.rate, category=ruled.category, reason=price_words.kept_reason(ruled))
    return Quoted(account_id=account["id"], currency=account["currency"], units=units,
                  gross_units=units + tax.on(units), per=category["priced_per"], tax=tax)  # fmt: skip


def require_agreed(price: Quoted | None, agreed: int | None) -> None:
    """Nothing when this is the price that the user saw; else `Invalid`: he looks at it again."""
    if (price.gross_units if price else 0) != (agreed or 0):
        raise Invalid({"": _("The price has changed. Please look at it again, then send.")})


async def charge(ticket: Mapping[str, Any], message_id: int, price: Quoted, *, by: Actor) -> int:
    """Charge a message of a ticket; returns the expense. `Conflict` when the account may not owe that much."""
    await accounts.lock_with_clients([{"client_id": ticket["client_id"], "account_id": price.account_id}])
    account = await accounts.find(price.account_id)
    if price.gross_units >= MOST:
        raise Conflict(_("This costs more than can be kept. Please write to us in another way."))
    accounts.require_within(account, price.gross_units)
    words = _("Ticket %(number)s: %(category)s") % {
        "number": ticket["number"],
        "category": ticket_statuses.in_words(ticket, "category"),
    }
    what = f"ticket-{ticket['id']}" if price.per == "ticket" else f"ticket-message-{message_id}"
    made = Charge(key=what, kind=KIND, text=words[: expenses.LONGEST_TEXT], day=clock.today(by.tenant.timezone),
                  net_units=price.units, tax=price.tax)  # fmt: skip
    expense_id = await expenses.charge(account, made, by=by)
    await db.execute("UPDATE ticket_messages SET expense_id = $2 WHERE id = $1", message_id, expense_id)
    return expense_id


async def charged(message_ids: list[int]) -> dict[int, Record]:
    """What these messages cost: gross_units and currency, by the id of the message. Asks for no right."""
    found = await db.fetch(
        """SELECT m.id, e.gross_units, e.currency, e.reversed_at FROM ticket_messages m
           JOIN expenses e ON e.id = m.expense_id WHERE m.id = ANY($1::bigint[])""",
        message_ids,
    )
    return {row["id"]: row for row in found}
