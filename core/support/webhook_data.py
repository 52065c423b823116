"""What a webhook says of a thing: one struct and one statement for each noun, for any number of them at once.

The documentation is made of these structs (docs/webhooks.md). Fields are added and never renamed or removed.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from core import db

Data = msgspec.Struct


class Client(Data, frozen=True, kw_only=True):
    """A client. `code` is the number people use; `project_id` is where it is registered."""

    id: int
    code: int
    login: str
    kind: str
    name: str
    contact_person: str
    email: str
    phone: str
    phone_verified: str
    country: str
    language: str
    status: str
    project_id: int
    registered_at: datetime


class Gone(Data, frozen=True, kw_only=True):
    """Something that is not here any more."""

    id: int
    name: str


class Service(Data, frozen=True, kw_only=True):
    """What a client has. Amounts are minor units of `currency`, for one period, as list prices are."""

    id: int
    client_id: int
    client_code: int
    account_id: int
    project_id: int
    plan_id: int
    name: str
    label: str
    state: str
    suspended_for: str
    billing: str
    period_count: int
    period_unit: str
    currency: str
    full_units: int
    discount_units: int
    next_on: date | None
    ends_on: date | None


class Invoice(Data, frozen=True, kw_only=True):
    """An invoice or a credit note. Amounts are minor units of `currency`; `corrects_id` is what it is about."""

    id: int
    client_id: int
    client_code: int
    account_id: int
    project_id: int
    company_id: int
    payer_id: int
    kind: str
    state: str
    number: str
    language: str
    currency: str
    issued_on: date | None
    due_on: date | None
    net_units: int
    tax_units: int
    gross_units: int
    paid_units: int
    corrects_id: int | None


class Payment(Data, frozen=True, kw_only=True):
    """Money that came in. Amounts are minor units of `currency`; `refunded_units` of it went back."""

    id: int
    client_id: int
    client_code: int
    account_id: int
    project_id: int
    method: str
    state: str
    currency: str
    units: int
    refunded_units: int
    day: date
    reference: str


class Contract(Data, frozen=True, kw_only=True):
    """A contract with a client."""

    id: int
    client_id: int
    client_code: int
    company_id: int
    state: str
    title: str
    number: str
    language: str
    issued_on: date | None
    signed_on: date | None


class Ticket(Data, frozen=True, kw_only=True):
    """A ticket. `text` is what was said first, in Markdown; `merged_into_id` is where it goes on."""

    id: int
    number: int
    client_id: int
    client_code: int
    project_id: int
    category_id: int | None
    department_id: int | None
    service_id: int | None
    invoice_id: int | None
    assignee_id: int | None
    subject: str
    text: str
    state: str
    priority: str
    language: str
    opened_side: str
    created_at: datetime
    closed_at: datetime | None
    merged_into_id: int | None


class TicketMessage(Data, frozen=True, kw_only=True):
    """What was said in a ticket: `side` is "client" or "staff". Internal notes are never told."""

    id: int
    ticket_id: int
    number: int
    client_id: int
    client_code: int
    project_id: int
    subject: str
    side: str
    origin: str
    author_name: str
    text: str
    created_at: datetime


class Test(Data, frozen=True, kw_only=True):
    """Nothing happened: somebody wanted to see whether it arrives."""

    message: str


SQL: dict[type[Data], str] = {
    Client: "SELECT c.* FROM clients c WHERE c.id = ANY($1::bigint[])",
    Service: """SELECT s.*, d.next_on, c.code AS client_code, a.project_id FROM services s
        JOIN service_dues d ON d.id = s.id JOIN clients c ON c.id = s.client_id
        JOIN client_projects a ON a.id = s.account_id WHERE s.id = ANY($1::bigint[])""",
    Invoice: """SELECT k.*, c.code AS client_code, a.project_id,
               (SELECT coalesce(sum(e.covered_units), 0)
                  FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
                 WHERE l.invoice_id = k.id AND l.is_live)::bigint AS paid_units
          FROM invoices k JOIN clients c ON c.id = k.client_id
          JOIN client_projects a ON a.id = k.account_id WHERE k.id = ANY($1::bigint[])""",
    Payment: """SELECT p.*, c.code AS client_code, a.project_id FROM payments p
        JOIN clients c ON c.id = p.client_id JOIN client_projects a ON a.id = p.account_id
        WHERE p.id = ANY($1::bigint[])""",
    Contract: """SELECT k.*, c.code AS client_code FROM contracts k JOIN clients c ON c.id = k.client_id
        WHERE k.id = ANY($1::bigint[])""",
    Ticket: """SELECT t.*, c.code AS client_code, coalesce(m.text, '') AS text
          FROM tickets t JOIN clients c ON c.id = t.client_id LEFT JOIN LATERAL (
               SELECT l.text FROM ticket_messages l WHERE l.ticket_id = t.id AND NOT l.is_note
                ORDER BY l.created_at, l.id LIMIT 1) m ON true WHERE t.id = ANY($1::bigint[])""",
    TicketMessage: """SELECT m.*, t.number, t.subject, t.client_id, t.project_id, c.code AS client_code
          FROM ticket_messages m JOIN tickets t ON t.id = m.ticket_id JOIN clients c ON c.id = t.client_id
         WHERE m.id = ANY($1::bigint[]) AND NOT m.is_note""",
}


async def read(kind: type[Data], ids: Sequence[int], names: Mapping[int, str]) -> dict[int, Data]:
    """What is to be said of each of them; those that are not there any more are left out."""
    if kind is Gone:
        return {one: Gone(id=one, name=names[one]) for one in ids}
    if kind is Test:
        return {one: Test(message="It works.") for one in ids}
    fields = kind.__struct_fields__
    return {row["id"]: _filled(kind, row, fields) for row in await db.fetch(SQL[kind], list(ids))}


def _filled(kind: type[Data], row: Mapping[str, Any], fields: Sequence[str]) -> Data:
    return kind(**{name: row[name] for name in fields})
