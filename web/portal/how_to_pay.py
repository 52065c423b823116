"""How to pay: what to write on a transfer, and the code that a banking app reads."""

from collections.abc import Sequence
from typing import Any

import segno
from litestar import Response, get
from litestar.params import FromPath

from core.accounts.rights import Right
from core.billing import how_to_pay
from core.billing.how_to_pay import Way
from core.money import MOST
from web.kit import service_forms
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page
from web.kit.visit import By

READ = in_client(Right.INVOICES_READ)


@get("/pay", **READ)
async def of_accounts(request: AnyRequest, by: By) -> Response[str]:
    """What is open in the client's accounts; into one of them at least what is missing there for something."""
    account_id, missing = (
        service_forms.number(request.query_params.get(name, "")) for name in ("account", "missing")
    )
    asked = {"account_id": account_id or 0, "missing": min(missing or 0, MOST)}
    told = await how_to_pay.of_accounts(**asked, by=by)
    return _show(request, told.ways, waiting=told.waiting, back="/balance")


@get("/invoices/{invoice_id:int}/pay", **READ)
async def of_invoice(request: AnyRequest, by: By, invoice_id: FromPath[int]) -> Response[str]:
    """What is open of one invoice."""
    return _show(request, await how_to_pay.of_invoice(invoice_id, by=by), back="/invoices")


def _show(request: AnyRequest, ways: list[Way], *, waiting: Sequence[str] = (), back: str) -> Response[str]:
    shown = [(way, _code(way.told.qr)) for way in ways]
    return page(request, "portal/money/pay.html", ways=shown, waiting=waiting, back=back)


def _code(text: str) -> str:
    if not text:
        return ""
    made = segno.make(text, error="m", encoding="utf-8", micro=False, boost_error=False)
    return str(made.svg_inline(dark="#000", light="#fff", omitsize=True))


ROUTES: list[Any] = [of_accounts, of_invoice]
