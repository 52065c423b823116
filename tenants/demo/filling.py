"""The demo's clients: one statement each for their rows, their people, their groups and their traces."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from core import clock, db
from tenants.demo.cast import DemoProvider
from tenants.demo.clients import DemoClient, invent

CLIENTS = """
    INSERT INTO clients (code, login, name, kind, contact_person, email, country, language, phone, phone_verified,
        phone_verified_at, note, status, project_id, attitude_id, registered_at, registered_address)
    SELECT code, login, name, kind, contact_person, email, country, language, phone, phone_verified,
        CASE WHEN phone_verified <> '' THEN registered_at + interval '7 minutes' END, note, status, project_id,
        attitude_id, registered_at, address
      FROM jsonb_to_recordset($1) AS c (code bigint, login text, name text, kind text, contact_person text,
        email text, country text, language text, phone text, phone_verified text, note text, status text,
        project_id bigint, attitude_id bigint, registered_at timestamptz, address text)
    RETURNING id, code
"""
PEOPLE = """
    INSERT INTO people (email, name, locale, created_at)
    SELECT email, contact_person, CASE WHEN language IN ('en', 'fr') THEN language ELSE $2 END, registered_at
      FROM jsonb_to_recordset($1) AS c (email text, contact_person text, language text, registered_at timestamptz)
    RETURNING id, email
"""
MEMBERSHIPS = """
    INSERT INTO memberships (client_id, person_id, roles, created_at)
    SELECT client_id, person_id, ARRAY[role], at
      FROM jsonb_to_recordset($1) AS m (client_id bigint, person_id bigint, role text, at timestamptz)
"""
IN_GROUPS = """
    INSERT INTO group_members (group_id, client_id, added_at, added_by)
    SELECT group_id, client_id, at, by
      FROM jsonb_to_recordset($1) AS g (group_id bigint, client_id bigint, at timestamptz, by text)
    ON CONFLICT DO NOTHING
"""
TRACES = """
    INSERT INTO audit_entries (at, action, actor_kind, actor_id, actor_name, subject_kind, subject_id,
        subject_name, client_id, changes, address)
    SELECT at, action, 'staff', actor_id, actor_name, 'client', client_id, name, client_id, changes, address
      FROM jsonb_to_recordset($1) AS a (at timestamptz, action text, actor_id bigint, actor_name text,
        client_id bigint, name text, changes jsonb, address text)
"""


ACCOUNTS = """
    INSERT INTO client_projects (client_id, project_id, opened_at, opened_by, credit_limit)
    SELECT c.id, other.id, least(c.registered_at + interval '40 days', $3), $2,
           CASE WHEN c.code % 22 = 0 THEN 50000 END
      FROM clients c CROSS JOIN LATERAL (
           SELECT p.id FROM unnest($1::bigint[]) AS p (id) WHERE p.id <> c.project_id ORDER BY p.id LIMIT 1) other
     WHERE c.code % 11 = 0
"""
"""Some clients have an account in one more project."""


async def add_clients(provider: DemoProvider, project_ids: Sequence[int], group_ids: Sequence[int]) -> None:
    """Register the provider's clients in its scope, as if its staff had done so over the years."""
    now = clock.now()
    clients = list(
        invent(provider.clients, seed=provider.seed, home=provider.country, language=provider.locale, until=now)
    )
    rows = [msgspec.to_builtins(client) for client in clients]
    await _place(rows, project_ids)
    ids = {row["code"]: row["id"] for row in await db.fetch(CLIENTS, rows)}
    client_ids = [ids[row["code"]] for row in rows]
    people = {row["email"]: row["id"] for row in await db.fetch(PEOPLE, rows, provider.locale)}
    person_ids = [people[client.email] for client in clients]
    dice = random.Random(provider.seed)  # noqa: S311 (nothing secret)
    await db.execute(MEMBERSHIPS, _memberships(clients, client_ids, person_ids, dice))
    await db.execute(ACCOUNTS, list(project_ids), provider.members[0].name, now)
    await db.execute(IN_GROUPS, _in_groups(clients, client_ids, group_ids, by=provider.members[0].name))
    await db.execute(TRACES, await _traces(clients, client_ids, now, dice))


async def _place(rows: list[dict[str, Any]], project_ids: Sequence[int]) -> None:
    """Give each its code, its project and its attitude."""
    first = await db.value(
        "UPDATE counters SET next = next + $1 WHERE name = 'client' RETURNING next - $1", len(rows)
    )
    attitudes = [row["id"] for row in await db.fetch("SELECT id FROM attitudes ORDER BY position, id")]
    for code, row in enumerate(rows, start=first):
        row["code"] = code
        row["project_id"] = project_ids[row["project"] % len(project_ids)]
        row["attitude_id"] = attitudes[row["attitude"] % len(attitudes)]


def _memberships(
    clients: Sequence[DemoClient], client_ids: Sequence[int], person_ids: Sequence[int], dice: random.Random
) -> list[dict[str, Any]]:
    """Everybody owns his client; some also look after somebody else's."""
    found = []
    for place, client in enumerate(clients):
        at = client.registered_at
        found.append({"client_id": client_ids[place], "person_id": person_ids[place], "role": "owner", "at": at})
        if client.kind == "company" and place and dice.random() < 0.2:
            other, role = person_ids[dice.randrange(place)], dice.choice(("billing", "technical", "read-only"))
            found.append({"client_id": client_ids[place], "person_id": other, "role": role, "at": at})
    return found


def _in_groups(
    clients: Sequence[DemoClient], client_ids: Sequence[int], group_ids: Sequence[int], *, by: str
) -> list[dict[str, Any]]:
    if not group_ids:
        return []
    return [
        {
            "group_id": group_ids[client.group % len(group_ids)],
            "client_id": client_id,
            "at": client.registered_at,
            "by": by,
        }
        for client, client_id in zip(clients, client_ids, strict=True)
        if client.group is not None
    ]


async def _traces(
    clients: Sequence[DemoClient], client_ids: Sequence[int], now: datetime, dice: random.Random
) -> list[dict[str, Any]]:
    """Who registered each client, and now and then who edited it."""
    staff = await db.fetch(
        """SELECT s.id, p.name FROM staff s JOIN people p ON p.id = s.person_id
            WHERE s.role IN ('owner', 'manager', 'support') ORDER BY p.email"""
    )
    found = []
    for client, client_id in zip(clients, client_ids, strict=True):
        shown = {field: [None, getattr(client, field)] for field in ("login", "name", "kind", "email", "country")}
        steps = [("client:created", client.registered_at, shown)]
        if client.note:
            later = min(client.registered_at + timedelta(days=dice.randrange(1, 200)), now)
            steps.append(("client:updated", later, {"note": ["", client.note]}))
        for action, at, changes in steps:
            member = dice.choice(staff)
            found.append(
                {"action": action, "at": at, "actor_id": member["id"], "actor_name": member["name"]}
                | {"client_id": client_id, "name": client.name, "changes": changes, "address": "203.0.113.7"}
            )
    return found
