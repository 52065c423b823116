"""Saved filters: the list of them, keeping the filter of a list under a name, renaming, sharing, deleting."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import client_choices, client_fields, segments
from core.accounts.client_fields import Field
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment, SegmentChanges
from core.actor import Actor
from core.errors import Conflict, EditConflict, Invalid
from core.i18n import _
from core.permissions import Permission
from web.kit import forms
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_words, edits, saved_filters

HERE = "/staff/segments"
SEES = requires(Permission.CLIENT_READ)
NOT_FILTER = frozenset({"all", "after", "before", "sort"})


@get("/segments", **SEES)
async def index(request: AnyRequest, by: By) -> Response[str]:
    """One's own filters and those for all, and which of them the list opens with."""
    fields, default = await client_fields.in_use(), saved_filters.default_of(request)
    offered = await _words(fields, by=by)
    found = await segments.every(by=by)
    return page(
        request,
        "staff/segments/index.html",
        segments=[saved_filters.listed(segment, offered, fields, default=default) for segment in found],
        has_default=any(segment.id == default for segment in found),
    )


@get("/segments/new", **SEES)
async def new(request: AnyRequest, by: By) -> Response[Any]:
    """Ask for a name for the filter in the address."""
    wanted = _wanted(request)
    if wanted.is_empty:
        return redirect(
            request, "/staff/clients", toast=_("Filter the list first, then save the filter."), kind="warn"
        )
    return await _ask(request, wanted, Form({"segment_id": ""}), by=by)


@post("/segments", status_code=200, **SEES)
async def create(request: AnyRequest, by: By) -> Response[Any]:
    """Keep the filter in the address: under a new name, or over one that is there."""
    wanted, form = _wanted(request), await forms.read(request)
    try:
        kept = await _keep(wanted, form, by=by)
    except Invalid as refusal:
        return await _ask(request, wanted, form.refused(_beside(refusal)), by=by, status=422)
    except Conflict as refusal:
        return await _ask(request, wanted, Form(form.values, {"": refusal.message}), by=by, status=409)
    return redirect(request, f"/staff/clients?segment={kept.id}", toast=_("The filter was saved."))


@get("/segments/{segment_id:int}/edit", **SEES)
async def edit(request: AnyRequest, by: By, segment_id: FromPath[int]) -> Response[str]:
    """The name, and whom it is for."""
    segment = await segments.get(segment_id, by=by)
    values = {"name": segment.name, "is_shared": segment.is_shared, "version": segment.version}
    return await _ask(request, segment.filter, Form(values), by=by, segment=segment)


@post("/segments/{segment_id:int}", status_code=200, **SEES)
async def update(request: AnyRequest, by: By, segment_id: FromPath[int]) -> Response[Any]:
    """Save the name, and whom it is for."""
    segment = await segments.get(segment_id, by=by)
    form = edits.settled(await forms.read(request), {"name": segment.name})
    changes = SegmentChanges(name=form.get("name"), is_shared=bool(form.get("is_shared")))
    try:
        await segments.update(segment_id, changes, version=edits.version_of(form), by=by)
    except Invalid as refusal:
        refused = form.refused(_beside(refusal))
        return await _ask(request, segment.filter, refused, by=by, segment=segment, status=422)
    except EditConflict as conflict:
        both = edits.conflict(form, conflict.current, {"name": _("Name")})
        return await _ask(request, segment.filter, form, by=by, segment=segment, conflict=both, status=409)
    return redirect(request, HERE, toast=_("The filter was saved."))


@post("/segments/{segment_id:int}/default", **SEES)
async def make_default(request: AnyRequest, by: By, segment_id: FromPath[int]) -> Response[None]:
    """The list of clients opens with it from now on, for this person."""
    await saved_filters.choose_default(segment_id, by=by)
    return redirect(request, HERE, toast=_("Your list of clients opens with this filter now."))


@post("/segments/default/none", **SEES)
async def forget_default(request: AnyRequest, by: By) -> Response[None]:
    """The list of clients opens with all of them again."""
    await saved_filters.choose_default(None, by=by)
    return redirect(request, HERE, toast=_("Your list of clients opens with all clients now."))


@get("/segments/{segment_id:int}/delete", **SEES)
async def confirm(request: AnyRequest, by: By, segment_id: FromPath[int]) -> Response[str]:
    """Ask before it is deleted."""
    segment = await segments.get(segment_id, by=by)
    return page(
        request,
        "staff/confirm.html",
        title=_("Delete the saved filter “%(name)s”?") % {"name": segment.name},
        text=_("The clients stay as they are. What builds on this filter lets nobody through from then on."),
        refused="",
        action=f"{HERE}/{segment_id}/delete",
        ok=_("Delete the filter"),
        back=HERE,
        crumbs=[(_("Saved filters"), HERE)],
    )


@post("/segments/{segment_id:int}/delete", status_code=200, **SEES)
async def delete(request: AnyRequest, by: By, segment_id: FromPath[int]) -> Response[None]:
    """Delete it."""
    await segments.delete(segment_id, by=by)
    return redirect(request, HERE, toast=_("The saved filter was deleted."))


def _wanted(request: AnyRequest) -> ClientFilter:
    return forms.fill(ClientFilter, forms.query(request, ignore=NOT_FILTER))


async def _keep(wanted: ClientFilter, form: Form, *, by: Actor) -> segments.Segment:
    if not (chosen := form.get("segment_id")):
        new = NewSegment(name=form.get("name"), filter=wanted, is_shared=bool(form.get("is_shared")))
        return await segments.create(new, by=by)
    there = {str(segment.id): segment for segment in await segments.every(by=by) if segment.may_change}
    if chosen not in there:
        raise Invalid({"segment_id": _("This is not one of the choices.")})
    changes = SegmentChanges(filter=wanted)
    return await segments.update(there[chosen].id, changes, version=there[chosen].version, by=by)


def _beside(refusal: Invalid) -> Invalid:
    """What is wrong with the filter itself stands above the form: it has no field there."""
    return Invalid({"" if field == "filter" else field: text for field, text in refusal.errors.items()})


async def _words(fields: Sequence[Field], *, by: Actor) -> client_words.Choices:
    named: client_words.Choices = {"segment": list(await segments.names(by=by))}
    return client_words.offered(await client_choices.of(by=by), fields) | named


async def _ask(
    request: AnyRequest,
    wanted: ClientFilter,
    form: Form,
    *,
    by: Actor,
    segment: segments.Segment | None = None,
    conflict: Any = None,
    status: int = 200,
) -> Response[str]:
    there = [] if segment else [one for one in await segments.every(by=by) if one.may_change]
    fields = await client_fields.in_use()
    query = urlencode(saved_filters.parameters_of(wanted))
    return page(
        request,
        "staff/segments/form.html",
        status=status,
        segment=segment,
        form=form,
        conflict=conflict,
        words=saved_filters.words_of(wanted, await _words(fields, by=by), fields),
        there=[(str(one.id), one.name) for one in there],
        filter_href=saved_filters.address_of(wanted),
        may_share=policies.allows(by, Permission.SEGMENT_SHARE),
        action=f"{HERE}/{segment.id}" if segment else f"{HERE}?{query}",
        back=HERE if segment else saved_filters.address_of(wanted),
    )


ROUTES = [index, new, create, edit, update, make_default, forget_default, confirm, delete]
