"""Tickets: the list of all with its queues, those of a client, one ticket, and opening one for a client."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from core import policies
from core.accounts import clients
from core.actor import Actor
from core.errors import Invalid
from core.i18n import N_, _
from core.permissions import Permission
from core.support import (
    attachments,
    departments,
    ticket_categories,
    ticket_figures,
    ticket_links,
    ticket_list,
    ticket_messages,
    ticket_opening,
    ticket_statuses,
    ticket_writing,
    tickets,
)
from core.support.ticket_list import QUEUES, TicketFilter
from core.support.ticket_opening import NewTicket
from web.kit import attaching, filtered, forms, money_forms, ticket_pages
from web.kit.forms import Form
from web.kit.guards import requires
from web.kit.money_forms import ONCE
from web.kit.pages import AnyRequest, page, redirect
from web.kit.visit import By
from web.staff import client_tabs, list_saving, money_lists
from web.staff.autofill import FIELDS as AUTOFILL
from web.staff.money_lists import MoneyList, Names

HERE = "/staff/tickets"
LABELS = {
    "search": N_("Number or subject"),
    "words": N_("Words in messages"),
    "queue": N_("Queue"),
    "state": N_("State"),
    "priority": N_("Priority"),
    "category": N_("Category"),
    "department": N_("Department"),
    "assignee": N_("Assigned to"),
    "client": N_("Client's code"),
    "project": N_("Project"),
}
READ = requires(Permission.TICKET_READ)
NOT_KEPT = frozenset({ONCE, attaching.FIELD, *AUTOFILL})


async def words(*, by: Actor) -> Names:
    """What the values of the filter are called: {parameter: {value: name}}."""
    return {
        "queue": {key: _(label) for key, label in QUEUES.items()},
        "state": {key: _(label) for key, label in ticket_statuses.STATES.items()},
        "priority": {key: _(label) for key, label in tickets.PRIORITIES.items()},
        "category": {str(row["id"]): ticket_categories.name(row) for row in await ticket_categories.every(by=by)},
        "department": {str(row["id"]): row["name"] for row in await departments.every(by=by)},
        "assignee": {str(row["id"]): row["name"] for row in await tickets.people(by=by)},
    }


LIST = MoneyList(name="tickets", filter=TicketFilter, listed=ticket_list, labels=LABELS, words=words)


@get("/tickets", **READ)
async def index(request: AnyRequest, by: By) -> Response[Any]:
    """The list: filtered and paged by the address alone, so that a link shows the same."""
    if (opening := await list_saving.opening(request, LIST.name, by=by)) is not None:
        return opening
    found = await money_lists.read(request, LIST, by=by)
    here = request.query_params.get("queue", "")
    queues = [
        {"label": _(label), "href": filtered.link(HERE, {"queue": key}), "active": key == here}
        for key, label in QUEUES.items()
    ]
    waits = await ticket_figures.waiting(found["rows"], by=by)
    return page(request, "staff/tickets/index.html", queues=queues, waits=waits, **found)


@get("/clients/{code:int}/tickets", **READ)
async def show_of_client(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The latest ones of one client."""
    client = await clients.get(code, by=by)
    found = await tickets.of_client(client["id"], by=by)
    waits = await ticket_figures.waiting(found, by=by)
    return await client_tabs.show(request, client, "tickets", by=by, rows=found, waits=waits)


@get("/clients/{code:int}/tickets/new", **requires(Permission.TICKET_CREATE))
async def new(request: AnyRequest, by: By, code: FromPath[int]) -> Response[str]:
    """The empty form."""
    client = await clients.get(code, by=by)
    return await _form(request, money_forms.begun({"priority": "normal"}), client, by=by)


@post(
    "/clients/{code:int}/tickets",
    status_code=200,
    request_max_body_size=attaching.MOST_BYTES,
    **requires(Permission.TICKET_CREATE),
)
async def create(request: AnyRequest, by: By, code: FromPath[int]) -> Response[Any]:
    """Open it; the client can read it at once."""
    client = await clients.get(code, by=by)
    form = await forms.read(request)
    try:
        wanted, files = form.into(NewTicket, ignore=NOT_KEPT), await attaching.taken(request, by=by)
        made = await ticket_opening.open_ticket(client["id"], wanted, key=money_forms.key_of(form), by=by)
        await attachments.keep_first(made["id"], files)
    except Invalid as refusal:
        return await _form(request, form.refused(refusal), client, by=by, status=422)
    return redirect(request, f"{HERE}/{made['id']}", toast=_("The ticket was opened."))


