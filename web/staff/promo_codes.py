"""The promo codes of a discount: one more, and none any more."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from core.catalog import promo_codes
from core.catalog.promo_codes import NewPromoCode
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import discounts


@post("/discounts/{discount_id:int}/codes", status_code=200, **requires(Permission.DISCOUNT_UPDATE))
async def create(request: AnyRequest, by: By, discount_id: FromPath[int]) -> Response[Any]:
    """Add a code."""
    form = await forms.read(request)
    try:
        made = await promo_codes.create(discount_id, form.into(NewPromoCode), by=by)
    except Invalid as refusal:
        return await discounts.show_page(request, discount_id, form=form.refused(refusal), by=by, status=422)
    toast = _("The code %(code)s was added.") % {"code": made["code"]}
    return redirect(request, f"/staff/discounts/{discount_id}", toast=toast)


@post("/promo-codes/{code_id:int}/withdraw", **requires(Permission.DISCOUNT_UPDATE))
async def withdraw(request: AnyRequest, by: By, code_id: FromPath[int]) -> Response[None]:
    """Nobody can take it any more."""
    discount_id = await promo_codes.withdraw(code_id, by=by)
    return redirect(request, f"/staff/discounts/{discount_id}", toast=_("The code was withdrawn."))


ROUTES = [create, withdraw]
