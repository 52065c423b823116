"""The events that webhooks can tell of: all of them, in one place, each with what it says.

An event is the word for an action of the audit, so no verb knows of webhooks; `invoice.paid` alone follows from
what payments cover. Kinds are added and never renamed: programs elsewhere know them.
"""

from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from core.billing.allocations import COVERED
from core.i18n import N_
from core.support.webhook_data import (
    Client,
    Contract,
    Data,
    Gone,
    Invoice,
    Payment,
    Service,
    Test,
    Ticket,
    TicketMessage,
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. `actions` are those of the audit that it stands for; `only` takes the ids of the subjects, and
    selects id, client_id and name of what it happened to, where that is not each of them."""

    kind: str
    title: str
    data: type[Data]
    actions: tuple[str, ...] = ()
    only: str = ""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: the kind, when it happened, what it happened to, and which fields changed (of an update).

    `data` is as things stood when the message was made, usually a moment after they changed.
    """

    type: str
    timestamp: datetime
    data: Any
    changed: list[str] = []


CAME = """SELECT p.id, p.client_id, p.reference AS name FROM payments p
    WHERE p.id = ANY($1::bigint[]) AND p.state <> 'pending'"""
PAID = """SELECT DISTINCT k.id, k.client_id, k.number AS name
    FROM invoice_lines g JOIN invoices k ON k.id = g.invoice_id AND k.kind = 'invoice' AND k.state = 'issued'
    WHERE g.{column} = ANY($1::bigint[]) AND g.is_live
      AND NOT EXISTS (SELECT FROM invoice_lines l JOIN expenses e ON e.id = l.expense_id
                       WHERE l.invoice_id = k.id AND l.is_live AND e.covered_units < e.gross_units)
      AND NOT EXISTS (SELECT FROM webhook_events w
                       WHERE w.kind = 'invoice.paid' AND w.subject_id = k.id AND NOT w.is_spread)"""
ANSWER = """SELECT m.id, t.client_id, m.name FROM tickets t CROSS JOIN LATERAL (
        SELECT l.id, l.author_name AS name FROM ticket_messages l WHERE l.ticket_id = t.id AND NOT l.is_note
         ORDER BY l.created_at DESC, l.id DESC LIMIT 1) m
    WHERE t.id = ANY($1::bigint[])"""
TEST = "test"

_ALL = (
    Event(kind="client.created", title=N_("Client registered"), data=Client, actions=("client:created",)),
    Event(kind="client.updated", title=N_("Client changed"), data=Client, actions=("client:updated",)),
    Event(
        kind="client.phone_verified", title=N_("Phone number verified"), data=Client, actions=("phone:verified",)
    ),
    Event(kind="client.closed", title=N_("Client closed"), data=Client, actions=("client:closed",)),
    Event(kind="client.reopened", title=N_("Client opened again"), data=Client, actions=("client:reopened",)),
    Event(kind="client.deleted", title=N_("Client deleted"), data=Gone, actions=("client:deleted",)),
    Event(kind="contract.sent", title=N_("Contract sent"), data=Contract, actions=("contract:sent",)),
    Event(kind="contract.signed", title=N_("Contract signed"), data=Contract, actions=("contract:signed",)),
    Event(
        kind="contract.cancelled", title=N_("Contract cancelled"), data=Contract, actions=("contract:cancelled",)
    ),
    Event(
        kind="credit_note.issued", title=N_("Credit note issued"), data=Invoice, actions=("credit_note:issued",)
    ),
    Event(kind="invoice.issued", title=N_("Invoice issued"), data=Invoice, actions=("invoice:issued",)),
    Event(kind="invoice.paid", title=N_("Invoice paid"), data=Invoice, actions=(COVERED, "invoice:issued")),
    Event(kind="invoice.voided", title=N_("Invoice made void"), data=Invoice, actions=("invoice:void",)),
    Event(
        kind="payment.received",
        title=N_("Payment received"),
        data=Payment,
        actions=("payment:confirmed", "payment:created"),
        only=CAME,
    ),
    Event(kind="payment.refunded", title=N_("Payment refunded"), data=Payment, actions=("payment:refunded",)),
    Event(
        kind="payment.charged_back",
        title=N_("Payment charged back"),
        data=Payment,
        actions=("payment:charged_back",),
    ),
    Event(kind="payment.cancelled", title=N_("Payment cancelled"), data=Payment, actions=("payment:cancelled",)),
    Event(kind="service.ordered", title=N_("Service ordered"), data=Service, actions=("service:ordered",)),
    Event(kind="service.activated", title=N_("Service activated"), data=Service, actions=("service:activated",)),
    Event(kind="service.changed", title=N_("Service changed"), data=Service, actions=("service:changed",)),
    Event(kind="service.suspended", title=N_("Service suspended"), data=Service, actions=("service:suspended",)),
    Event(kind="service.resumed", title=N_("Service resumed"), data=Service, actions=("service:resumed",)),
    Event(kind="service.cancelled", title=N_("Service cancelled"), data=Service, actions=("service:cancelled",)),
    Event(kind="service.ended", title=N_("Service ended"), data=Service, actions=("service:ended",)),
    Event(kind="ticket.opened", title=N_("Ticket opened"), data=Ticket, actions=("ticket:opened", "ticket:split")),
    Event(
        kind="ticket.answered",
        title=N_("Ticket answered"),
        data=TicketMessage,
        actions=("ticket:answered",),
        only=ANSWER,
    ),
    Event(
        kind="ticket.closed", title=N_("Ticket closed"), data=Ticket, actions=("ticket:closed", "ticket:merged")
    ),
    Event(kind=TEST, title=N_("Test"), data=Test),
)
EVENTS = MappingProxyType({event.kind: event for event in _ALL})
CHOICES = MappingProxyType({event.kind: event.title for event in _ALL if event.actions})
"""What an endpoint can want, kind to title."""


def of_action(action: str) -> list[Event]:
    """The events that an action of the audit can be."""
    return _BY_ACTION.get(action, [])


def chosen_by(event: Event, action: str) -> str:
    """The statement that says which of the subjects it really happened to, "" for all of them."""
    if event.kind == "invoice.paid":
        return PAID.format(column="expense_id" if action == COVERED else "invoice_id")
    return event.only


_BY_ACTION: dict[str, list[Event]] = {}
for _event in _ALL:
    for _action in _event.actions:
        _BY_ACTION.setdefault(_action, []).append(_event)
ACTIONS = tuple(_BY_ACTION)
