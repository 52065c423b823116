"""The list of all payments of a provider, the newest first, page by page, with filter, focus and totals."""

from typing import Literal

from asyncpg import Record

from core import policies
from core.accounts import access
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import money_lists, payments
from core.billing.money_lists import MoneyFilter, Total
from core.checks import Checks
from core.filters import Conditions
from core.permissions import Permission

State = Literal["pending", "paid", "cancelled", "refunded"]
SUMS = {
    "received": "sum(p.units - p.refunded_units) FILTER (WHERE p.state IN ('paid', 'refunded'))",
    "free": "sum(p.units - p.refunded_units - p.allocated_units) FILTER (WHERE p.state IN ('paid', 'refunded'))",
    "pending": "sum(p.units) FILTER (WHERE p.state = 'pending')",
}


class PaymentFilter(MoneyFilter, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `reference` is the beginning of one, in whatever case."""

    reference: str = ""
    state: State | None = None
    method: str = ""


async def totals(chosen: PaymentFilter, *, by: Actor, within: Focus | None = None) -> list[Total]:
    """By currency: how many there are, what came less what went back, what of it is free, and what is pending."""
    bound = conditions(chosen, by=by, within=within)
    tables = "payments p JOIN clients c ON c.id = p.client_id JOIN client_projects a ON a.id = p.account_id"
    columns = "p.currency, p.state, p.units, p.refunded_units, p.allocated_units"
    return await money_lists.totals(tables, "p", columns, SUMS, bound)


async def of_client(client_id: int, *, by: Actor, size: int = money_lists.PAGE) -> list[Record]:
    """The newest payments of one client that `by` may see."""
    policies.require(by, Permission.PAYMENT_READ)
    await access.client(client_id, by=by)
    bound = conditions(PaymentFilter(), by=by)
    bound.add(f"p.client_id = {client_id:d}")
    return (await money_lists.page(payments.WITH_NAMES, "p", bound, size=size)).rows


def conditions(chosen: PaymentFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of a payment `p`, its account `a` and its client `c`, inside what `by` may see."""
    policies.require(by, Permission.PAYMENT_READ)
    policies.require(by, Permission.CLIENT_READ)
    checks = Checks()
    if chosen.method:
        checks.choice("method", chosen.method, payments.METHODS)
    checks.done()
    reference = money_lists.beginning("reference", chosen.reference)
    bound = money_lists.conditions(chosen, "p", by=by, within=within)
    bound.equals("p.state", chosen.state, among=frozenset(payments.STATES))
    bound.equals("p.method", chosen.method)
    bound.begins("p.reference_folded", reference)
    return bound


page = money_lists.pages(payments.WITH_NAMES, "p", conditions)
"""The list page by page, see `money_lists.Pages`."""
