"""One change of many clients: what to do, a confirmation that says to how many, and then a task.

The clients are the codes that were sent, or with `all=1` all that the filter in the address lets through.
"""

from typing import Any

import msgspec
from litestar import Response, get, post

from core import places
from core.accounts import bulk, client_choice, client_choices
from core.accounts.bulk import Change
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.actor import Actor
from core.errors import Forbidden, Invalid
from core.i18n import _, current, ngettext
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.templates import number
from web.kit.visit import By, visit_of
from web.staff import client_words
from web.staff.client_removal import codes_in

NOT_FILTER = frozenset({"all", "after", "before", "sort", "code", "focus"})
NOT_CHANGE = frozenset({"code", "count", "confirmed"})


@get("/clients/bulk", **requires(Permission.CLIENT_READ))
async def choose(request: AnyRequest, by: By) -> Response[Any]:
    """Ask what is to be done to the selected clients, or to all that match."""
    return await _ask(request, chosen(request, request.query_params.getall("code", [])), Form(), by=by)


@post("/clients/bulk", status_code=200, **requires(Permission.CLIENT_READ))
async def change(request: AnyRequest, by: By) -> Response[Any]:
    """Ask for a confirmation that says to how many; confirmed, start the task."""
    form = await forms.read(request)
    choice = chosen(request, form.all("code"))
    is_confirmed, told = form.get("confirmed") == "1", form.get("count")
    try:
        wanted = await bulk.check(form.into(Change, ignore=NOT_CHANGE), by=by)
        count = await client_choice.count(choice, by=by)
        if not is_confirmed or told != str(count):
            return await _confirm(request, choice, wanted, form, count, is_anew=is_confirmed)
        task_id = await bulk.begin(wanted, choice, by=by)
    except Invalid as refusal:
        return await _ask(request, choice, form.refused(refusal), by=by, status=422)
    return redirect(request, f"/staff/tasks/{task_id}", toast=_("The task was started."))


def chosen(request: AnyRequest, codes: list[Any]) -> Choice:
    """The clients that a request is about; a focus narrows a filter."""
    query = request.query_params
    if query.get("all") != "1":
        return Choice(codes=tuple(codes_in(codes)))
    given = forms.query(request, ignore=NOT_FILTER)
    if code := query.get("code", ""):
        given["code"] = code
    return focused(request, forms.fill(ClientFilter, given))


def focused(request: AnyRequest, wanted: ClientFilter) -> Choice:
    """All that a filter lets through inside the focus."""
    focus = visit_of(request).focus
    if focus is None:
        return Choice(filter=wanted)
    if focus.kind == "segment":
        return Choice(filter=wanted, within=focus.number)
    return Choice(filter=msgspec.structs.replace(wanted, code=focus.number))


def address_of(path: str, request: AnyRequest, choice: Choice) -> str:
    """The address of a page about all that match; of selected codes the plain one, as the form carries them."""
    return f"{path}?{request.url.query}" if choice.filter is not None and request.url.query else path


async def _ask(request: AnyRequest, choice: Choice, form: Form, *, by: Actor, status: int = 200) -> Response[Any]:
    if not choice.codes and choice.filter is None:
        return redirect(request, "/staff/clients", toast=_("Select one or several clients first."), kind="warn")
    acts = bulk.offered(by=by)
    if not acts:
        raise Forbidden(_("Your role does not allow this."))
    count = await client_choice.count(choice, by=by)
    offered = client_words.offered(await client_choices.of(by=by))
    return page(
        request,
        "staff/clients/bulk.html",
        status=status,
        count=count,
        codes=choice.codes,
        action=address_of("/staff/clients/bulk", request, choice),
        acts=list(acts.items()),
        fields=bulk.FIELDS,
        choices=offered,
        languages=places.languages(current()),
        form=form if form.values else Form({"act": next(iter(acts))}, form.errors),
    )


async def _confirm(
    request: AnyRequest, choice: Choice, wanted: Change, form: Form, count: int, *, is_anew: bool
) -> Response[Any]:
    told = ngettext("One client will be changed.", "%(count)s clients will be changed.", count)
    return page(
        request,
        "staff/clients/bulk_confirm.html",
        title=await bulk.title(wanted, count),
        text=told % {"count": number(count)},
        is_anew=is_anew,
        count=count,
        codes=choice.codes,
        action=address_of("/staff/clients/bulk", request, choice),
        sent=msgspec.to_builtins(wanted),
        is_grave=wanted.act in ("delete", "close"),
    )


ROUTES = [choose, change]
