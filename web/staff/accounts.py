"""Accounts: the list of those of all clients. What can be done with one stands on its client's page."""

from typing import Any

from litestar import Response, get

from core.billing import account_list
from core.billing.account_list import AccountFilter
from core.i18n import N_, _
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By
from web.staff import list_saving, money_lists
from web.staff.money_lists import MoneyList

BALANCES = {"owes": N_("Owes"), "over_limit": N_("Owes more than it may"), "ahead": N_("Has credit")}
LABELS = {
    "name": N_("Client's name"),
    "client": N_("Client's code"),
    "project": N_("Project"),
    "currency": N_("Currency"),
    "balance": N_("Balance"),
}
LIST = MoneyList(
    name="accounts",
    filter=AccountFilter,
    listed=account_list,
    labels=LABELS,
    words=money_lists.named(balance=BALANCES),
)


@get("/accounts", **requires(Permission.ACCOUNT_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    found = await money_lists.read(request, LIST, by=by)
    sums = [("balance", _("Balance")), ("owed", _("Owed")), ("ahead", _("Credit"))]
    return page(request, "staff/accounts/index.html", sums=sums, **found)


ROUTES = [index]
