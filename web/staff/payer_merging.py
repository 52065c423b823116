"""Merging two payers of a client: the choice, the preview, the act."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import access, payer_merging, payers
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms, payer_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff.client_removal import number_in


@get("/payers/{payer_id:int}/merge", **requires(Permission.PAYER_MERGE))
async def ask(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[str]:
    """Ask for the payer that stays; once it is chosen, show what happens."""
    form = Form({"into": request.query_params.get("into", "")})
    if not form.get("into"):
        return await _show(request, payer_id, form, by=by)
    try:
        found = await payer_merging.preview(payer_id, number_in(form.get("into")) or 0, by=by)
    except Invalid as refusal:
        return await _show(request, payer_id, form.refused(refusal), by=by, status=422)
    return await _show(request, payer_id, form, by=by, preview=found)


@post("/payers/{payer_id:int}/merge", status_code=200, **requires(Permission.PAYER_MERGE))
async def merge(request: AnyRequest, by: By, payer_id: FromPath[int]) -> Response[Any]:
    """Merge them."""
    form = await forms.read(request)
    try:
        stays = await payer_merging.merge(payer_id, number_in(form.get("into")) or 0, by=by)
    except Invalid as refusal:
        return await _show(request, payer_id, form.refused(refusal), by=by, status=422)
    return redirect(request, f"/staff/payers/{stays['id']}", toast=_("The payers were merged."))


async def _show(
    request: AnyRequest, payer_id: int, form: Form, *, by: Actor, preview: Any = None, status: int = 200
) -> Response[str]:
    payer = await payers.get(payer_id, by=by)
    choices = [(row["id"], _label(row)) for row in await payer_merging.candidates(payer_id, by=by)]
    return page(
        request,
        "staff/payers/merge.html",
        status=status,
        payer=payer,
        client=await access.client(payer["client_id"], by=by),
        form=form,
        choices=choices,
        preview=preview,
        rows=_rows(preview) if preview else [],
    )


def _label(payer: Any) -> str:
    number = payer["vat_number"] or payer["registration_number"] or payer["city"]
    return f"{payer['name']} · {number}" if number else str(payer["name"])


def _rows(preview: payer_merging.Preview) -> list[dict[str, str]]:
    labels = payer_forms.labels(preview.gone) | payer_forms.labels(preview.stays)
    return [
        {
            "label": labels[field],
            "gone": payer_forms.shown(field, preview.gone[field]),
            "stays": payer_forms.shown(field, preview.stays[field]),
        }
        for field in preview.differing
        if field in labels
    ]


ROUTES = [ask, merge]
