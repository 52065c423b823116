"""The list of all expenses of a provider, the newest first, page by page, with filter, focus and totals."""

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from asyncpg import Record

from core import clock, policies
from core.accounts import access
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import expenses, money_lists, receivables
from core.billing.money_lists import MoneyFilter, Total
from core.filters import Conditions
from core.periods import first_moment
from core.permissions import Permission

State = Literal["open", "covered", "reversed"]
Age = Literal["not_due", "late_30", "late_60", "late_90", "late_more"]
STATES: dict[str, str] = {
    "open": "e.reversed_at IS NULL AND e.covered_units < e.gross_units",
    "covered": "e.reversed_at IS NULL AND e.covered_units = e.gross_units",
    "reversed": "e.reversed_at IS NOT NULL",
}
SUMS = {
    "gross": "sum(e.gross_units) FILTER (WHERE e.reversed_at IS NULL)",
    "open": "sum(e.gross_units - e.covered_units) FILTER (WHERE e.reversed_at IS NULL)",
}


class ExpenseFilter(MoneyFilter, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows. `text` is the beginning of an expense's text, in whatever case; `age` asks for open
    expenses by how long they have been due, as `receivables` has it."""

    text: str = ""
    state: State | None = None
    age: Age | None = None


async def totals(chosen: ExpenseFilter, *, by: Actor, within: Focus | None = None) -> list[Total]:
    """By currency, how many expenses there are, what they come to, and what is not covered; see `money_lists`."""
    bound = conditions(chosen, by=by, within=within)
    tables = "expenses e JOIN clients c ON c.id = e.client_id JOIN client_projects a ON a.id = e.account_id"
    columns = "e.currency, e.gross_units, e.covered_units, e.reversed_at"
    return await money_lists.totals(tables, "e", columns, SUMS, bound)


async def of_client(client_id: int, *, by: Actor, size: int = money_lists.PAGE) -> list[Record]:
    """The newest expenses of one client that `by` may see."""
    policies.require(by, Permission.EXPENSE_READ)
    await access.client(client_id, by=by)
    bound = conditions(ExpenseFilter(), by=by)
    bound.add(f"e.client_id = {client_id:d}")
    return (await money_lists.page(expenses.WITH_NAMES, "e", bound, size=size)).rows


async def of_service(service_id: int, *, by: Actor, size: int = money_lists.PAGE) -> list[Record]:
    """The newest expenses of one service that `by` may see."""
    bound = conditions(ExpenseFilter(), by=by)
    bound.add(f"e.service_id = {service_id:d}")
    return (await money_lists.page(expenses.WITH_NAMES, "e", bound, size=size)).rows


def _written_since(day: date, *, by: Actor) -> datetime:
    """The first moment at which an expense of this day, or a later one, can have been written: none is of a day to
    come. So the list need not look through all that is older."""
    zone = ZoneInfo(by.tenant.timezone)
    ahead = clock.today(by.tenant.timezone) - clock.now().astimezone(zone).date()
    return first_moment(day - ahead, zone)


def conditions(chosen: ExpenseFilter, *, by: Actor, within: Focus | None = None) -> Conditions:
    """What the filter asks of an expense `e`, its account `a` and its client `c`, inside what `by` may see."""
    policies.require(by, Permission.EXPENSE_READ)
    policies.require(by, Permission.CLIENT_READ)
    text = money_lists.beginning("text", chosen.text)
    bound = money_lists.conditions(chosen, "e", by=by, within=within)
    bound.begins("e.text_folded", text)
    if chosen.day_from is not None:
        bound.add(f"e.created_at >= {bound.bind(_written_since(chosen.day_from, by=by))}")
    if chosen.state is not None:
        bound.add(STATES[chosen.state])
    if chosen.age is not None:
        receivables.limit(bound, chosen.age, clock.today(by.tenant.timezone))
    return bound


page = money_lists.pages(expenses.WITH_NAMES, "e", conditions)
"""The list page by page, see `money_lists.Pages`."""
