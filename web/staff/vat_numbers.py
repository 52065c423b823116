"""What VIES answered about the VAT number of a payer, on the payer's page, and the button that has it asked."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from core import policies
from core.accounts import access, payer_keeping
from core.actor import Actor
from core.catalog import tax_rules, vat_numbers
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By


async def of_payer(payer: Any, *, by: Actor) -> dict[str, Any] | None:
    """What the page of a payer shows; None for a number that VIES does not know, or who may not see it."""
    if not policies.allows(by, Permission.TAX_READ) or not tax_rules.country_of(payer["vat_number"]):
        return None
    found = await vat_numbers.of_payer(payer["id"], by=by)
    return {"proofs": found, "may_ask": policies.allows(by, Permission.TAX_MANAGE)}


@post("/payers/{payer_id:int}/vat-proofs", **requires(Permission.TAX_MANAGE))
async def ask(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """Have VIES asked; back to the payer, or to the client where the edition has no page of payers."""
    payer = await payer_keeping.find(payer_id)
    client = await access.client(payer["client_id"], by=by)
    try:
        is_asked = await vat_numbers.ask_later(payer_id, by=by)
    except Conflict as conflict:
        told, kind = conflict.message, "bad"
    else:
        told = _("VIES is being asked. The answer stands here when it has come.")
        told, kind = (told, "good") if is_asked else (_("This installation does not ask VIES."), "warn")
    has_page = policies.allows(by, Permission.PAYER_READ)
    back = f"/staff/payers/{payer_id}" if has_page else f"/staff/clients/{client['code']}/payer"
    return redirect(request, back, toast=told, kind=kind)


ROUTES = [ask]
