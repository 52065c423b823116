"""The payers on a client's page: all of them, or the one of an edition that has no more, edited in place."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import clients, payer_documents, payer_fields, payers
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, payer_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, redirect
from web.kit.visit import By
from web.staff import client_tabs, edits, vat_numbers


@get("/clients/{code:int}/payers", **requires(Permission.PAYER_READ))
async def show_payers(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The payers of one client."""
    client = await clients.get(code, by=by)
    found = await payers.of_client(client["id"], by=by)
    return await client_tabs.show(
        request,
        client,
        "payers",
        by=by,
        payers=[dict(row) | {"is_complete": payer_fields.is_complete(row)} for row in found],
        kind_names={key: _(label) for key, label in payer_forms.KINDS.items()},
    )


@get("/clients/{code:int}/payer", **requires(Permission.CLIENT_READ))
async def show_payer(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The default payer of one client, as a form for those who may edit it."""
    client = await clients.get(code, by=by)
    payer = await payers.default_of(client["id"], by=by)
    return await _show(request, Form(dict(payer)), client, payer, by=by)


@post("/clients/{code:int}/payer", status_code=200, **requires(Permission.CLIENT_UPDATE))
async def save_payer(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Save it; when somebody else saved meanwhile, show both and let the person choose."""
    client = await clients.get(code, by=by)
    payer = await payers.default_of(client["id"], by=by)
    form = edits.settled(await forms.read(request), payer)
    if payer_forms.wants_fields(form):
        return await _show(request, form, client, payer, by=by)
    try:
        changes = payer_forms.changes(form)
        await payers.update_default(client["id"], changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _show(request, form.refused(refusal), client, payer, by=by, status=422)
    except EditConflict as refusal:
        both = payer_forms.conflict(form, refusal)
        return await _show(request, form, client, payer, by=by, conflict=both, status=409)
    return redirect(request, f"/staff/clients/{code}/payer", toast=_("The payer was saved."))


async def _show(
    request: AnyRequest,
    form: Form,
    client: Any,
    payer: Any,
    *,
    by: Actor,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    has_module = policies.has_feature(by.tenant, payers.FEATURE)
    right = Permission.PAYER_UPDATE if has_module else Permission.CLIENT_UPDATE
    return await client_tabs.show(
        request,
        client,
        "payer",
        by=by,
        status=status,
        form=form,
        conflict=conflict,
        named=await payer_documents.has_documents(payer["id"]),
        kept=0 if has_module else await payers.number_of(client["id"], by=by) - 1,
        facts=payer_forms.facts(payer),
        is_complete=payer_fields.is_complete(payer),
        may_edit=policies.allows(by, right) and client["status"] != "closed",
        action=f"/staff/clients/{client['code']}/payer",
        payer=payer,
        vat=await vat_numbers.of_payer(payer, by=by),
        **payer_forms.surroundings(form),
    )


ROUTES = [show_payers, show_payer, save_payer]
