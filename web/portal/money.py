"""What the client has: its services, its balance with the provider, what it was charged, and what it paid."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import clock
from core.accounts import memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import (
    dunning,
    dunning_letters,
    dunning_settings,
    how_to_pay,
    own_money,
    payments,
    promise_making,
    runs_out,
)
from core.billing.money_lists import Page
from core.billing.promised_payments import NewPromise
from core.catalog import terms
from core.errors import Conflict, Invalid
from core.i18n import _
from web.kit import filtered, forms, money_forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

READ = in_client(Right.INVOICES_READ)


@get("/balance", **READ)
async def balance(request: AnyRequest, by: By) -> Response[str]:
    """The accounts with their balances."""
    return await _balance(request, by=by)


@post("/balance/{account_id:int}/promises", status_code=200, **in_client(Right.PAYMENTS_MAKE))
async def promise(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[Any]:
    """Promise to pay until a day."""
    form = await forms.read(request)
    currency = await promise_making.currency_of(account_id, by=by)
    try:
        await promise_making.create_own(account_id, money_forms.filled(form, NewPromise, currency), by=by)
    except Invalid as refusal:
        return await _balance(request, form=(account_id, form.refused(refusal)), by=by, status=422)
    except Conflict as conflict:
        refused = Form(form.values, {"": conflict.message})
        return await _balance(request, form=(account_id, refused), by=by, status=409)
    return redirect(request, "/balance", toast=_("Thank you. We wait for your payment until then."))


@get("/services", **in_client(Right.SERVICES_READ))
async def services(request: AnyRequest, by: By) -> Response[Any]:
    """What it ordered, the newest first."""
    return await _list(request, own_money.services_page, "portal/money/services.html", by=by, term=terms.of_row)


@get("/expenses", **READ)
async def expenses(request: AnyRequest, by: By) -> Response[Any]:
    """What was charged, the newest first."""
    return await _list(request, own_money.expenses_page, "portal/money/expenses.html", by=by)


@get("/payments", **READ)
async def paid(request: AnyRequest, by: By) -> Response[Any]:
    """What was paid, the newest first."""
    names = {key: _(label) for key, label in payments.METHODS.items()}
    return await _list(request, own_money.payments_page, "portal/money/payments.html", by=by, method_names=names)


async def _balance(
    request: AnyRequest, *, by: Actor, form: tuple[int, Form] | None = None, status: int = 200
) -> Response[str]:
    found = await own_money.balances(by=by)
    may = memberships.may(by, Right.PAYMENTS_MAKE)
    promises = {row["account_id"]: row for row in await promise_making.own(by=by) if row["state"] == "open"}
    decided = await dunning_settings.decided()
    days, today = await runs_out.of(found, by=by), clock.today(by.tenant.timezone)
    plans = {plan.account["id"]: plan for plan in await dunning.plans(found, today, by=by)}
    listed = [
        dict(row)
        | {
            "runs_out": runs_out.words(days.get(row["id"]), today),
            "overdue": plans[row["id"]].overdue,
            "follows": dunning_letters.follows([one for one in plans[row["id"]].coming if not one.is_skipped]),
            "promise": promises.get(row["id"]),
            "may_promise": may and not await promise_making.why_not(row, by=by),
            "most": decided.promise_most.get(row["currency"], 0),
            "form": form[1] if form and form[0] == row["id"] else Form(),
        }
        for row in found
    ]
    last = promise_making.last_day(decided, today)
    can_pay = await how_to_pay.is_there(by=by)
    shown: dict[str, Any] = {"accounts": listed, "last_day": last, "can_pay": can_pay}
    return page(request, "portal/money/balance.html", status=status, **shown)


async def _list(
    request: AnyRequest, read: Callable[..., Awaitable[Page]], template: str, *, by: Actor, **more: Any
) -> Response[Any]:
    asked, here = request.query_params, request.url.path
    try:
        found = await read(by=by, after=asked.get("after", ""), before=asked.get("before", ""))
    except Invalid:
        return redirect(request, here)
    paging = filtered.paging(here, {}, found.previous, found.next)
    return page(request, template, rows=found.rows, page=paging, **more)


ROUTES: list[Any] = [services, balance, promise, expenses, paid]
