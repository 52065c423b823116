"""Who did what, for whom, and what it was before: one entry per change, in the change's own transaction.

The application's database role can add entries and read them, and neither change nor remove one.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import json
from piccolo.columns import JSONB, BigInt, Text, Timestamptz

from core import arrays, clock, db, listening
from core.actor import Actor
from core.listening import Happened

SECRET_FIELDS = frozenset({"password", "password_hash", "totp_secret", "secret", "token", "key"})


class AuditEntry(db.Owned, tablename="audit_entries", append_only=True):
    """One change. `changes` maps a field to its [old, new]."""

    at = Timestamptz()
    action = Text()
    actor_kind = Text()
    actor_id = BigInt(null=True)
    actor_name = Text()
    subject_kind = Text()
    subject_id = BigInt(null=True)
    subject_name = Text()
    client_id = BigInt(null=True)
    impersonation_id = BigInt(null=True)
    changes = JSONB()
    address = Text()
    request_id = Text()


async def record(
    action: str,
    subject_kind: str,
    subject_id: int | None,
    *,
    by: Actor,
    name: str = "",
    client_id: int | None = None,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    """Write one entry. Only what differs between `old` and `new` is kept; secrets are named but not shown.

    Of staff inside a client's account both are named: the member of staff as the actor, and the client.
    """
    inside = by.impersonator
    if inside is not None and client_id is None and by.client is not None:
        client_id = by.client.id
    changes = difference(old or {}, new or {})
    await db.execute(
        """INSERT INTO audit_entries (at, action, actor_kind, actor_id, actor_name, subject_kind, subject_id,
               subject_name, client_id, changes, address, request_id, impersonation_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        clock.now(),
        action,
        "staff" if inside else by.kind,
        inside.staff_id if inside else by.staff_id or by.person_id,
        inside.name if inside else by.name,
        subject_kind,
        subject_id,
        name,
        client_id,
        changes,
        by.address,
        by.request_id,
        inside.visit_id if inside else None,
    )
    if subject_id is not None and await listening.is_wanted(action):
        happened = Happened(id=subject_id, client_id=client_id, name=name, changed=tuple(changes))
        await listening.tell(action, [happened])


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """One of many things that the same was done to."""

    id: int
    name: str = ""
    client_id: int | None = None
    old: Mapping[str, Any] = {}
    new: Mapping[str, Any] = {}


async def record_each(action: str, subject_kind: str, subjects: Sequence[Subject], *, by: Actor) -> None:
    """Write an entry for each of them, by one statement."""
    if not subjects:
        return
    await db.execute(
        """INSERT INTO audit_entries (at, action, actor_kind, actor_id, actor_name, subject_kind, address,
               request_id, subject_id, subject_name, client_id, changes)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, s.id, s.name, s.client_id, s.changes::jsonb
             FROM unnest($9::text::bigint[], $10::text[], $11::text::bigint[], $12::text[])
                  AS s (id, name, client_id, changes)""",
        clock.now(),
        action,
        by.kind,
        by.staff_id or by.person_id,
        by.name,
        subject_kind,
        by.address,
        by.request_id,
        arrays.of(it.id for it in subjects),
        [it.name for it in subjects],
        arrays.of(it.client_id for it in subjects),
        [json.encode(difference(it.old, it.new)).decode() for it in subjects],
    )
    if await listening.is_wanted(action):
        await listening.tell(action, [_happened(it) for it in subjects])


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs, as {field: [old, new]}; a field that only one side names counts as None on the other."""
    if not old:
        return {field: [None, _shown(field, value)] for field, value in new.items() if value is not None}
    fields = dict.fromkeys([*old, *new])
    return {
        field: [_shown(field, old.get(field)), _shown(field, new.get(field))]
        for field in fields
        if old.get(field) != new.get(field)
    }


def _happened(it: Subject) -> Happened:
    changed = tuple(difference(it.old, it.new))
    return Happened(id=it.id, client_id=it.client_id, name=it.name, changed=changed)


def _shown(field: str, value: Any) -> Any:
    if value is None:
        return None
    if field in SECRET_FIELDS:
        return "•••"
    if isinstance(value, (str, int, bool, list, dict)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return sorted(str(item) for item in value) if isinstance(value, (set, frozenset)) else str(value)
