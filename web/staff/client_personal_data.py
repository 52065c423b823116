"""The personal data of a client: what can be done with it, and clearing it for good."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import clients, personal_clearing, personal_exports
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs


@get("/clients/{code:int}/personal-data", **requires(Permission.CLIENT_PERSONAL_DATA))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """The tab: exports, and what clearing means or has left."""
    client = await clients.get(code, by=by)
    kept = await personal_clearing.kept_of(client, by=by)
    exports = await personal_exports.of_client(client["code"], by=by)
    return await client_tabs.show(request, client, "personal", by=by, kept=kept, exports=exports)


@get("/clients/{code:int}/personal-data/clear", **requires(Permission.CLIENT_CLEAR))
async def ask(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Say what goes, what is kept and why, and ask for the code and a reason."""
    return await _ask(request, code, Form(), by=by)


@post("/clients/{code:int}/personal-data/clear", status_code=200, **requires(Permission.CLIENT_CLEAR))
async def clear(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Clear it."""
    form = await forms.read(request)
    try:
        cleared = await personal_clearing.clear(code, form.get("typed"), form.get("reason"), by=by)
    except Invalid as refusal:
        return await _ask(request, code, form.refused(refusal), by=by, status=422)
    # Staff who may clear and not export see the client's page.
    place = f"/staff/clients/{cleared['code']}"
    return redirect(request, place, toast=_("The personal data was cleared."))


async def _ask(request: AnyRequest, code: int, form: Form, *, by: Actor, status: int = 200) -> Response[Any]:
    found = await personal_clearing.preview(code, by=by)
    return page(request, "staff/clients/clear.html", status=status, preview=found, client=found.client, form=form)


ROUTES = [show, ask, clear]
