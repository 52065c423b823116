"""Carrying a message to its clients: some hundreds in each transaction, a ticket and a notification for each.

Who was chosen is fixed by the first step. What became of a client is written with his ticket and what tells him of
it, so that a message which is stopped, or whose worker is killed, goes on without a repeat and without a gap.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record

from core import db, notifications, policies, tasks, tenant_templates
from core.accounts import access, client_choice
from core.actor import Actor
from core.errors import Conflict
from core.filters import Conditions
from core.i18n import N_, _
from core.notification_kinds import Kind, declare
from core.notifications import Recipient
from core.permissions import Permission
from core.support import (
    mass_message_recipients,
    mass_messages,
    ticket_categories,
    ticket_opening,
)
from core.support.ticket_opening import Opening
from core.tasks import Chunk, Task

KIND = "messages.send"
AT_ONCE = 500
VARIABLES = {
    "subject": N_("What the message is about"),
    "text_markdown": N_("What it says"),
    "number": N_("The number of its ticket"),
    "link": N_("Where it is read and answered"),
}
SAMPLES = {
    "subject": N_("Maintenance on Sunday"),
    "text_markdown": N_("Our network is worked on from 2 to 4 a.m."),
    "number": "1042",
    "link": "https://portal.example/tickets/1042",
}
MESSAGE = declare(
    Kind(
        key="message.received",
        title=N_("Message to clients"),
        description=N_("Staff write to many clients at once about what they are sold."),
        group="tickets",
        variables=VARIABLES,
        samples=SAMPLES,
        channels=("mail", "panel"),
        subject=N_("{{ subject }}"),
        text=N_("{{ text_markdown }}\n\n[Read and answer it here]({{ link }})"),
        short="{{ subject }}",
    )
)
NEWS = declare(
    msgspec.structs.replace(
        MESSAGE,
        key="message.news",
        title=N_("News to clients"),
        description=N_("Staff write to many clients at once about what is new. Nobody has to get it."),
        is_service=False,
    )
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What one client gets, or why he gets nothing. `row` is one of `_next`."""

    row: Record
    reason: str
    language: str
    subject: str
    text: str


@tasks.kind(KIND, N_("Messages to clients"), can_pause=True)
async def step(task: Task, by: Actor) -> Chunk:
    """Fix who was chosen; then a ticket for each of the next ones."""
    policies.require(by, Permission.MESSAGE_SEND)
    message = await mass_messages.get(int(task.payload["message"]), by=by)
    if message["state"] != "started":
        raise Conflict(_("This message was withdrawn."))
    if not task.position.get("is_chosen"):
        return Chunk(position={"is_chosen": True}, total=await _choose(message, by=by))
    found = await _next(message, by=by)
    if not found:
        return Chunk(position=task.position, is_last=True)
    done = await _deliver(message, found, by=by)
    return Chunk(position=task.position, done=done, skipped=len(found) - done, is_last=len(found) < AT_ONCE)


async def _choose(message: Mapping[str, Any], *, by: Actor) -> int:
    """Write down who was chosen; how many."""
    source = await client_choice.source(mass_messages.choice_of(message), by=by)
    place = source.conditions.bind(message["id"])
    await db.execute(
        f"""INSERT INTO mass_message_recipients (message_id, client_id)
            SELECT {place}::bigint, c.id FROM {source.tables} WHERE {source.conditions.sql}
            ON CONFLICT DO NOTHING""",
        *source.conditions.arguments,
    )
    return int(await db.value("SELECT count(*) FROM mass_message_recipients WHERE message_id = $1", message["id"]))


async def _next(message: Mapping[str, Any], *, by: Actor) -> list[Record]:
    """The next ones who wait, with what decides about them."""
    conditions = Conditions()
    access.limit_to_visible(conditions, by=by)
    place = conditions.bind(message["id"])
    return await db.fetch(
        f"""SELECT r.id, r.client_id, c.code, c.login, c.email, c.name, c.contact_person,
                   {_project(message, by=by)} AS project_id,
                   {mass_message_recipients.facts(message, by=by)},
                   coalesce({conditions.sql}, false) AS is_there
              FROM mass_message_recipients r JOIN clients c ON c.id = r.client_id
             WHERE r.message_id = {place} AND r.state = 'waiting' ORDER BY r.client_id LIMIT {AT_ONCE}
               FOR NO KEY UPDATE OF r""",
        *conditions.arguments,
    )


