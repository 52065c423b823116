"""Saved filters of lists besides that of clients: all of them, keeping one under a name, renaming, deleting."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import list_filters
from core.accounts.list_filters import LISTS, ListFilter, ListFilterChanges, NewListFilter
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from web.kit import filtered, forms, histories, payer_forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import (
    accounts,
    contracts,
    edits,
    expenses,
    invoices,
    list_saving,
    money_lists,
    offers,
    payers,
    payments,
    services,
    tickets,
    users,
)

HERE = "/staff/filters"
SEES = requires(Permission.CLIENT_READ)
MONEY = {
    module.LIST.name: module.LIST for module in (accounts, expenses, invoices, offers, payments, services, tickets)
}
LABELS = {
    "activity": histories.LABELS,
    "contracts": contracts.LABELS,
    "payers": payers.LABELS,
    "users": users.LABELS,
} | {name: one.labels for name, one in MONEY.items()}


@get("/filters", **SEES)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """One's own filters of a list and those for all, and which of them it opens with."""
    list_name = _list_of(request, by=by)
    found, default = await list_filters.every(list_name, by=by), list_saving.default_of(request, list_name)
    shown = await _shown_by(list_name, by=by)
    return page(
        request,
        "staff/list_filters/index.html",
        filters=[
            {
                "id": one.id,
                "name": one.name,
                "is_shared": one.is_shared,
                "may_change": one.may_change,
                "words": _words(list_name, list_saving.parameters_of(one), shown),
                "href": list_saving.address_of(one),
                "is_default": one.id == default,
            }
            for one in found
        ],
        has_default=any(one.id == default for one in found),
        **_place(list_name),
    )


@get("/filters/new", **SEES)
async def new(request: AnyRequest, by: By) -> Response[Any]:
    """Ask for a name for the filter in the address."""
    list_name = _list_of(request, by=by)
    if not (wanted := _wanted(request)):
        toast = _("Filter the list first, then save the filter.")
        return redirect(request, list_saving.PATHS[list_name], toast=toast, kind="warn")
    return await _ask(request, list_name, wanted, Form({}), by=by)


