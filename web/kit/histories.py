"""The audit as a page: lines for people, the filter, and paging. The staff's and the platform's are the same."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from litestar import Response

from core.accounts import activity
from core.accounts.activity import ActivityFilter
from core.accounts.activity_subjects import SUBJECTS
from core.accounts.activity_words import ACTIONS
from core.actor import Actor
from core.errors import Invalid
from core.i18n import N_, _
from web.kit import filtered, forms
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page
from web.kit.visit import visit_of

LABELS = {
    "actor": N_("Who"),
    "action": N_("What"),
    "subject_kind": N_("About"),
    "client": N_("Client's code"),
    "day_from": N_("From day"),
    "day_to": N_("To day"),
    "search": N_("What it was about"),
}

Entries = Sequence[Mapping[str, Any]]
Leads = Callable[[Entries], Awaitable[Mapping[int, str]]]
"""Finds, for some entries at once, where their subjects are shown: the entry's id to an address."""

Saved = Callable[[dict[str, str], bool], Awaitable[Mapping[str, Any] | None]]
"""Finds the menu of saved filters around the parameters in force, and whether those are wrong."""


async def nothing_saved(_given: dict[str, str], _is_wrong: bool) -> None:
    """The list has no saved filters."""


async def nowhere(_entries: Entries) -> dict[int, str]:
    """No entry leads anywhere."""
    return {}


async def lines(entries: Entries, leads: Leads = nowhere) -> list[dict[str, Any]]:
    """Entries of `activity.page` as `staff/activity/_entries.html` shows them."""
    hrefs = await leads(entries)
    return [{**entry, "href": hrefs.get(entry["id"])} for entry in entries]


async def show(
    request: AnyRequest,
    template: str,
    path: str,
    *,
    by: Actor,
    leads: Leads = nowhere,
    everything: Mapping[str, str] | None = None,
    saved: Saved = nothing_saved,
) -> Response[str]:
    """The page at `path`: filtered and paged by the address alone. `everything` is what its links carry."""
    everything = dict(everything or {})
    given, query = forms.query(request, ignore=filtered.PAGING), request.query_params
    listed, errors, status = activity.Page(entries=[]), {}, 200
    try:
        chosen = forms.fill(ActivityFilter, given)
        listed = await activity.page(
            chosen,
            older_than=query.get("after", ""),
            newer_than=query.get("before", ""),
            by=by,
            within=visit_of(request).focus,
        )
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    offered = await choices(by=by)
    return page(
        request,
        template,
        status=status,
        entries=await lines(listed.entries, leads),
        page=filtered.paging(path, everything | given, listed.newer, listed.older),
        filter=Form(given, errors),
        choices=offered,
        in_force=filtered.in_force(path, given, LABELS, shown_by(offered), **everything),
        saved=await saved(given, bool(errors)),
        cancel_href=filtered.link(path, everything),
        action=path,
    )


async def choices(*, by: Actor) -> dict[str, list[tuple[Any, str]]]:
    """What the parameters of the filter can be: {parameter: [(value, label)]}."""
    return {
        "actor": list((await activity.actors(by=by)).items()),
        "action": [(key, _(sentence) % {"actor": "…", "subject": "…"}) for key, sentence in ACTIONS.items()],
        "subject_kind": [(key, _(name)) for key, name in SUBJECTS.items()],
    }


def shown_by(offered: Mapping[str, Sequence[tuple[Any, str]]]) -> Callable[[str, str], str]:
    """Shows a value of the filter as people read it."""
    named = {name: {str(key): label for key, label in values} for name, values in offered.items()}
    return lambda name, value: named.get(name, {}).get(value, value)
