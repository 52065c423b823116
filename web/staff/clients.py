"""Clients: one client's page, registering and editing. `client_index` has the list of them."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core.accounts import (
    attitudes,
    client_fields,
    clients,
    field_values,
    fraud_registrations,
    notes,
    projects,
)
from core.actor import Actor
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from web.kit import field_forms, forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, client_words, edits

NOT_SENT = frozenset({"password_again"})
SHOWN_ONLY = frozenset({"login", "registered_at", "registered_address", "phone_verified"})


@get("/clients/new", **requires(Permission.CLIENT_CREATE))
async def new(request: AnyRequest, by: By) -> Response[str]:
    """The empty form."""
    values = {
        "kind": "individual",
        "country": by.tenant.country,
        "language": by.tenant.locale,
        "project_id": await projects.default_id(),
        "attitude_id": await attitudes.default_id(),
        "send_welcome": True,
    }
    return await _form(request, Form(values), by=by)


@post("/clients", status_code=200, **requires(Permission.CLIENT_CREATE))
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Register a client."""
    form = await forms.read(request)
    try:
        wanted = form.into(clients.NewClient, ignore=NOT_SENT)
        if form.get("password") != form.get("password_again"):
            raise Invalid({"password_again": _("The two passwords are not the same.")})
        created = await fraud_registrations.register(wanted, by=by)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), by=by, status=422)
    return redirect(request, f"/staff/clients/{created['code']}", toast=_("The client was registered."))


@get("/clients/{code:int}", **requires(Permission.CLIENT_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """One client: the summary, the profile and what plugins add."""
    client = await clients.get(code, by=by)
    brought = await client_tabs.brought_by_plugins(client, by=by)
    panels = [panel for _name, panel in brought if not panel.tab]
    fields = await client_fields.in_use()
    own = field_forms.facts(fields, await field_values.of(client["id"], fields))
    pinned = await notes.pinned(client["id"], by=by)
    return await client_tabs.show(
        request, client, "profile", by=by, brought=brought, panels=panels, own=own, pinned=pinned
    )


@get("/clients/{code:int}/more/{plugin:str}", **requires(Permission.CLIENT_READ))
async def show_more(request: AnyRequest, by: By, code: FromPath[int], plugin: FromPath[str]) -> Response[str]:
    """The tab of a plugin that is on; it may have nothing to show for this client, or fail to answer."""
    client = await clients.get(code, by=by)
    if plugin not in by.tenant.plugins:
        raise NotFound()
    brought = await client_tabs.brought_by_plugins(client, by=by)
    panels = [panel for name, panel in brought if panel.tab and name == plugin]
    return await client_tabs.show_brought(request, client, plugin, by=by, brought=brought, panels=panels)


@get("/clients/{code:int}/edit", **requires(Permission.CLIENT_UPDATE))
async def edit(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The form with what is kept."""
    client = await clients.get(code, by=by)
    return await _form(request, Form(await _kept(client)), by=by, client=client)


@post("/clients/{code:int}", status_code=200, **requires(Permission.CLIENT_UPDATE))
async def update(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Save; when somebody else saved meanwhile, show both and let the person choose."""
    client = await clients.get(code, by=by)
    form = edits.settled(await forms.read(request), await _kept(client))
    try:
        await clients.update(code, form.into(clients.ClientChanges, ignore=SHOWN_ONLY), by=by)
    except Invalid as refusal:
        refused = form.refused(refusal)
        return await _form(request, _with_kept(refused, client), by=by, client=client, status=422)
    except EditConflict as conflict:
        return await _show_conflict(request, form, client, conflict, by=by)
    return redirect(request, f"/staff/clients/{code}", toast=_("The client was saved."))


async def _form(
    request: AnyRequest, form: Form, *, by: Actor, client: Any = None, conflict: Any = None, status: int = 200
) -> Response[str]:
    offered = await client_words.choices(by=by)
    offered["home"] = _homes(offered, client)
    return page(
        request,
        "staff/clients/form.html",
        status=status,
        client=client,
        form=form,
        choices=offered,
        own_fields=await client_fields.in_use(),
        conflict=conflict,
    )


def _homes(offered: client_words.Choices, client: Any) -> list[tuple[Any, str]]:
    """The projects the client may belong to; none when it is registered in one that is not shown."""
    if client is None:
        return offered["open_project"]
    homes = [choice for choice in offered["project"] if choice in offered["open_project"]]
    kept = [choice for choice in offered["project"] if choice[0] == client["project_id"]]
    return kept and list(dict.fromkeys([*homes, *kept]))


async def _kept(client: Any) -> dict[str, Any]:
    """What a form of this client begins with."""
    fields = await client_fields.in_use()
    return {**client, **field_forms.filled(fields, await field_values.of(client["id"], fields))}


def _with_kept(form: Form, client: Any) -> Form:
    return Form({field: client[field] for field in SHOWN_ONLY} | form.values, form.errors)


async def _show_conflict(
    request: AnyRequest, form: Form, client: Any, refusal: EditConflict, *, by: Actor
) -> Response[str]:
    offered = await client_words.choices(by=by)
    fields = await client_fields.in_use()
    asked = [field for field in clients.EDITABLE if field in form.values]
    labels = {entry["key"]: entry["label"] for entry in client_words.labelled(asked)}
    own = {name: label for name, label in field_forms.labels(fields).items() if name in form.values}

    def told(field: str, value: Any) -> str:
        return (
            field_forms.readable(fields, field, value)
            if field in own
            else client_words.shown(field, value, offered)
        )

    conflict = edits.conflict(form, field_forms.saved(fields, refusal.current), labels | own, told)
    return await _form(request, _with_kept(form, client), by=by, client=client, conflict=conflict, status=409)


ROUTES = [new, create, show, show_more, edit, update]
