"""Files of lists: clients with their filter and columns, account groups, activity."""

from typing import Any

from litestar import Response, get, post

from core.accounts import client_choice, client_fields, client_list, exports
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.errors import Invalid
from core.permissions import Permission
from web.kit import forms
from web.kit.downloads import download
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page
from web.kit.visit import By
from web.staff import client_words
from web.staff.client_bulk import address_of, chosen, focused
from web.staff.list_export import format_of


@get("/clients/export", **requires(Permission.CLIENT_EXPORT))
async def choose(request: AnyRequest, by: By) -> Response[str]:
    """Ask which columns, and in which format."""
    choice = _chosen(request, request.query_params.getall("code", []))
    offered = await exports.client_columns(by=by)
    return await _ask(
        request,
        choice,
        Form({"columns": [key for key in exports.USUAL if key in offered], "format": "csv"}),
        by=by,
    )


@post("/clients/export", status_code=200, **requires(Permission.CLIENT_EXPORT))
async def send(request: AnyRequest, by: By) -> Any:
    """The file."""
    form = await forms.read(request)
    choice = _chosen(request, form.all("code"))
    try:
        export = await exports.of_clients(choice, form.all("columns"), format_of(form), by=by)
    except Invalid as refusal:
        return await _ask(request, choice, form.refused(refusal), by=by, status=422)
    return await download(export, by.tenant.id)


@post("/groups/export", status_code=200, **requires(Permission.GROUP_READ))
async def send_groups(request: AnyRequest, by: By) -> Any:
    """The file of account groups."""
    export = await exports.of_groups(format_of(await forms.read(request)), by=by)
    return await download(export, by.tenant.id)


@post("/activity/export", status_code=200, **requires(Permission.ACTIVITY_READ))
async def send_activity(request: AnyRequest, by: By) -> Any:
    """The file of all activity."""
    export = await exports.of_activity(format_of(await forms.read(request)), by=by)
    return await download(export, by.tenant.id)


def _chosen(request: AnyRequest, codes: list[Any]) -> Choice:
    """The clients that a request is about; without any word of it all that may be seen."""
    choice = chosen(request, codes)
    return choice if choice.codes or choice.filter is not None else focused(request, ClientFilter())


async def _ask(request: AnyRequest, choice: Choice, form: Form, *, by: Actor, status: int = 200) -> Response[str]:
    fields = {client_list.column_of(field): field.label for field in await client_fields.in_use()}
    columns = await exports.client_columns(by=by)
    labels = fields | {
        it["key"]: it["label"] for it in client_words.labelled(k for k in columns if k not in fields)
    }
    return page(
        request,
        "staff/exports/clients.html",
        status=status,
        count=await client_choice.count(choice, by=by),
        codes=choice.codes,
        action=address_of("/staff/clients/export", request, choice),
        columns=[(key, labels[key]) for key in columns],
        form=form,
    )


ROUTES = [choose, send, send_groups, send_activity]
