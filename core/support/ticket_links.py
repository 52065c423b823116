"""What a ticket can be about: a service or a document of its client, as far as who asks may see them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import db, policies
from core.accounts import access, memberships, rows
from core.accounts.rights import Right
from core.actor import Actor
from core.i18n import _
from core.permissions import Permission

MOST = 100
SERVICES = "services s JOIN client_projects a ON a.id = s.account_id WHERE s.client_id = $1"
INVOICES = "invoices k JOIN client_projects a ON a.id = k.account_id WHERE k.client_id = $1 AND k.state <> 'draft'"
Offered = list[tuple[int, str]]


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Who sees what: the conditions on the account `a` under which its services and its documents are seen."""

    services: str
    invoices: str


def sight(*, by: Actor) -> Sight:
    """What `by` sees: staff by their rights and in their projects, a user of a client by his rights in it."""
    if by.kind == "user":
        within = "true"
        rights = [memberships.may(by, right) for right in (Right.SERVICES_READ, Right.INVOICES_READ)]
    else:
        within = access.in_projects("a.project_id", by=by)
        rights = [policies.allows(by, right) for right in (Permission.SERVICE_READ, Permission.INVOICE_READ)]
    services, invoices = (within if may else "false" for may in rights)
    return Sight(services=services, invoices=invoices)


async def offered(client_id: int, *, by: Actor) -> tuple[Offered, Offered]:
    """The services and documents of a client that `by` may see, by their ids, for a form."""
    seen, newest = sight(by=by), f"LIMIT {MOST}"
    services = await db.fetch(
        f"""SELECT s.id, s.name, s.label FROM {SERVICES} AND s.state <> 'ended' AND {seen.services}
            ORDER BY s.created_at DESC, s.id DESC {newest}""",
        client_id,
    )
    invoices = await db.fetch(
        f"""SELECT k.id, k.number FROM {INVOICES} AND {seen.invoices}
            ORDER BY k.created_at DESC, k.id DESC {newest}""",
        client_id,
    )
    return [(row["id"], called(row)) for row in services], [(row["id"], row["number"]) for row in invoices]


async def of(ticket: Mapping[str, Any], *, by: Actor) -> dict[str, str]:
    """What a ticket is about, in words: `service` and `invoice`, "" where it is about none that `by` may see."""
    service = await _service(ticket["service_id"], ticket["client_id"], by=by)
    invoice = await _invoice(ticket["invoice_id"], ticket["client_id"], by=by)
    return {"service": called(service) if service is not None else "", "invoice": invoice or ""}


def with_chosen(listed: Offered, chosen: int | None, words: str) -> Offered:
    """The choices with the one that is in force, so that a form keeps it; without `words` it is not to be seen."""
    if chosen is None or chosen in dict(listed):
        return listed
    return [(chosen, words or _("Not for you to see")), *listed]


async def project_of_service(service_id: int, client_id: int, *, by: Actor) -> int | None:
    """The project of a service; None for one that is not the client's, or not for `by` to see."""
    found = await _service(service_id, client_id, by=by)
    return None if found is None else int(found["project_id"])


async def is_invoice(invoice_id: int, client_id: int, *, by: Actor) -> bool:
    """Whether it is a document of the client that `by` may see."""
    return await _invoice(invoice_id, client_id, by=by) is not None


def called(service: Mapping[str, Any]) -> str:
    """A service in one line."""
    return f"{service['name']} {service['label']}".strip()


async def _service(service_id: int | None, client_id: int, *, by: Actor) -> Mapping[str, Any] | None:
    if service_id is None or not rows.is_id(service_id):
        return None
    columns, seen = "s.name, s.label, a.project_id", sight(by=by).services
    return await db.row(f"SELECT {columns} FROM {SERVICES} AND s.id = $2 AND {seen}", client_id, service_id)


async def _invoice(invoice_id: int | None, client_id: int, *, by: Actor) -> str | None:
    if invoice_id is None or not rows.is_id(invoice_id):
        return None
    found: str | None = await db.value(
        f"SELECT k.number FROM {INVOICES} AND k.id = $2 AND {sight(by=by).invoices}", client_id, invoice_id
    )
    return found