@post("/filters", status_code=200, **SEES)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Keep the filter in the address under a name."""
    list_name, wanted, form = _list_of(request, by=by), _wanted(request), await forms.read(request)
    try:
        asked = msgspec.to_builtins(forms.fill(LISTS[list_name].filter, wanted))
        kept = await list_filters.create(
            NewListFilter(
                list=list_name, name=form.get("name"), filter=asked, is_shared=bool(form.get("is_shared"))
            ),
            by=by,
        )
    except Invalid as refusal:
        return await _ask(request, list_name, wanted, form.refused(_beside(refusal)), by=by, status=422)
    except Conflict as refusal:
        refused = Form(form.values, {"": refusal.message})
        return await _ask(request, list_name, wanted, refused, by=by, status=409)
    return redirect(request, list_saving.address_of(kept), toast=_("The filter was saved."))


@get("/filters/{filter_id:int}/edit", **SEES)
async def edit(request: AnyRequest, by: By, filter_id: FromPath[int]) -> Response[str]:
    """The name, and whom it is for."""
    one = await list_filters.get(filter_id, by=by)
    values = {"name": one.name, "is_shared": one.is_shared, "version": one.version}
    return await _ask(request, one.list, list_saving.parameters_of(one), Form(values), by=by, one=one)


@post("/filters/{filter_id:int}", status_code=200, **SEES)
async def update(request: AnyRequest, by: By, filter_id: FromPath[int]) -> Response[Any]:
    """Save the name, and whom it is for."""
    one = await list_filters.get(filter_id, by=by)
    wanted = list_saving.parameters_of(one)
    form = edits.settled(await forms.read(request), {"name": one.name})
    changes = ListFilterChanges(name=form.get("name"), is_shared=bool(form.get("is_shared")))
    try:
        await list_filters.update(filter_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        refused = form.refused(_beside(refusal))
        return await _ask(request, one.list, wanted, refused, by=by, one=one, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, conflict.current, {"name": _("Name")})
        return await _ask(request, one.list, wanted, form, by=by, one=one, conflict=both, status=409)
    return redirect(request, _here(one.list), toast=_("The filter was saved."))


@post("/filters/{filter_id:int}/default", **SEES)
async def make_default(request: AnyRequest, by: By, filter_id: FromPath[int]) -> Response[None]:
    """The list opens with it from now on, for this person."""
    one = await list_filters.get(filter_id, by=by)
    await list_filters.choose_default(one.list, filter_id, by=by)
    return redirect(request, _here(one.list), toast=_("Your list opens with this filter now."))


@post("/filters/none", **SEES)
async def forget_default(request: AnyRequest, by: By) -> Response[None]:
    """The list opens with everything again."""
    list_name = (await forms.read(request)).get("list")
    await list_filters.choose_default(list_name, None, by=by)
    return redirect(request, _here(list_name), toast=_("Your list opens with everything now."))


@get("/filters/{filter_id:int}/delete", **SEES)
async def confirm(request: AnyRequest, by: By, filter_id: FromPath[int]) -> Response[str]:
    """Ask before it is deleted."""
    one = await list_filters.get(filter_id, by=by)
    here = _here(one.list)
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the saved filter “%(name)s”?") % {"name": one.name},
        text=_("What it lists stays as it is."),
        refused="",
        action=f"{HERE}/{filter_id}/delete",
        ok=_("Delete the filter"),
        back=here,
        crumbs=[(_("Saved filters"), here)],
    )


@post("/filters/{filter_id:int}/delete", status_code=200, **SEES)
async def delete(request: AnyRequest, by: By, filter_id: FromPath[int]) -> Response[None]:
    """Delete it."""
    gone = await list_filters.delete(filter_id, by=by)
    return redirect(request, _here(gone.list), toast=_("The saved filter was deleted."))


def _here(list_name: str) -> str:
    return filtered.link(HERE, {"list": list_name})


def _place(list_name: str) -> dict[str, Any]:
    label = _(LISTS[list_name].label)
    return {
        "list": list_name,
        "here": _here(list_name),
        "list_label": label,
        "list_href": list_saving.PATHS[list_name],
    }


def _list_of(request: AnyRequest, *, by: Actor) -> str:
    """The list that the address names."""
    list_name = request.query_params.get("list", "")
    if list_name not in LISTS:
        raise NotFound()
    policies.require(by, LISTS[list_name].right)
    return list_name


def _wanted(request: AnyRequest) -> dict[str, str]:
    return forms.query(request, ignore=filtered.PAGING | {"list"})


async def _shown_by(list_name: str, *, by: Actor) -> Callable[[str, str], str]:
    """Shows a value of the list's filter as people read it."""
    if list_name == "activity":
        return histories.shown_by(await histories.choices(by=by))
    if list_name in MONEY:
        return money_lists.shown_by(await money_lists.words_of(MONEY[list_name], by=by))
    if list_name == "contracts":
        return contracts.shown_by(await contracts.words(by=by))
    return payer_forms.shown if list_name == "payers" else users.shown


def _words(list_name: str, wanted: Mapping[str, str], shown: Callable[[str, str], str]) -> list[dict[str, Any]]:
    return filtered.in_force(list_saving.PATHS[list_name], wanted, LABELS[list_name], shown)


def _beside(refusal: Invalid) -> Invalid:
    """What is wrong with the filter itself stands above the form: it has no field there."""
    return Invalid(
        {field if field in ("name", "is_shared") else "": text for field, text in refusal.errors.items()}
    )


async def _ask(
    request: AnyRequest,
    list_name: str,
    wanted: dict[str, str],
    form: Form,
    *,
    by: Actor,
    one: ListFilter | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    here = _here(list_name)
    list_href = filtered.link(list_saving.PATHS[list_name], wanted)
    return page(
        request,
        "staff/list_filters/form.html",
        status=status,
        one=one,
        form=form,
        conflict=conflict,
        words=_words(list_name, wanted, await _shown_by(list_name, by=by)),
        may_share=policies.allows(by, Permission.SEGMENT_SHARE),
        action=f"{HERE}/{one.id}" if one else filtered.link(HERE, {"list": list_name} | wanted),
        back=here if one else list_href,
        **_place(list_name),
    )


ROUTES = [index, new, create, edit, update, make_default, forget_default, confirm, delete]
