"""The client's one payer, edited in place: where the provider has no payers as a module."""

from typing import Any

from litestar import Response, get, post

from core import policies
from core.accounts import own_payers, payer_documents, payer_fields
from core.accounts.payers import FEATURE
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import EditConflict, Invalid
from core.i18n import _
from web.kit import edits, forms, payer_forms
from web.kit.forms import Form
from web.kit.guards import in_client
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/payer"


@get(HERE, **in_client(Right.PAYERS_READ))
async def show(request: AnyRequest, by: By) -> Response[Any]:
    """The payer, as a form for those who may edit it. Where there are several, this is the default one's page."""
    payer = await own_payers.default(by=by)
    if policies.has_feature(by.tenant, FEATURE):
        return redirect(request, f"/payers/{payer['id']}")
    return await _page(request, Form(dict(payer)), payer, by=by)


@post(HERE, status_code=200, **in_client(Right.PAYERS_MANAGE))
async def save(request: AnyRequest, by: By) -> Response[Any]:
    """Save it; when somebody else saved meanwhile, show both and let the person choose."""
    payer = await own_payers.default(by=by)
    form = edits.settled(await forms.read(request), payer)
    if payer_forms.wants_fields(form):
        return await _page(request, form, payer, by=by)
    try:
        await own_payers.update_default(payer_forms.changes(form), version=edits.version_of(form), by=by)
    except Invalid as refusal:
        return await _page(request, form.refused(refusal), payer, by=by, status=422)
    except EditConflict as conflict:
        both = payer_forms.conflict(form, conflict)
        return await _page(request, form, payer, by=by, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The payer was saved."))


async def _page(
    request: AnyRequest, form: Form, payer: Any, *, by: Actor, conflict: Any = None, status: int = 200
) -> Response[str]:
    return page(
        request,
        "portal/payers/own.html",
        status=status,
        payer=payer,
        form=form,
        conflict=conflict,
        facts=payer_forms.facts(payer),
        is_complete=payer_fields.is_complete(payer),
        documents=(await payer_documents.counts([payer["id"]]))[payer["id"]],
        may_edit=await own_payers.may_edit(payer, by=by),
        action=HERE,
        **payer_forms.surroundings(form),
    )


ROUTES: list[Any] = [show, save]
