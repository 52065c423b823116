"""What clients promise to pay, as staff note it and take it back."""

from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from core.accounts import access
from core.billing import accounts, promise_endings, promise_making
from core.billing.promised_payments import NewPromise
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import client_dunning


@post("/accounts/{account_id:int}/promises", status_code=200, **requires(Permission.DUNNING_PAUSE))
async def create(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[Any]:
    """Note a promise."""
    account = await accounts.get(account_id, by=by)
    form = await forms.read(request)
    try:
        await promise_making.create(account_id, money_forms.filled(form, NewPromise, account["currency"]), by=by)
    except Invalid as refusal:
        return await client_dunning.show_promise(request, account, form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        refused = Form(form.values, {"": conflict.message})
        return await client_dunning.show_promise(request, account, refused, by=by, status=409)
    return redirect(request, f"/staff/clients/{account['code']}/dunning", toast=_("The promise was noted."))


@post("/promises/{promise_id:int}/withdraw", **requires(Permission.DUNNING_PAUSE))
async def withdraw(request: AnyRequest, by: By, promise_id: FromPath[int]) -> Response[None]:
    """Take it back."""
    made = await promise_endings.withdraw(promise_id, by=by)
    client = await access.client(made["client_id"], by=by)
    return redirect(request, f"/staff/clients/{client['code']}/dunning", toast=_("The promise was withdrawn."))


ROUTES = [create, withdraw]
