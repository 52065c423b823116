"""Letting a suspended service go on: what each of the two ways costs, and doing it."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core.actor import Actor
from core.billing import resuming, service_states, services
from core.billing.missed import Missed
from core.catalog import terms
from core.errors import Conflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By

HERE = "/staff/services"


class ResumeForm(msgspec.Struct, frozen=True, kw_only=True):
    """Which way."""

    missed_time: Missed


@get("/services/{service_id:int}/resume", **requires(Permission.SERVICE_UPDATE))
async def ask(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[str]:
    """Both ways with what they cost."""
    return await _ask(request, service_id, by=by)


@post("/services/{service_id:int}/resume", status_code=200, **requires(Permission.SERVICE_UPDATE))
async def resume(request: AnyRequest, by: By, service_id: FromPath[int]) -> Response[Any]:
    """Let it go on."""
    form = await forms.read(request)
    try:
        await service_states.resume(service_id, missed_time=form.into(ResumeForm).missed_time, by=by)
    except Invalid as refusal:
        return await _ask(request, service_id, form=form.refused(refusal), by=by, status=422)
    except Conflict as conflict:
        return await _ask(request, service_id, by=by, refused=conflict.message, status=409)
    return redirect(request, f"{HERE}/{service_id}", toast=_("The service goes on."))


async def _ask(
    request: AnyRequest,
    service_id: int,
    *,
    form: Form | None = None,
    by: Actor,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    service, quoted = await services.get(service_id, by=by), None
    try:
        quoted = await resuming.quote(service_id, by=by)
    except Conflict as conflict:
        refused = refused or conflict.message
    return page(
        request,
        "staff/services/resume.html",
        status=status,
        service=service,
        title=services.title(service),
        term=terms.of_row(service),
        ways=quoted.each if quoted else (),
        form=form or Form({"missed_time": quoted.usual if quoted else ""}),
        refused=refused,
    )


ROUTES = [ask, resume]
