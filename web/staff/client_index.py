"""The list of clients with its filter, its columns and the saved filter that it opens with."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post

from core import i18n, places
from core.accounts import client_choices, client_fields, client_filter, client_list, field_values, people, segments
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.errors import Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, local, page, redirect
from web.kit.templates import number
from web.kit.visit import By, visit_of
from web.staff import client_words, saved_filters

PAGING = frozenset({"after", "before", "sort", saved_filters.ALL})
COUNTED = 10_000
USUAL_SORT = "-registered"
COLUMNS = "client_columns"


class Found(msgspec.Struct):
    """What the filter of the list finds: a page, how many there are (None: not counted), what is wrong with it."""

    listed: client_list.Page = msgspec.field(
        default_factory=lambda: client_list.Page(rows=[], previous=None, next=None)
    )
    total: int | None = None
    trouble: str = ""
    errors: dict[str, str] = {}


@get("/clients", **requires(Permission.CLIENT_READ))
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered, sorted and paged by the address alone, so that a link shows the same."""
    if (opening := await saved_filters.opening(request, by=by)) is not None:
        return opening
    asked, kept = forms.query(request, ignore=PAGING), saved_filters.kept_in(request)
    given, query = kept | asked, request.query_params
    fields = await client_fields.in_use()
    sort, columns = query.get("sort") or USUAL_SORT, _columns(request, fields, by=by)
    found = await _found(request, asked, sort=sort, columns=columns, by=by)
    filed = await client_choices.of(by=by)
    saved: client_words.Choices = {"segment": list(await segments.names(by=by))}
    offered = client_words.offered(filed, fields) | saved
    return page(
        request,
        "staff/clients/index.html",
        block="list",
        status=422 if found.errors else 200,
        rows=found.listed.rows,
        columns=columns,
        all_columns=client_words.labelled(client_list.offered_columns(by=by, fields=fields), fields),
        own_fields=fields,
        own_columns=[(client_list.column_of(field), _shower(field)) for field in fields],
        sort=sort,
        total=_total_said(found.total),
        filter=Form(given, found.errors),
        in_force=_in_force(given, offered, fields, sort),
        save_href=f"/staff/segments/new?{urlencode(asked)}" if asked and not found.errors else "",
        keeps_all=bool(kept),
        trouble=found.trouble,
        choices=offered,
        countries=places.countries(i18n.current()),
        languages=places.languages(i18n.current()),
        projects=filed.projects,
        attitudes=filed.attitudes,
        **_links(given, kept, found.listed, sort=sort),
    )


@post("/clients/columns", **requires(Permission.CLIENT_READ))
async def choose_columns(request: AnyRequest, by: By) -> Response[None]:
    """Remember which columns this person wants to see."""
    sent = await request.form()
    wanted = None if sent.get("reset") else [str(key) for key in sent.getall("columns", [])]
    known = {*client_list.COLUMNS, *(client_list.column_of(field) for field in await client_fields.in_use())}
    await people.set_preference(COLUMNS, wanted and [key for key in wanted if key in known], by=by)
    return redirect(request, local(str(sent.get("back", "")), "/staff/clients"), toast=_("The columns were kept."))


async def _found(
    request: AnyRequest, asked: dict[str, str], *, sort: str, columns: tuple[str, ...], by: Actor
) -> Found:
    """The page of the list that is asked for, with its count, or what is wrong with the filter."""
    query, focus = request.query_params, visit_of(request).focus
    found = Found()
    try:
        chosen = forms.fill(ClientFilter, asked)
        found.listed = await client_list.page(
            chosen,
            by=by,
            sort=sort,
            after=query.get("after", ""),
            before=query.get("before", ""),
            columns=columns,
            within=focus,
        )
        found.trouble = await saved_filters.trouble_of(chosen, by=by)
        found.total = await client_list.total(chosen, found.listed, by=by, most=COUNTED + 1, within=focus)
    except Invalid as refusal:
        found.errors = refusal.errors
    return found


def _total_said(total: int | None) -> str | None:
    if total is None:
        return None
    return number(total) if total <= COUNTED else f"{number(COUNTED)}+"


def _links(given: dict[str, str], kept: dict[str, str], listed: client_list.Page, *, sort: str) -> dict[str, Any]:
    """Where the list leads to: itself in other orders and on other pages, and what can be done with all of it."""
    everybody = urlencode({"all": "1"} | given)
    return {
        "sort_links": {key: _link(given, sort=_turned(key, sort)) for key in client_list.SORTS},
        "page": {
            "previous": listed.previous and _link(given, sort=sort, before=listed.previous),
            "next": listed.next and _link(given, sort=sort, after=listed.next),
        },
        "export_href": f"/staff/clients/export?{everybody}",
        "all_href": f"/staff/clients/bulk?{everybody}",
        "message_href": f"/staff/messages/new?{everybody}",
        "cancel_href": _link(kept, sort=sort),
    }


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


ROUTES = [index, choose_columns]
