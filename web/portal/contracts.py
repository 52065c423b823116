"""The client's contracts, as its users see them: reading what was sent, and asking for one."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import own_contracts
from core.accounts.contracts import FEATURE
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from web.kit import downloads, forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/contracts"
READ = in_client(Right.CONTRACTS_READ, feature=FEATURE)
REQUEST = in_client(Right.CONTRACTS_REQUEST, feature=FEATURE)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """With which payer, and what the team should know."""

    payer_id: int
    wish: str = ""


@get(HERE, **READ)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """All of them; a client has a few."""
    return page(request, "portal/contracts/index.html", contracts=await own_contracts.every(by=by))


@get(f"{HERE}/request", **REQUEST)
async def ask(request: AnyRequest, by: By) -> Response[str]:
    """With which payer."""
    payers = await own_contracts.payers(by=by)
    return await _form(request, Form({"payer_id": payers[0]["id"] if payers else ""}), by=by)


@post(f"{HERE}/request", status_code=200, **REQUEST)
async def send(request: AnyRequest, by: By) -> Response[Any]:
    """Ask for it."""
    form = await forms.read(request)
    try:
        wish = form.into(Wish)
        await own_contracts.request(wish.payer_id, wish.wish, by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, HERE, toast=_("Thank you. We prepare the contract and come back to you."))


@get(f"{HERE}/{{contract_id:int}}/pdf", **READ)
async def pdf(by: By, contract_id: FromPath[int]) -> Response[bytes]:
    """The document that was sent."""
    return downloads.file(await own_contracts.paper(contract_id, "sent", by=by))


@get(f"{HERE}/{{contract_id:int}}/signed", **READ)
async def signed(by: By, contract_id: FromPath[int]) -> Response[bytes]:
    """The signed document."""
    return downloads.file(await own_contracts.paper(contract_id, "signed", by=by))


async def _form(request: AnyRequest, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    payers = [(row["id"], row["name"]) for row in await own_contracts.payers(by=by)]
    return page(request, "portal/contracts/request.html", status=status, form=form, payers=payers)


ROUTES: list[Any] = [index, ask, send, pdf, signed]
