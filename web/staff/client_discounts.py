"""The discounts that reach one client, and why."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from core import clock, policies
from core.accounts import clients
from core.catalog import discount_book, discounts
from core.i18n import _
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest
from web.kit.visit import By
from web.staff import client_tabs
from web.staff.discounts import told


@get("/clients/{code:int}/discounts", **requires(Permission.DISCOUNT_READ))
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """Those for it alone, those of its groups, and those for all."""
    client = await clients.get(code, by=by)
    day = clock.today(by.tenant.timezone)
    reach = await discount_book.of_client(client["id"], day=day, by=by)
    found = await discounts.some([one.id for one in reach.discounts], by=by)
    rows = [told(row, by=by) | {"why": _why(row)} for row in sorted(found, key=_narrowest_first)]
    may_create = policies.allows(by, Permission.DISCOUNT_CREATE) and client["status"] != "closed"
    return await client_tabs.show(request, client, "discounts", by=by, discounts=rows, may_create=may_create)


def _narrowest_first(row: Any) -> tuple[int, int, str]:
    """The order in which they win as long as nothing else decides: priority, then the narrower recipient."""
    return -row["priority"], ("client", "group", "all").index(row["recipient"]), row["name"]


def _why(row: Any) -> str:
    if row["recipient"] == "client":
        return _("It is for this client.")
    if row["recipient"] == "group":
        return _("The client is in the group %(name)s.") % {"name": row["group_name"]}
    return _("It is for all clients.")


ROUTES = [show_of_client]