def _project(message: Mapping[str, Any], *, by: Actor) -> str:
    """The project of a client's ticket: that of the category, else his home, where the author sees it."""
    if (project_id := mass_message_recipients.project_of(message, by=by)) is not None:
        return f"{project_id:d}::bigint"
    if by.projects is None:
        return "c.project_id"
    return f"""(SELECT a.project_id FROM client_projects a
        WHERE a.client_id = c.id AND a.project_id IN ({access.listed(by.projects)})
        ORDER BY a.project_id <> c.project_id, a.project_id LIMIT 1)"""


async def _deliver(message: Mapping[str, Any], found: Sequence[Record], *, by: Actor) -> int:
    """A ticket for each who is to get it; how many these were."""
    letters = _written(message, found, by=by)
    opened = await _open(message, [letter for letter in letters if not letter.reason], by=by)
    await db.execute(
        """UPDATE mass_message_recipients r
              SET state = CASE WHEN t.reason = '' THEN 'sent' ELSE 'skipped' END, reason = t.reason,
                  language = t.language, ticket_id = t.ticket_id
             FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS t (id, reason, language, ticket_id)
            WHERE r.id = t.id""",
        [letter.row["id"] for letter in letters],
        [letter.reason for letter in letters],
        [letter.language for letter in letters],
        [opened.get(letter.row["client_id"]) for letter in letters],
    )
    return len(opened)


def _written(message: Mapping[str, Any], found: Sequence[Record], *, by: Actor) -> list[Letter]:
    letters = []
    for row in found:
        reason, language = mass_message_recipients.judged(row, message, by=by) if row["is_there"] else ("gone", "")
        subject = text = ""
        if not reason:
            words = message["texts"][language]
            try:
                subject, text = mass_message_recipients.written(words, row, language=language, by=by)
            except tenant_templates.BadTemplate:
                reason = "text"
        letters.append(
            Letter(row=row, reason=reason, language="" if reason else language, subject=subject, text=text)
        )
    return letters


async def _open(message: Mapping[str, Any], letters: Sequence[Letter], *, by: Actor) -> dict[int, int]:
    """A ticket for each letter, and what tells of it; the tickets by the ids of their clients."""
    if message["category_id"] is None:
        raise Conflict(_("The category of this message is not there any more."))
    category = await ticket_categories.find(message["category_id"])
    openings = [
        Opening(
            key=f"message-{message['id']}-{letter.row['client_id']}",
            client_id=letter.row["client_id"],
            project_id=letter.row["project_id"],
            subject=letter.subject,
            text=letter.text,
            language=letter.language,
            category_id=category["id"],
            department_id=category["department_id"],
            returns_to_staff_id=message["author_id"] if message["returns_to_author"] else None,
            origin="message",
        )
        for letter in letters
    ]
    ids = await ticket_opening.open_many(openings, by=by)
    numbers = dict(await db.fetch("SELECT id, number FROM tickets WHERE id = ANY($1::bigint[])", ids))
    for letter, ticket_id in zip(letters, ids, strict=True):
        await _tell(message, letter, ticket_id, numbers[ticket_id], by=by)
    return {letter.row["client_id"]: ticket_id for letter, ticket_id in zip(letters, ids, strict=True)}


async def _tell(message: Mapping[str, Any], letter: Letter, ticket_id: int, number: int, *, by: Actor) -> None:
    row = letter.row
    await notifications.notify(
        NEWS if message["is_news"] else MESSAGE,
        to=Recipient(address=row["email"], name=row["contact_person"] or row["name"], locale=letter.language),
        data={
            "subject": letter.subject,
            "text_markdown": letter.text,
            "number": str(number),
            "link": f"{portal_of(by)}/tickets/{ticket_id}",
        },
        client_id=row["client_id"],
        project_id=row["project_id"],
        about=("ticket", ticket_id),
        key=f"message-{message['id']}-{row['client_id']}",
        by=by,
    )


def portal_of(by: Actor) -> str:
    """Where users of clients read their tickets."""
    return by.tenant.base_url.rstrip("/")
