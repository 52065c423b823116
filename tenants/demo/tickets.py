"""Tickets of the demo: departments, categories and a status, and tickets in each state in two languages, one of
each with a file, and in somebody's hands.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec
from asyncpg import Record

from core import clock, db, policies
from core.accounts import rights
from core.actor import Actor, ClientSeat
from core.support import (
    attachments,
    departments,
    own_tickets,
    ticket_categories,
    ticket_changes,
    ticket_messages,
    ticket_statuses,
)
from core.support.attachments import Attached
from core.support.departments import FEATURE, DepartmentValues
from core.support.own_tickets import OwnTicket
from core.support.ticket_categories import CategoryValues
from core.support.ticket_messages import Reply
from core.support.ticket_statuses import StatusValues
from tenants.demo.cast import DemoProvider

HOURS = ("9:00-18:00",) * 5 + ("", "")
STATUS = StatusValues(
    state="waiting_staff",
    name_en="With the data centre",
    name_fr="Au centre de données",
    shown_en="Our technicians are at it",
    shown_fr="Nos techniciens s’en occupent",
)


class Talk(NamedTuple):
    """A ticket: where it ends, what it is about, the question, our answer, a note, and a file of the question."""

    state: str
    subject: str
    question: str
    answer: str = ""
    note: str = ""
    file: str = ""


TALKS: dict[str, tuple[Talk, ...]] = {
    "fr": (
        Talk(
            "new",
            "Mon site répond lentement",
            "Bonjour,\n\ndepuis **lundi**, mon site met *dix secondes* à répondre.",
        ),
        Talk(
            "waiting_client",
            "Certificat TLS expiré",
            "Le navigateur affiche un avertissement sur la boutique.",
            "Le certificat est renouvelé. Pouvez-vous vérifier ?\n\n- vider le cache\n- recharger la page",
            "Le renouvellement automatique était désactivé.",
            "Votre connexion n'est pas privée : NET::ERR_CERT_DATE_INVALID",
        ),
        Talk(
            "waiting_staff",
            "Ajouter une adresse IP",
            "Il nous faut une deuxième adresse IPv4.",
            "Pour quel serveur ?",
        ),
        Talk(
            "closed", "Question sur ma facture", "La TVA est-elle comprise ?", "Oui, elle figure en bas de page."
        ),
    ),
    "en": (
        Talk("open", "Mail does not arrive", "Since this morning nothing comes in.", "", "Queue of mx2 is full."),
        Talk(
            "waiting_client",
            "Which plan for a shop?",
            "We sell about 200 things. Which plan would you take?",
            "The **Business** plan: it has backups every hour.",
        ),
        Talk(
            "status",
            "Disk of the server is failing",
            "`smartctl` reports errors.",
            "We replace it tonight.",
            "",
            "Reallocated_Sector_Ct   0x0033   001   001   036    Pre-fail  Always   FAILING_NOW 2047",
        ),
        Talk(
            "closed", "How do I change my password?", "I cannot find it.", "Under *My account*, at the top right."
        ),
    ),
}


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Set up who answers, and let clients of both languages ask."""
    if await db.value("SELECT EXISTS (SELECT FROM tickets)"):
        return
    category_ids = [await db.value("SELECT id FROM ticket_categories ORDER BY position LIMIT 1")]
    category_ids.append(await _billing(by))
    status = await ticket_statuses.create(STATUS, by=by)
    for language, talks in TALKS.items():
        asking = await _asking(language)
        for number, talk in enumerate(talks):
            if asking:
                client = asking[number % len(asking)]
                with clock.moved(-timedelta(hours=5 + 19 * number)):
                    ticket_id = await _ask(client, talk, category_ids[number % 2], by=by)
                with clock.moved(-timedelta(hours=4 + 18 * number)):
                    await _go_on(ticket_id, client, talk, status["id"], by=by)


async def _billing(by: Actor) -> int:
    hours = HOURS if policies.has_feature(by.tenant, FEATURE) else ()
    staff = await db.fetch("SELECT id FROM staff WHERE role IN ('accountant', 'manager') AND state = 'active'")
    values = DepartmentValues(name="Comptabilité" if by.tenant.locale == "fr" else "Billing", hours=hours,
                              members={row["id"]: "lead" for row in staff})  # fmt: skip
    made = await departments.create(values, by=by)
    new = CategoryValues(
        name_en="Invoices and payments", name_fr="Factures et paiements", department_id=made["id"]
    )
    return int((await ticket_categories.create(new, by=by))["id"])


async def _asking(language: str) -> Sequence[Record]:
    return await db.fetch(
        """SELECT c.id, c.code, c.name, p.id AS person_id, p.name AS person FROM clients c
           JOIN memberships m ON m.client_id = c.id AND m.is_owner JOIN people p ON p.id = m.person_id
           WHERE c.status = 'active' AND c.language = $1 ORDER BY c.code LIMIT 4""",
        language,
    )


async def _ask(client: Record, talk: Talk, category_id: int, *, by: Actor) -> int:
    new, user = OwnTicket(subject=talk.subject, text=talk.question, category_id=category_id), _user(client, by)
    ticket_id = int((await own_tickets.open_ticket(new, by=user))["id"])
    if talk.file:
        file = Attached(name="details.txt", content=talk.file.encode())
        await attachments.keep_first(ticket_id, await attachments.checked([file], by=user))
    return ticket_id


async def _go_on(ticket_id: int, client: Record, talk: Talk, status_id: int, *, by: Actor) -> None:
    staff = msgspec.structs.replace(by, name=by.tenant.name)
    if talk.file:
        owner = await db.value("SELECT id FROM staff WHERE role = 'owner' ORDER BY id LIMIT 1")
        await ticket_changes.assign(ticket_id, owner, by=staff)
    if talk.note:
        await ticket_messages.note(ticket_id, talk.note, by=staff)
    if talk.answer:
        await ticket_messages.reply(ticket_id, Reply(text=talk.answer), by=staff)
    if talk.state == "waiting_staff":
        await own_tickets.reply(ticket_id, "👍 srv-02", by=_user(client, by))
    elif talk.state == "closed":
        await ticket_changes.close(ticket_id, by=staff)
    elif talk.state == "status":
        await ticket_changes.update(ticket_id, ticket_changes.TicketChanges(status_id=status_id), by=staff)
    elif talk.state == "open":
        await ticket_changes.update(
            ticket_id, ticket_changes.TicketChanges(state="open", priority="high"), by=staff
        )


def _user(client: Record, by: Actor) -> Actor:
    seat = ClientSeat(id=client["id"], code=client["code"], name=client["name"], roles=frozenset({"owner"}),
                      rights=rights.ALL)  # fmt: skip
    return Actor(kind="user", tenant=by.tenant, name=client["person"], person_id=client["person_id"], client=seat,
                 locale=by.tenant.locale)  # fmt: skip
