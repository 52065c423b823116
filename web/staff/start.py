"""The start page: figures, the latest clients, what happened lately, and a new provider's first steps."""

from typing import Any

from litestar import Response, get

from core import policies
from core.accounts import activity, overview
from core.accounts.activity import ActivityFilter
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import histories
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page
from web.kit.visit import By, visit_of
from web.staff import activity as activity_page

LATEST = 6

STEPS = {
    "settings": (
        N_("Make it yours"),
        N_("Your name, colour, language and time zone, as staff and clients see them."),
        "/staff/settings",
    ),
    "colleague": (
        N_("Invite a colleague"),
        N_("Everybody signs in as himself, with a role that says what he may do."),
        "/staff/people/new",
    ),
    "client": (
        N_("Register the first client"),
        N_("A person or a company that will order and pay."),
        "/staff/clients/new",
    ),
}


@get("/", **signed_in())
async def show(request: AnyRequest, by: By) -> Response[str]:
    """Where the staff arrive after signing in."""
    within = visit_of(request).focus
    found = await overview.of(by=by, within=within)
    entries: list[dict[str, Any]] = []
    if policies.allows(by, Permission.ACTIVITY_READ):
        listed = await activity.page(ActivityFilter(), by=by, within=within)
        entries = await histories.lines(listed.entries[:LATEST], activity_page.leads(by=by))
    return page(
        request,
        "staff/dashboard.html",
        counts=found.counts,
        recent=[dict(row) | {"registered_at": row["registered"]} for row in found.recent],
        entries=entries,
        steps=[_step(name, is_done=is_done) for name, is_done in found.done.items()],
    )


def _step(name: str, *, is_done: bool) -> dict[str, Any]:
    label, text, href = STEPS[name]
    return {"label": _(label), "text": _(text), "href": href, "is_done": is_done}


ROUTES = [show]
