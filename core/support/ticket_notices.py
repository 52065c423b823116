"""What people are told about tickets: clients of answers, the staff of questions and of what was given to them."""

from collections.abc import Collection, Mapping
from typing import Any

from core import db, policies
from core.accounts import standing
from core.accounts.rights import Right
from core.actor import Actor
from core.i18n import N_
from core.notification_kinds import Kind, declare
from core.notifications import Recipient, notify
from core.permissions import Permission
from core.support import tickets

GROUP = N_("Tickets")
VARIABLES = {
    "name": N_("The name of who is told"),
    "provider": N_("The provider's name"),
    "number": N_("The number of the ticket"),
    "subject": N_("What the ticket is about"),
    "text_markdown": N_("What was written"),
    "author": N_("Who wrote it, or decided it"),
    "client": N_("The client's name"),
    "link": N_("The address of the ticket"),
}
SAMPLES = {
    "name": "Jean Dupont",
    "provider": "Nova",
    "number": 1001,
    "subject": N_("It is slow"),
    "text_markdown": N_("Since **Monday** it has been slow."),
    "author": "Sam",
    "client": "Jean Dupont",
    "link": "https://nova.example/tickets/1001",
}
ANSWERED = declare(
    Kind(
        key="ticket.answered",
        title=N_("Ticket answered"),
        description=N_("To users of a client: the team wrote in a ticket, or opened one."),
        audience="client",
        group=GROUP,
        variables=VARIABLES,
        samples=SAMPLES,
        channels=("mail", "panel"),
        subject=N_("[#{{ number }}] {{ subject }}"),
        text=N_(
            "Hello {{ name }},\n\n{{ provider }} wrote to you:\n\n---\n\n{{ text_markdown }}\n\n---\n\n"
            "Answer here: {{ link }}"
        ),
        short=N_("{{ provider }} wrote in the ticket #{{ number }}: {{ subject }}"),
    )
)
OPENED = declare(
    Kind(
        key="ticket.opened",
        title=N_("Ticket opened, or answered by the client"),
        description=N_("To the staff: the assignee and who watches; of what is nobody's, its department."),
        audience="staff",
        group=GROUP,
        is_service=False,
        variables=VARIABLES,
        samples=SAMPLES,
        channels=("mail", "panel"),
        subject=N_("[#{{ number }}] {{ client }}: {{ subject }}"),
        text=N_(
            "{{ author }} wrote for {{ client }}:\n\n---\n\n"
            # What somebody wrote stands between two lines.
            "{{ text_markdown }}\n\n---\n\nTo the ticket: {{ link }}"
        ),
        short=N_("{{ client }} wrote in the ticket #{{ number }}: {{ subject }}"),
    )
)
ASSIGNED = declare(
    Kind(
        key="ticket.assigned",
        title=N_("Ticket assigned"),
        description=N_("To whom of the staff a ticket was given by somebody else."),
        audience="staff",
        group=GROUP,
        is_service=False,
        variables=VARIABLES,
        samples=SAMPLES,
        channels=("mail", "panel"),
        subject=N_("[#{{ number }}] is yours: {{ subject }}"),
        text=N_(
            "{{ author }} gave you the ticket #{{ number }} of {{ client }}: {{ subject }}\n\n"
            "To the ticket: {{ link }}"
        ),
        short=N_("{{ author }} gave you the ticket #{{ number }}: {{ subject }}"),
    )
)
USERS = """SELECT p.id, p.name, p.email, p.locale FROM memberships m JOIN people p ON p.id = m.person_id
    WHERE m.client_id = $2 AND NOT p.is_disabled AND EXISTS (SELECT FROM ticket_messages s
        WHERE s.ticket_id = $1 AND s.person_id = p.id AND s.side = 'client')"""
STAFF = f"""SELECT {standing.COLUMNS}, d.is_closed, f.id = $2 AS is_assignee,
        EXISTS (SELECT FROM department_members m WHERE m.department_id = d.id AND m.staff_id = f.id) AS is_member
    FROM staff f {standing.JOINS} LEFT JOIN departments d ON d.id = $3
    WHERE f.id = ANY($1::bigint[]) AND {standing.HOLDS}"""
IN_GROUPS = "SELECT EXISTS (SELECT FROM group_members WHERE client_id = $1 AND group_id = ANY($2::bigint[]))"


