"""What the client has: its services, its balance with the provider, what it was charged, and what it paid."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get

from core.accounts.rights import Right
from core.actor import Actor
from core.billing import how_to_pay, own_money, payments
from core.billing.money_lists import Page
from core.catalog import terms
from core.errors import Invalid
from core.i18n import _
from web.kit import filtered
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

READ = in_client(Right.INVOICES_READ)


@get("/balance", **READ)
async def balance(request: AnyRequest, by: By) -> Response[str]:
    """The accounts with their balances."""
    return page(
        request,
        "portal/money/balance.html",
        accounts=await own_money.balances(by=by),
        can_pay=how_to_pay.is_there(by=by),
    )


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


ROUTES: list[Any] = [services, balance, expenses, paid]
