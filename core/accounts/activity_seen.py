"""What of an entry of the activity somebody of the staff does not see: projects that are not his, and what tickets
are about that he may not read. That something was done to them he sees.
"""

import re
from collections.abc import Sequence
from typing import Any

from core import db
from core.accounts import access, ticket_access
from core.actor import Actor

PROJECTS = ("project", "projects")
"""Fields of what changed that name projects."""
OTHER_TICKETS = ("merged_into", "split_from")
"""Fields of what was done to a ticket that name another one, by its title."""
TITLE = re.compile(r"#(\d{1,18}) ", re.ASCII)
"""How the title of a ticket begins."""
Entry = dict[str, Any]


def unseen(*, by: Actor) -> str:
    """The condition that an entry `a` is about a ticket that `by` may not read, or about what was told of one;
    "" when there is none."""
    if by.tenant.is_platform or not (ticket := ticket_access.named("n.about_id", by=by)):
        return ""
    told = f"""SELECT n.about_kind <> 'ticket' OR {ticket} FROM deliveries d
        JOIN notifications n ON n.id = d.notification_id WHERE d.id = a.subject_id"""
    return f"""(CASE WHEN a.subject_kind = 'ticket' THEN {ticket_access.named("a.subject_id", by=by)}
        WHEN a.action = 'notification:sent_again' THEN ({told}) ELSE true END IS NOT TRUE)"""


async def limited(entries: Sequence[Entry], *, by: Actor) -> list[Entry]:
    """The entries, with `values`, as `by` sees them."""
    hidden, projects = await _hidden(entries, by=by), await _projects(by=by)
    tickets = await _numbers(entries, by=by)

    def seen(entry: Entry) -> Entry:
        if entry["id"] in hidden:
            return entry | {"subject_name": "", "values": {}}
        values = dict(entry["values"])
        for field, change in entry["values"].items():
            if projects is not None and field in PROJECTS:
                values[field] = [value if value in projects else None for value in change]
            if tickets is not None and entry["subject_kind"] == "ticket" and field in OTHER_TICKETS:
                values[field] = [value if _number(value) in tickets else None for value in change]
        return entry | {"values": {field: change for field, change in values.items() if change != [None, None]}}

    return [seen(entry) for entry in entries]


async def _projects(*, by: Actor) -> set[str] | None:
    """The names of the projects that he sees; None when he sees all."""
    if by.projects is None:
        return None
    named = await db.fetch(f"SELECT name FROM projects WHERE id IN ({access.listed(by.projects)})")
    return {row["name"] for row in named}


async def _hidden(entries: Sequence[Entry], *, by: Actor) -> set[int]:
    """Which of the entries are about a ticket that he may not read."""
    columns, kinds = ("id", "action", "subject_kind", "subject_id"), ("ticket", "notification")
    asked = [{name: entry[name] for name in columns} for entry in entries if entry["subject_kind"] in kinds]
    if not asked or not (condition := unseen(by=by)):
        return set()
    found = await db.fetch(
        f"""SELECT a.id
              FROM jsonb_to_recordset($1) AS a (id bigint, action text, subject_kind text, subject_id bigint)
             WHERE {condition}""",
        asked,
    )
    return {row["id"] for row in found}


async def _numbers(entries: Sequence[Entry], *, by: Actor) -> set[int] | None:
    """The numbers of the tickets that entries name besides their own, of those he may read; None when of all."""
    seen = "" if by.tenant.is_platform else ticket_access.named("w.id", by=by)
    if not seen:
        return None
    named = [value for entry in entries for field in OTHER_TICKETS for value in entry["values"].get(field, ())]
    if not (numbers := [number for number in map(_number, named) if number]):
        return set()
    found = await db.fetch(
        f"SELECT w.number FROM tickets w WHERE w.number = ANY($1::bigint[]) AND {seen}", numbers
    )
    return {row["number"] for row in found}


def _number(title: Any) -> int:
    """The number of a ticket by its title, 0 without one."""
    found = TITLE.match(title) if isinstance(title, str) else None
    return int(found[1]) if found else 0