async def answered(ticket: Mapping[str, Any], message: Mapping[str, Any], *, by: Actor) -> None:
    """Tell the users who wrote in a ticket, and may read it, that the team did; else the client itself."""
    may_read = standing.brings(Right.TICKETS_READ, tenant=by.tenant)
    found = await db.fetch(f"{USERS} AND {may_read}", ticket["id"], ticket["client_id"])
    told = [_person(row) for row in found] or [await _client(ticket)]
    for to in told:
        await _tell(ANSWERED, to, ticket, message, "tickets", author=by.tenant.name, by=by)


async def asked(ticket: Mapping[str, Any], message: Mapping[str, Any], *, by: Actor) -> None:
    """Tell the staff that the client wrote: the assignee and who watches, or the department when nobody's."""
    listed = {row["staff_id"] for row in await tickets.watchers(ticket["id"])}
    if ticket["assignee_id"] is not None:
        listed.add(ticket["assignee_id"])
    else:
        listed |= await _members(ticket["department_id"])
    for row in await _staff(listed, ticket, by=by):
        await _tell(OPENED, _person(row), ticket, message, "staff/tickets", author=by.name, by=by)


async def assigned(ticket: Mapping[str, Any], *, by: Actor) -> None:
    """Tell whom a ticket was given to, unless he took it himself."""
    for row in await _staff([ticket["assignee_id"]], ticket, by=by):
        message = {"id": f"{ticket['version']}", "text": ""}
        await _tell(ASSIGNED, _person(row), ticket, message, "staff/tickets", author=by.name, by=by)


async def _tell(
    kind: Kind,
    to: Recipient,
    ticket: Mapping[str, Any],
    message: Mapping[str, Any],
    place: str,
    *,
    author: str,
    by: Actor,
) -> None:
    data = {
        "name": to.name,
        "provider": by.tenant.name,
        "number": ticket["number"],
        "subject": ticket["subject"],
        "text_markdown": message["text"],
        "author": author,
        "client": ticket["client_name"],
        "link": f"{by.tenant.base_url}/{place}/{ticket['id']}",
    }
    await notify(
        kind, to=to, data=data, client_id=ticket["client_id"], project_id=ticket["project_id"],
        about=("ticket", ticket["id"]), key=f"{ticket['id']}-{message['id']}-{to.person_id or to.address}", by=by,
    )  # fmt: skip


async def _staff(
    staff_ids: Collection[int | None], ticket: Mapping[str, Any], *, by: Actor
) -> list[Mapping[str, Any]]:
    """Those of the staff who may see the ticket, but who acts: nobody is told of what he may not read any more."""
    wanted = [number for number in staff_ids if number is not None and number != by.staff_id]
    found = await db.fetch(STAFF, wanted, ticket["assignee_id"], ticket["department_id"]) if wanted else []
    return [row | {"id": row["person_id"]} for row in map(dict, found) if await _may_see(row, ticket, by=by)]


async def _may_see(row: Mapping[str, Any], ticket: Mapping[str, Any], *, by: Actor) -> bool:
    who = Actor(kind="staff", tenant=by.tenant, name=row["name"], role=row["role"] or row["role_name"] or "",
                staff_id=row["staff_id"],
                permissions=None if row["role_id"] is None else frozenset(row["permissions"]))  # fmt: skip
    if not policies.allows(who, Permission.TICKET_READ):
        return False
    is_inside = not row["is_closed"] or row["is_member"] or row["is_assignee"]
    if not (is_inside or policies.allows(who, Permission.TICKET_MANAGE)):
        return False
    if row["projects"] and ticket["project_id"] not in row["projects"]:
        return False
    return not row["groups"] or bool(await db.value(IN_GROUPS, ticket["client_id"], row["groups"]))


async def _members(department_id: int | None) -> set[int]:
    if department_id is None:
        return set()
    found = await db.fetch("SELECT staff_id FROM department_members WHERE department_id = $1", department_id)
    return {row["staff_id"] for row in found}


async def _client(ticket: Mapping[str, Any]) -> Recipient:
    row = await db.row("SELECT name, email, phone, language FROM clients WHERE id = $1", ticket["client_id"])
    assert row is not None
    return Recipient(address=row["email"], phone=row["phone"], name=row["name"], locale=row["language"])


def _person(row: Mapping[str, Any]) -> Recipient:
    return Recipient(address=row["email"], name=row["name"], locale=row["locale"], person_id=row["id"])
