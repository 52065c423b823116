"""Expenses over JSON: of all clients, charging an account, and reversing."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from core.billing import expense_list, expenses, money_lists
from core.billing.expense_list import ExpenseFilter
from core.billing.expenses import NewExpense
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.reading import asks
from web.kit.pages import AnyRequest
from web.kit.visit import By

MOST = 200
TaxCategory = Literal["S", "Z", "E", "AE", "K", "G", "O"]


class Expense(msgspec.Struct, kw_only=True):
    """What an account (`account_id`, see balances) of the client with the code `client` was charged.

    Amounts are minor units of `currency`: `net_units` after the discount and before tax, `covered_units` of
    `gross_units` are paid. `tax_rate` is in thousandths of a percent, `tax_category` of UNTDID 5305.
    `period_end` is the first day after the period.
    """

    id: int
    client: int
    account_id: int
    project_id: int
    kind: str
    text: str
    day: date
    period_start: date | None
    period_end: date | None
    currency: str
    discount_units: int
    net_units: int
    tax_rate: int
    tax_category: TaxCategory
    tax_reason: str
    tax_units: int
    gross_units: int
    covered_units: int
    created_at: Moment
    created_by: str
    reversed_at: Moment | None
    reversed_by: str
    reversed_reason: str


class ExpensePage(msgspec.Struct, kw_only=True):
    """A page of expenses, the newest first. `next` and `previous` are cursors for `after` and `before`."""

    items: list[Expense]
    next: str | None
    previous: str | None


class ExpenseQuery(ExpenseFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filter of the list and its place."""

    after: Annotated[str, Meta(description="The cursor `next` of the page before")] = ""
    before: Annotated[str, Meta(description="The cursor `previous` of the page after")] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Expenses on a page")] = money_lists.PAGE


class Reversal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is taken back."""

    reason: str


@get("/v1/expenses", **asks(Permission.EXPENSE_READ, query=ExpenseQuery))
async def index(request: AnyRequest, by: By, asked: NamedDependency[ExpenseQuery]) -> Response[ExpensePage]:
    """List expenses of all clients, the newest first."""
    if asked.after and asked.before:
        raise Invalid({"before": _("Either after or before, not both.")})
    page = await expense_list.page(asked, after=asked.after, before=asked.before, size=asked.limit, by=by)
    found = ExpensePage(items=[_told(row) for row in page.rows], next=page.next, previous=page.previous)
    return answers.listed(request, found, following=page.next, previous=page.previous)


@post(
    "/v1/balances/{account_id:int}/expenses", **asks(Permission.EXPENSE_CREATE, body=NewExpense, moves_money=True)
)
async def create(by: By, account_id: FromPath[int], sent: NamedDependency[NewExpense]) -> Response[Expense]:
    """Charge an account by hand; 409 when it may not owe that much."""
    made = await expenses.create(account_id, sent, by=by)
    return answers.created(_told(made), f"/expenses/{made['id']}")


@get("/v1/expenses/{expense_id:int}", **asks(Permission.EXPENSE_READ))
async def show(by: By, expense_id: FromPath[int]) -> Expense:
    """Get one expense."""
    return _told(await expenses.get(expense_id, by=by))


@post("/v1/expenses/{expense_id:int}/reverse", status_code=200, **asks(Permission.EXPENSE_REVERSE, body=Reversal))
async def reverse(by: By, expense_id: FromPath[int], sent: NamedDependency[Reversal]) -> Expense:
    """Take an expense back; 409 when it was before, or moved money to another account."""
    return _told(await expenses.reverse(expense_id, sent.reason, by=by))


def _told(row: Any) -> Expense:
    return answers.of(Expense, row, client=row["client_code"])


ROUTES = [index, create, show, reverse]
