"""The accounts of one client: what they hold and may owe, and moving money between them."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import clock, money, policies
from core.accounts import clients
from core.actor import Actor
from core.billing import accounts, runs_out, transfers
from core.billing.accounts import Terms
from core.billing.transfers import NewTransfer
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, money_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import client_tabs


class TermsForm(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may owe, as it is written; an empty limit is the project's."""

    credit_limit: str = ""
    is_postpaid: bool = False


@get("/clients/{code:int}/accounts", **requires(Permission.ACCOUNT_READ))
async def show_accounts(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The accounts with their balances."""
    return await _show(request, await clients.get(code, by=by), by=by)


@post("/accounts/{account_id:int}/terms", status_code=200, **requires(Permission.ACCOUNT_UPDATE))
async def set_terms(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[Any]:
    """Change what it may owe."""
    account = await accounts.get(account_id, by=by)
    form = await forms.read(request)
    try:
        await accounts.set_terms(account_id, _terms(form, account["currency"]), by=by)
    except Invalid as refusal:
        refused = form.refused(refusal)
        client = await clients.get(account["code"], by=by)
        return await _show(request, client, by=by, terms=(account_id, refused), status=422)
    return redirect(request, _address(account["code"]), toast=_("What the account may owe was saved."))


@post("/accounts/{account_id:int}/transfer", status_code=200, **requires(Permission.ACCOUNT_UPDATE))
async def transfer(request: AnyRequest, by: By, account_id: FromPath[int]) -> Response[Any]:
    """Move money to another account of the client."""
    account = await accounts.get(account_id, by=by)
    form = await forms.read(request)
    try:
        asked = money_forms.filled(form, NewTransfer, account["currency"])
        await transfers.create(account_id, asked, key=money_forms.key_of(form), by=by)
    except Invalid as refusal:
        refused = form.refused(refusal)
        client = await clients.get(account["code"], by=by)
        return await _show(request, client, by=by, moves=(account_id, refused), status=422)
    return redirect(request, _address(account["code"]), toast=_("The money was moved."))


async def _show(
    request: AnyRequest,
    client: Any,
    *,
    by: Actor,
    terms: tuple[int, Form] | None = None,
    moves: tuple[int, Form] | None = None,
    status: int = 200,
) -> Response[str]:
    found = await accounts.of(client["id"], by=by)
    days, today = await runs_out.of(found, by=by), clock.today(by.tenant.timezone)
    may = policies.allows(by, Permission.ACCOUNT_UPDATE) and client["status"] != "closed"
    return await client_tabs.show(
        request,
        client,
        "accounts",
        by=by,
        status=status,
        may=may,
        accounts=[
            dict(row)
            | {
                "runs_out": runs_out.words(days.get(row["id"]), today),
                "terms": terms[1] if terms and terms[0] == row["id"] else _form(row),
                "move": moves[1] if moves and moves[0] == row["id"] else money_forms.begun({}),
                "targets": [(other["id"], other["project"]) for other in transfers.among(found, row)],
            }
            for row in found
        ],
    )


def _form(account: Any) -> Form:
    own = account["own_limit"]
    written = "" if own is None else money.written(own, account["currency"])
    return Form({"credit_limit": written, "is_postpaid": account["is_postpaid"]})


def _terms(form: Form, currency: str) -> Terms:
    given = form.into(TermsForm)
    try:
        limit = money.parse(given.credit_limit, currency) if given.credit_limit.strip() else None
    except money.BadAmount as error:
        raise Invalid({"credit_limit": str(error)}) from error
    return Terms(credit_limit=limit, is_postpaid=given.is_postpaid)


def _address(code: int) -> str:
    return f"/staff/clients/{code}/accounts"


ROUTES = [show_accounts, set_terms, transfer]
