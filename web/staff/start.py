"""The start page: the business in figures, the latest clients, what happened lately, and the first steps."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get

from core import policies
from core.accounts import activity, overview
from core.accounts.activity import ActivityFilter
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import dashboard
from core.billing.dashboard import Dashboard, Revenue
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import charts, histories
from web.kit.guards import signed_in
from web.kit.pages import AnyRequest, page
from web.kit.visit import By, visit_of
from web.staff import activity as activity_page
from web.staff.expenses import AGES

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
        **await _figures(by=by, within=within),
    )


def _step(name: str, *, is_done: bool) -> dict[str, Any]:
    label, text, href = STEPS[name]
    return {"label": _(label), "text": _(text), "href": href, "is_done": is_done}


async def _figures(*, by: Actor, within: Focus | None) -> dict[str, Any]:
    """The business in figures with its charts; None for whoever may not see them."""
    if not all(policies.allows(by, right) for right in (Permission.REPORT_READ, Permission.CLIENT_READ)):
        return {"figures": None}
    found = await dashboard.of(by=by, within=within)
    return {
        "figures": found,
        "courses": {one.currency: _course(one) for one in found.revenue},
        "ages": {age: _(label) for age, label in AGES.items()},
        "share": charts.share,
        "tiles": _tiles(found),
    }


def _course(revenue: Revenue) -> dict[str, Any]:
    """The two charts of a currency."""
    up = [{"new": one.new, "expansion": one.expansion} for one in revenue.course]
    down = [{"contraction": one.contraction, "churn": one.churn} for one in revenue.course]
    return {
        "line": charts.line([one.units for one in revenue.course] or [0]),
        "moves": charts.columns(up, down),
        "has_moves": any(sum(parts.values()) for parts in (*up, *down)),
    }


def _tiles(found: Dashboard) -> list[tuple[str, list[dict[str, Any]]]]:
    """What is counted, of the last days and of today: each with the list it leads to, and the right that needs."""
    since, day = {"ordered_from": found.since.isoformat()}, found.day.isoformat()
    ended = _services(ended_from=found.since.isoformat())
    counts = found.counts
    lately = [
        (_("New services"), counts.new_services, *_services(**since)),
        (_("Services ended"), counts.lost_services, *ended),
        (_("New clients"), counts.new_clients, "client:read", f"/staff/clients?newer_than={dashboard.DAYS}"),
        (_("Clients lost"), counts.lost_clients, *ended),
    ]
    today = [
        (_("Services to be charged"), counts.due_services, *_services(state="active", day_to=day)),
        (_("Services waiting for money"), counts.waiting_services, *_services(waits="funds")),
        (_("Invoices to be paid"), counts.due_invoices, "invoice:read", "/staff/invoices?paid=due_today"),
    ]
    names = ("label", "value", "right", "href")
    return [
        (title, [dict(zip(names, line, strict=True)) for line in lines])
        for title, lines in ((_("In the last 30 days"), lately), (_("Due today"), today))
    ]


def _services(**asked: str) -> tuple[str, str]:
    """The right and the address of a list of services."""
    return "service:read", f"/staff/services?{urlencode(asked)}"


ROUTES = [show]
