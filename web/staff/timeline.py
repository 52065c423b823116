"""The timeline of a client: a tab, filtered and paged by the address alone, in parts when htmx asks."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath

from core.accounts import clients, files, timeline
from core.accounts.activity import Page
from core.accounts.timeline import TimelineFilter
from core.actor import Actor
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import forms, histories
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.histories import Entries
from web.kit.pages import AnyRequest
from web.kit.visit import By
from web.staff import activity as activity_page
from web.staff import client_tabs

PAGING = frozenset({"after", "before"})
LABELS = {"kind": N_("What"), "who": N_("Who"), "day_from": N_("From day"), "day_to": N_("To day")}


@get("/clients/{code:int}/timeline", **requires(Permission.ACTIVITY_READ))
async def show(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """What was done about the client, and what its users did."""
    client = await clients.get(code, by=by)
    given, query, path = (
        forms.query(request, ignore=PAGING),
        request.query_params,
        f"/staff/clients/{code}/timeline",
    )
    listed, errors, status = Page(entries=[]), {}, 200
    try:
        chosen = forms.fill(TimelineFilter, given)
        place = {"older_than": query.get("after", ""), "newer_than": query.get("before", "")}
        listed = await timeline.page(client["id"], chosen, **place, by=by)
    except Invalid as refusal:
        errors, status = refusal.errors, 422
    offered = {
        "kind": [(key, _(label)) for key, (label, _actions) in timeline.KINDS.items()],
        "who": list((await timeline.people(client["id"], by=by)).items()),
    }
    return await client_tabs.show(
        request,
        client,
        "timeline",
        by=by,
        block="timeline",
        status=status,
        entries=await _lines(listed.entries, client, by=by),
        page={
            "previous": listed.newer and _link(path, given, before=listed.newer),
            "next": listed.older and _link(path, given, after=listed.older),
        },
        filter=Form(given, errors),
        choices=offered,
        in_force=_in_force(path, given, offered),
        cancel_href=path,
    )


async def _lines(entries: Entries, client: Any, *, by: Actor) -> list[dict[str, Any]]:
    """The entries with where their subjects are: of notes and files, if they are still there."""
    lines = await histories.lines(entries, activity_page.leads(by=by))
    kept = {file["id"] for file in await files.of_client_if_allowed(client["id"], by=by)}
    for line in lines:
        if line["excerpt"]:
            line["href"] = f"/staff/clients/{client['code']}/notes#note-{line['subject_id']}"
        elif line["subject_kind"] == "file" and line["subject_id"] in kept:
            line["href"] = f"/staff/files/{line['subject_id']}"
    return lines


def _in_force(path: str, given: dict[str, str], offered: dict[str, list[tuple[Any, str]]]) -> list[dict[str, str]]:
    return [
        {
            "label": _(LABELS[name]),
            "value": dict(offered.get(name, [])).get(value, value),
            "without": _link(path, {other: text for other, text in given.items() if other != name}),
        }
        for name, value in given.items()
        if name in LABELS
    ]


def _link(path: str, given: dict[str, str], **more: str) -> str:
    wanted = given | more
    return f"{path}?{urlencode(wanted)}" if wanted else path


ROUTES = [show]
