"""Clients: the list with its filter, one client's page, registering and editing."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from core import i18n, places
from core.accounts import (
    activity,
    attitudes,
    client_choices,
    client_fields,
    client_filter,
    client_list,
    clients,
    field_values,
    people,
    projects,
)
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from web.kit import field_forms, forms, histories
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.templates import number
from web.kit.visit import By, visit_of
from web.staff import activity as activity_page
from web.staff import client_tabs, client_words, edits

PAGING = frozenset({"after", "before", "sort"})
COUNTED = 10_000
USUAL_SORT = "-registered"
COLUMNS = "client_columns"
NOT_SENT = frozenset({"password_again"})
SHOWN_ONLY = frozenset({"login", "registered_at", "registered_address", "phone_verified"})


@get("/clients", **requires(Permission.CLIENT_READ))
async def index(request: AnyRequest, by: By) -> Response[str]:
    """The list: filtered, sorted and paged by the address alone, so that a link shows the same."""
    given = forms.query(request, ignore=PAGING)
    query = request.query_params
    fields = await client_fields.in_use()
    sort, columns = query.get("sort") or USUAL_SORT, _columns(request, fields, by=by)
    status, errors, total = 200, {}, None
    listed = client_list.Page(rows=[], previous=None, next=None)
    chosen = ClientFilter()
    try:
        chosen = forms.fill(ClientFilter, given)
        listed = await client_list.page(
            chosen,
            by=by,
            sort=sort,
            after=query.get("after", ""),
            before=query.get("before", ""),
            columns=columns,
            within=visit_of(request).focus,
        )
        total = await client_list.total(chosen, listed, by=by, most=COUNTED + 1, within=visit_of(request).focus)
    except Invalid as refusal:
        status, errors = 422, refusal.errors
    filed = await client_choices.of(by=by)
    offered = client_words.offered(filed, fields)
    return page(
        request,
        "staff/clients/index.html",
        block="list",
        status=status,
        rows=listed.rows,
        columns=columns,
        all_columns=client_words.labelled(client_list.offered_columns(by=by, fields=fields), fields),
        own_fields=fields,
        own_columns=[(client_list.column_of(field), _shower(field)) for field in fields],
        sort=sort,
        sort_links={key: _link(given, sort=_turned(key, sort)) for key in client_list.SORTS},
        page={
            "previous": listed.previous and _link(given, sort=sort, before=listed.previous),
            "next": listed.next and _link(given, sort=sort, after=listed.next),
        },
        total=None if total is None else number(total) if total <= COUNTED else f"{number(COUNTED)}+",
        export_href=f"/staff/clients/export?{urlencode({'all': '1'} | given)}",
        all_href=f"/staff/clients/bulk?{urlencode({'all': '1'} | given)}",
        filter=Form(given, errors),
        in_force=_in_force(given, offered, fields, sort),
        cancel_href=_link({}, sort=sort),
        choices=offered,
        countries=places.countries(i18n.current()),
        languages=places.languages(i18n.current()),
        projects=filed.projects,
        attitudes=filed.attitudes,
    )


@post("/clients/columns", **requires(Permission.CLIENT_READ))
async def choose_columns(request: AnyRequest, by: By) -> Response[None]:
    """Remember which columns this person wants to see."""
    sent = await request.form()
    wanted = None if sent.get("reset") else [str(key) for key in sent.getall("columns", [])]
    known = {*client_list.COLUMNS, *(client_list.column_of(field) for field in await client_fields.in_use())}
    await people.set_preference(COLUMNS, wanted and [key for key in wanted if key in known], by=by)
    return redirect(request, local(str(sent.get("back", "")), "/staff/clients"), toast=_("The columns were kept."))


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
        created = await clients.create(wanted, by=by)
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
    return await client_tabs.show(request, client, "profile", by=by, brought=brought, panels=panels, own=own)


@get("/clients/{code:int}/more/{plugin:str}", **requires(Permission.CLIENT_READ))
async def show_more(request: AnyRequest, by: By, code: FromPath[int], plugin: FromPath[str]) -> Response[str]:
    """The tab of a plugin that is on; it may have nothing to show for this client, or fail to answer."""
    client = await clients.get(code, by=by)
    if plugin not in by.tenant.plugins:
        raise NotFound()
    brought = await client_tabs.brought_by_plugins(client, by=by)
    panels = [panel for name, panel in brought if panel.tab and name == plugin]
    return await client_tabs.show_brought(request, client, plugin, by=by, brought=brought, panels=panels)


@get("/clients/{code:int}/activity", **requires(Permission.ACTIVITY_READ))
async def show_activity(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """What was done about one client."""
    client = await clients.get(code, by=by)
    query, path = request.query_params, f"/staff/clients/{code}/activity"
    listed = await activity.of_client(
        client["id"], older_than=query.get("after", ""), newer_than=query.get("before", ""), by=by
    )
    links = {
        "previous": listed.newer and f"{path}?before={listed.newer}",
        "next": listed.older and f"{path}?after={listed.older}",
    }
    entries = await histories.lines(listed.entries, activity_page.leads(by=by))
    return await client_tabs.show(request, client, "activity", by=by, entries=entries, page=links)


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


def _columns(request: AnyRequest, fields: list[Field], *, by: Actor) -> tuple[str, ...]:
    signed_in = visit_of(request).signed_in
    kept = signed_in.preferences.get(COLUMNS) if signed_in else None
    return client_list.columns_of(kept if isinstance(kept, list) else [], by=by, fields=fields)


def _link(given: dict[str, str], **more: str) -> str:
    wanted = {name: value for name, value in {**given, **more}.items() if (name, value) != ("sort", USUAL_SORT)}
    return "/staff/clients" + (f"?{urlencode(wanted)}" if wanted else "")


def _turned(key: str, sort: str) -> str:
    return f"-{key}" if sort == key else key


def _shower(field: Field) -> Callable[[Any], str]:
    """Shows what the list has of a field."""
    return lambda stored: field_values.shown(field, field_values.of_column(field, stored))


def _in_force(
    given: dict[str, str], offered: client_words.Choices, fields: list[Field], sort: str
) -> list[dict[str, str]]:
    own = client_words.parameters(fields)
    return [
        {
            "label": client_words.labelled([name], fields)[0]["label"],
            "value": client_words.shown(name, value, offered),
            "without": _link({other: text for other, text in given.items() if other != name}, sort=sort),
        }
        for name, value in given.items()
        if name in client_words.LABELS.keys() & set(client_filter.FIELDS) or name in own
    ]


ROUTES = [index, choose_columns, new, create, show, show_more, show_activity, edit, update]
