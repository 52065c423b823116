"""What response templates and messages to clients can name, and where it comes from."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from asyncpg import Record

from core import clock, db, figures, policies
from core.accounts import access, rows
from core.actor import Actor
from core.billing import services
from core.errors import NotFound
from core.filters import Conditions
from core.i18n import N_, _
from core.permissions import Permission
from core.support import ticket_statuses, tickets

NAMES = MappingProxyType(
    {
        "client.name": N_("The client’s name, or that of its company"),
        "client.contact": N_("The contact person, else the name"),
        "client.code": N_("The client’s code"),
        "client.login": N_("The client’s login name"),
        "client.email": N_("The client’s e-mail address"),
        "staff.name": N_("Who writes"),
        "provider.name": N_("The provider’s name"),
        "ticket.number": N_("The ticket’s number"),
        "ticket.subject": N_("The ticket’s subject"),
        "ticket.category": N_("The ticket’s category"),
        "ticket.link": N_("The address of the ticket in the portal"),
        "service.name": N_("What the service is"),
        "service.label": N_("How the client calls the service"),
        "service.state": N_("Whether the service is active, suspended or ended"),
        "service.next_on": N_("The day of the service’s next period"),
        "invoice.number": N_("The invoice’s number"),
        "invoice.issued_on": N_("The day of the invoice"),
        "invoice.due_on": N_("The day when the invoice is to be paid"),
        "invoice.total": N_("The invoice’s total"),
        "today": N_("Today’s date"),
    }
)
"""Each with what it stands for."""

TICKET = ("number", "subject", "category", "link")
SERVICE = ("name", "label", "state", "next_on")
INVOICE = ("number", "issued_on", "due_on", "total")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a text is about: a client, and perhaps a ticket of his, with the service and invoice that are named or
    that the ticket is about. `newest`: what is not named is the client's newest, for a preview."""

    client_id: int
    ticket_id: int | None = None
    service_id: int | None = None
    invoice_id: int | None = None
    newest: bool = False


async def of(about: About, *, by: Actor) -> dict[str, Any]:
    """The values of all names, as texts in the language in force; what is not there, or not to be seen, is "".

    `NotFound` for a ticket that is not one of the client's that `by` may see.
    """
    client = await access.client(about.client_id, by=by)
    ticket = await _ticket_of(about, by=by)
    if ticket is not None:
        about = msgspec.structs.replace(
            about,
            service_id=about.service_id or ticket["service_id"],
            invoice_id=about.invoice_id or ticket["invoice_id"],
        )
    return {
        "client": of_client(client),
        "staff": {"name": by.name},
        "provider": {"name": by.tenant.name},
        "ticket": _ticket(ticket, by=by),
        "service": await _service(about, by=by),
        "invoice": await _invoice(about, by=by),
        "today": figures.day(clock.today(by.tenant.timezone)),
    }


def of_client(client: Mapping[str, Any] | Record) -> dict[str, str]:
    """What there is to say of a client's row."""
    return {
        "name": client["name"],
        "contact": client["contact_person"] or client["name"],
        "code": str(client["code"]),
        "login": client["login"],
        "email": client["email"],
    }


async def _ticket_of(about: About, *, by: Actor) -> Record | None:
    if about.ticket_id is not None:
        ticket = await tickets.get(about.ticket_id, by=by)
        if ticket["client_id"] != about.client_id:
            raise NotFound()
        return ticket
    if about.newest and policies.allows(by, Permission.TICKET_READ):
        return next(iter(await tickets.of_client(about.client_id, by=by)), None)
    return None


def _ticket(ticket: Record | None, *, by: Actor) -> dict[str, str]:
    if ticket is None:
        return dict.fromkeys(TICKET, "")
    return {
        "number": str(ticket["number"]),
        "subject": ticket["subject"],
        "category": ticket_statuses.in_words(ticket, "category"),
        "link": f"{by.tenant.base_url.rstrip('/')}/tickets/{ticket['id']}",
    }


async def _service(about: About, *, by: Actor) -> dict[str, str]:
    found = None
    if policies.allows(by, Permission.SERVICE_READ) and _is_named(about.service_id, about):
        found = await db.row(
            f"""SELECT s.name, s.label, s.state, d.next_on FROM services s JOIN service_dues d ON d.id = s.id
                  JOIN client_projects a ON a.id = s.account_id
                WHERE s.client_id = $1 AND ($2::bigint IS NULL OR s.id = $2)
                  AND {access.in_projects("a.project_id", by=by)}
                ORDER BY s.created_at DESC, s.id DESC LIMIT 1""",
            about.client_id,
            about.service_id,
        )
    if found is None:
        return dict.fromkeys(SERVICE, "")
    next_on = figures.day(found["next_on"]) if found["next_on"] else ""
    state = _(services.STATE_NAMES[found["state"]])
    return {"name": found["name"], "label": found["label"], "state": state, "next_on": next_on}


async def _invoice(about: About, *, by: Actor) -> dict[str, str]:
    found = None
    if policies.allows(by, Permission.INVOICE_READ) and _is_named(about.invoice_id, about):
        found = await db.row(
            f"""SELECT k.number, k.issued_on, k.due_on, k.gross_units, k.currency
                 FROM invoices k JOIN client_projects a ON a.id = k.account_id
                WHERE k.client_id = $1 AND ($2::bigint IS NULL OR k.id = $2) AND k.state <> 'draft'
                  AND {access.in_projects("a.project_id", by=by)}
                ORDER BY k.created_at DESC, k.id DESC LIMIT 1""",
            about.client_id,
            about.invoice_id,
        )
    if found is None:
        return dict.fromkeys(INVOICE, "")
    days = {name: figures.day(found[name]) if found[name] else "" for name in ("issued_on", "due_on")}
    total = figures.amount(found["gross_units"], found["currency"])
    return {"number": found["number"], "total": total, **days}


def _is_named(number: int | None, about: About) -> bool:
    return about.newest if number is None else rows.is_id(number)


async def newest_client(*, by: Actor) -> int:
    """The id of the client that was registered last of those that `by` sees, for a preview; 0 for none."""
    conditions = Conditions()
    access.limit_to_visible(conditions, by=by)
    found = await db.value(
        f"SELECT c.id FROM clients c WHERE {conditions.sql} ORDER BY c.registered_at DESC, c.code DESC LIMIT 1",
        *conditions.arguments,
    )
    return int(found or 0)