@get("/tickets/{ticket_id:int}", **READ)
async def show(request: AnyRequest, by: By, ticket_id: FromPath[int]) -> Response[Any]:
    """One ticket: what was said, answering, and what can be decided about it."""
    ticket = await tickets.get(ticket_id, by=by)
    if ticket["merged_into_id"] is not None:
        return redirect(request, f"{HERE}/{ticket['merged_into_id']}")
    return await show_page(request, ticket_id, by=by)


async def show_page(
    request: AnyRequest,
    ticket_id: int,
    *,
    by: Actor,
    form: Form | None = None,
    change: Form | None = None,
    anyway: bool = False,
    refused: str = "",
    status: int = 200,
) -> Response[str]:
    """The page of a ticket, with the form of what was refused: the answer, or the change."""
    ticket = await tickets.get(ticket_id, by=by)
    level = await departments.level_in(ticket["department_id"], by=by)
    is_open = ticket["client_status"] != "closed"
    watching = await tickets.watchers(ticket_id)
    begun = {"version": ticket["version"], "state": "waiting_client"}
    return page(
        request,
        "staff/tickets/show.html",
        status=status,
        ticket=ticket,
        state_name=ticket_statuses.name(ticket),
        messages=await ticket_pages.messages(await ticket_messages.of_ticket(ticket_id, by=by)),
        files=await attaching.offered(),
        form=form or money_forms.begun(begun | {"text": await ticket_writing.draft(ticket_id, by=by)}),
        live=await ticket_writing.now(ticket_id, by=by),
        seen=ticket["version"],
        anyway=anyway,
        change=change or Form(dict(ticket) | {"standing": standing_of(ticket)}),
        refused=refused,
        may_answer=is_open and _may(by, Permission.TICKET_ANSWER, "answer", level),
        may_change=is_open and _may(by, Permission.TICKET_UPDATE, "lead", level),
        watchers=watching,
        watches=any(row["staff_id"] == by.staff_id for row in watching),
        waits=(await ticket_figures.waiting([ticket], by=by)).get(ticket_id),
        first_answer=await ticket_figures.first_answer(ticket, by=by),
        category=ticket_statuses.in_words(ticket, "category"),
        **await _choices_of(ticket, by=by),
    )


async def choices(client_id: int, *, by: Actor) -> dict[str, Any]:
    """What the forms of a ticket of this client offer, each [(key, name)]."""
    kept = await ticket_categories.every(by=by)
    services, invoices = await ticket_links.offered(client_id, by=by)
    own = [(f"{row['state']}:{row['id']}", ticket_statuses.in_words(row, "name"))
           for row in await ticket_statuses.every(by=by)]  # fmt: skip
    return {
        "categories": [(row["id"], ticket_categories.name(row)) for row in kept if row["is_on"]],
        "departments": [(row["id"], row["name"]) for row in await departments.every(by=by)],
        "people": [(row["id"], row["name"]) for row in await tickets.people(by=by)],
        "priorities": [(key, _(label)) for key, label in tickets.PRIORITIES.items()],
        "standings": [(key, _(label)) for key, label in ticket_statuses.STATES.items()] + own,
        "services": services,
        "invoices": invoices,
    }


async def _choices_of(ticket: Any, *, by: Actor) -> dict[str, Any]:
    """The same of a ticket, with what it is about now, and that in words as `linked`."""
    offered, linked = await choices(ticket["client_id"], by=by), await ticket_links.of(ticket, by=by)
    for name, noun in (("services", "service"), ("invoices", "invoice")):
        offered[name] = ticket_links.with_chosen(offered[name], ticket[f"{noun}_id"], linked[noun])
    return offered | {"linked": linked}


def standing_of(ticket: Any) -> str:
    """State and status of a ticket as one choice of a form."""
    return f"{ticket['state']}:{ticket['status_id']}" if ticket["status_id"] else str(ticket["state"])


def _may(by: Actor, permission: Permission, level: str, mine: str) -> bool:
    return policies.allows(by, permission) and departments.covers(mine, level)


async def _form(request: AnyRequest, form: Form, client: Any, *, by: Actor, status: int = 200) -> Response[str]:
    offered = await choices(client["id"], by=by)
    files = await attaching.offered()
    return page(request, "staff/tickets/new.html", status=status, form=form, client=client, files=files, **offered)


ROUTES = [index, show_of_client, new, create, show]
