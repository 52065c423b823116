"""What a ticket can be about: a service or a document of its client."""

from collections.abc import Mapping
from typing import Any

from core import db, policies
from core.actor import Actor
from core.permissions import Permission

MOST = 100
SERVICES = f"""SELECT id, name, label FROM services WHERE client_id = $1 AND state <> 'ended'
    ORDER BY created_at DESC, id DESC LIMIT {MOST}"""
INVOICES = f"""SELECT id, number FROM invoices WHERE client_id = $1 AND state <> 'draft'
    ORDER BY created_at DESC, id DESC LIMIT {MOST}"""
Offered = list[tuple[int, str]]


async def offered(client_id: int, *, by: Actor) -> tuple[Offered, Offered]:
    """The services and documents of a client that `by` may see, by their ids, for a form."""
    return await listed(
        client_id,
        has_services=policies.allows(by, Permission.SERVICE_READ),
        has_invoices=policies.allows(by, Permission.INVOICE_READ),
    )


async def listed(client_id: int, *, has_services: bool, has_invoices: bool) -> tuple[Offered, Offered]:
    """The same for who has asked for the rights."""
    services = await db.fetch(SERVICES, client_id) if has_services else []
    invoices = await db.fetch(INVOICES, client_id) if has_invoices else []
    return [(row["id"], called(row)) for row in services], [(row["id"], row["number"]) for row in invoices]


async def of(ticket: Mapping[str, Any]) -> dict[str, str]:
    """What a ticket is about, in words: `service` and `invoice`, "" where it is about none."""
    service = invoice = None
    if ticket["service_id"] is not None:
        service = await db.row("SELECT name, label FROM services WHERE id = $1", ticket["service_id"])
    if ticket["invoice_id"] is not None:
        invoice = await db.value("SELECT number FROM invoices WHERE id = $1", ticket["invoice_id"])
    return {"service": called(service) if service is not None else "", "invoice": invoice or ""}


def called(service: Mapping[str, Any]) -> str:
    """A service in one line."""
    return f"{service['name']} {service['label']}".strip()
