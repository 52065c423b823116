"""The audit as a page: lines for people, the filter, and paging. The staff's and the platform's are the same."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Response

from core.accounts import activity
from core.accounts.activity import ActivityFilter
from core.accounts.activity_words import ACTIONS, SUBJECTS
from core.actor import Actor
from core.errors import Invalid
from core.i18n import N_, _
from web.kit import forms
from web.kit.forms import Form
from web.kit.pages import AnyRequest, page
from web.kit.visit import visit_of

PAGING = frozenset({"after", "before"})
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


async def nowhere(_entries: Entries) -> dict[int, str]:
    """No entry leads anywhere."""
    return {}


async def lines(entries: Entries, leads: Leads = nowhere) -> list[dict[str, Any]]:
    """Entries of `activity.page` as `staff/activity/_entries.html` shows them."""
    hrefs = await leads(entries)
    return [{**entry, "href": hrefs.get(entry["id"])} for entry in entries]


async def show(
    request: AnyRequest, template: str, path: str, *, by: Actor, leads: Leads = nowhere
) -> Response[str]:
    """The page at `path`: filtered and paged by the address alone."""
    given, query = forms.query(request, ignore=PAGING), request.query_params
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
    offered = await _choices(by=by)
    return page(
        request,
        template,
        status=status,
        entries=await lines(listed.entries, leads),
        page={
            "previous": listed.newer and _link(path, given, before=listed.newer),
            "next": listed.older and _link(path, given, after=listed.older),
        },
        filter=Form(given, errors),
        choices=offered,
        in_force=_in_force(path, given, offered),
        cancel_href=path,
        action=path,
    )


async def _choices(*, by: Actor) -> dict[str, list[tuple[Any, str]]]:
    return {
        "actor": list((await activity.actors(by=by)).items()),
        "action": [(key, _(sentence) % {"actor": "…", "subject": "…"}) for key, sentence in ACTIONS.items()],
        "subject_kind": [(key, _(name)) for key, name in SUBJECTS.items()],
    }


def _in_force(path: str, given: dict[str, str], offered: dict[str, list[tuple[Any, str]]]) -> list[dict[str, str]]:
    return [
        {
            "label": _(LABELS[name]),
            "value": {str(key): label for key, label in offered.get(name, [])}.get(value, value),
            "without": _link(path, {other: text for other, text in given.items() if other != name}),
        }
        for name, value in given.items()
        if name in LABELS
    ]


def _link(path: str, given: dict[str, str], **more: str) -> str:
    wanted = given | more
    return f"{path}?{urlencode(wanted)}" if wanted else path
