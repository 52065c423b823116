"""What becomes of a contract: sending it, recording the signature, cancelling; and its files."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import contract_papers, contract_states
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from tenants import addresses, hosts
from web.kit import downloads, forms
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff.contracts import HERE, show_page

LARGEST = contract_papers.MOST_BYTES + 100_000


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the payer is told by mail."""

    by_mail: bool = False


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """The day on which the contract was signed."""

    signed_on: date


@post("/contracts/{contract_id:int}/send", status_code=200, **requires(Permission.CONTRACT_UPDATE))
async def send(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[Any]:
    """Number it, freeze it, and tell the payer when asked to."""
    form = await forms.read(request)
    try:
        link = await portal_link(by) if form.into(Sending).by_mail else ""
        sent = await contract_states.send(contract_id, link=link, by=by)
    except Invalid as refusal:
        return await show_page(request, contract_id, by=by, form=form.refused(refusal), status=422)
    except Conflict as refusal:
        return await show_page(request, contract_id, by=by, refused=refusal.message, status=409)
    toast = _("The contract is number %(number)s now.") % {"number": sent["number"]}
    return redirect(request, f"{HERE}/{contract_id}", toast=toast)


@post("/contracts/{contract_id:int}/sign", status_code=200, request_max_body_size=LARGEST,
      **requires(Permission.CONTRACT_UPDATE))  # fmt: skip
async def sign(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[Any]:
    """Record the signature, with the signed document when it was sent along."""
    form = await forms.read(request)
    content = await forms.read_file(request, "file")
    try:
        signature = form.into(Signature, ignore=frozenset({"file"}))
        await contract_states.sign(contract_id, signature.signed_on, content, by=by)
    except Invalid as refusal:
        return await show_page(request, contract_id, by=by, form=form.refused(refusal), status=422)
    return redirect(request, f"{HERE}/{contract_id}", toast=_("The signature was recorded."))


@post("/contracts/{contract_id:int}/cancel", status_code=200, **requires(Permission.CONTRACT_UPDATE))
async def cancel(request: AnyRequest, by: By, contract_id: FromPath[int]) -> Response[Any]:
    """End it, with the reason."""
    form = await forms.read(request)
    try:
        await contract_states.cancel(contract_id, form.get("reason"), by=by)
    except Invalid as refusal:
        return await show_page(request, contract_id, by=by, form=form.refused(refusal), status=422)
    return redirect(request, f"{HERE}/{contract_id}", toast=_("The contract was cancelled."))


@get("/contracts/{contract_id:int}/pdf", **requires(Permission.CONTRACT_READ))
async def pdf(by: By, contract_id: FromPath[int]) -> Response[bytes]:
    """The document, as it was sent or as it would be."""
    return downloads.file(await contract_papers.draft(contract_id, by=by))


@get("/contracts/{contract_id:int}/signed", **requires(Permission.CONTRACT_READ))
async def signed(by: By, contract_id: FromPath[int]) -> Response[bytes]:
    """The signed document."""
    return downloads.file(await contract_papers.signed(contract_id, by=by))


async def portal_link(by: Actor) -> str:
    """Where the client's users find it: a host of the provider's that we keep, never the request's."""
    return f"{addresses.link(await hosts.primary(by.tenant.id))}/contracts"


ROUTES = [send, sign, cancel, pdf, signed]
