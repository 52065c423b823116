"""Expenses: the list of all, those of a client, one expense, charging by hand and reversing."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, figures, policies
from core.accounts import clients
from core.actor import Actor
from core.billing import accounts, allocations, expense_list, expenses, payments
from core.billing.expense_list import ExpenseFilter
from core.billing.expenses import NewExpense
from core.errors import Conflict, Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, list_saving, money_lists
from web.staff.money_lists import MoneyList

HERE = "/staff/expenses"
STATES = {"open": N_("Not covered"), "covered": N_("Covered"), "reversed": N_("Reversed")}
AGES = {
    "not_due": N_("Not due"),
    "late_30": N_("1 to 30 days late"),
    "late_60": N_("31 to 60 days late"),
    "late_90": N_("61 to 90 days late"),
    "late_more": N_("More than 90 days late"),
}
LABELS = money_lists.LABELS | {"text": N_("Text"), "state": N_("State"), "age": N_("Due")}
LIST = MoneyList(
    name="expenses",
    filter=ExpenseFilter,
    listed=expense_list,
    labels=LABELS,
    words=money_lists.named(state=STATES, age=AGES),
)


@get("/expenses", **requires(Permission.EXPENSE_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    found = await money_lists.read(request, LIST, by=by)
    sums = [("gross", _("Charged")), ("open", _("Not covered"))]
    return page(request, "staff/expenses/index.html", sums=sums, **found)


@get("/clients/{code:int}/expenses", **requires(Permission.EXPENSE_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The newest expenses of one client."""
    client = await clients.get(code, by=by)
    found = await expense_list.of_client(client["id"], by=by)
    return await client_tabs.show(
        request, client, "expenses", by=by, rows=found, may_create=_may_charge(client, by)
    )


@get("/clients/{code:int}/expenses/new", **requires(Permission.EXPENSE_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The empty form."""
    client = await clients.get(code, by=by)
    clients.require_open(client, ["expense"])
    begun = {"day": clock.today(by.tenant.timezone), "account_id": request.query_params.get("account", "")}
    return await _form(request, money_forms.begun(begun), client, by=by)


@post("/clients/{code:int}/expenses", status_code=200, **requires(Permission.EXPENSE_CREATE))
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Charge the client."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        account = await money_lists.account_in(form, client, by=by)
        given = Form({name: value for name, value in form.values.items() if name != "account_id"})
        asked = money_forms.filled(given, NewExpense, account["currency"], rates=("tax_rate",))
        await expenses.create(account["id"], asked, key=money_forms.key_of(form), by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), client, by=by, status=422)
    except Conflict as conflict:
        refused = form.refused(Invalid({"units": conflict.message}))
        return await _form(request, refused, client, by=by, status=409)
    return redirect(request, f"/staff/clients/{code}/expenses", toast=_("The client was charged."))


@get("/expenses/{expense_id:int}", **requires(Permission.EXPENSE_READ))
async def show(request: AnyRequest, by: By, expense_id: FromPath[int]) -> Response[str]:
    """One expense, and what covers it."""
    return await _show(request, expense_id, Form(), by=by)


@post("/expenses/{expense_id:int}/reverse", status_code=200, **requires(Permission.EXPENSE_REVERSE))
async def reverse(request: AnyRequest, by: By, expense_id: FromPath[int]) -> Response[Any]:
    """Take it back."""
    form = await forms.read(request)
    try:
        await expenses.reverse(expense_id, form.get("reason"), by=by)
    except Invalid as refusal:
        return await _show(request, expense_id, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await _show(request, expense_id, form, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{expense_id}", toast=_("The expense was reversed."))


async def _show(
    request: AnyRequest, expense_id: int, form: Form, *, by: Actor, refused: str = "", status: int = 200
) -> Response[str]:
    expense = await expenses.get(expense_id, by=by)
    return page(
        request,
        "staff/expenses/show.html",
        status=status,
        expense=expense,
        form=form,
        refused=refused,
        last_day=expense["period_end"] and expense["period_end"] - timedelta(days=1),
        rate=figures.percent(expense["tax_rate"]),
        covered_by=await allocations.of_expense(expense_id),
        methods={key: _(label) for key, label in payments.METHODS.items()},
        may_reverse=policies.allows(by, Permission.EXPENSE_REVERSE) and not await expenses.why_it_stays(expense),
    )


async def _form(request: AnyRequest, form: Form, client: Any, *, by: Actor, status: int = 200) -> Response[str]:
    return page(
        request,
        "staff/expenses/new.html",
        status=status,
        form=form,
        client=client,
        accounts=await accounts.of(client["id"], by=by),
    )


def _may_charge(client: Any, by: Actor) -> bool:
    return policies.allows(by, Permission.EXPENSE_CREATE) and client["status"] != "closed"


ROUTES = [index, show_of_client, new, create, show, reverse]
