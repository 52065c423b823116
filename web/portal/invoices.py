"""The client's invoices, as its users see them: what was issued, with its files."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from core import clock
from core.accounts.rights import Right
from core.billing import how_to_pay, own_invoices
from web.kit import downloads
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page
from web.kit.visit import By

HERE = "/invoices"
READ = in_client(Right.INVOICES_READ)


@get(HERE, **READ)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The newest ones."""
    rows = await own_invoices.every(by=by)
    today, can_pay = clock.today(by.tenant.timezone), await how_to_pay.is_there(by=by)
    return page(request, "portal/invoices/index.html", rows=rows, today=today, can_pay=can_pay)


@get(f"{HERE}/{{invoice_id:int}}/pdf", **READ)
async def pdf(by: By, invoice_id: FromPath[int]) -> Response[bytes]:
    """The document as it was issued."""
    return downloads.file(await own_invoices.paper(invoice_id, by=by))


ROUTES: list[Any] = [index, pdf]
