"""Writing rows of clients: each kind of change of all of them by one statement, with an audit entry each."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, hooks, policies
from core.accounts import clients, field_values
from core.accounts.client_fields import Field
from core.accounts.field_values import YES_NO, Value
from core.accounts.imports.places import Places
from core.accounts.imports.rows import Row, What, people_of
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.i18n import LOCALES

TYPES = {
    "login": "text",
    "name": "text",
    "kind": "text",
    "contact_person": "text",
    "email": "text",
    "country": "text",
    "language": "text",
    "phone": "text",
    "note": "text",
    "external_id": "text",
    "project_id": "bigint",
    "attitude_id": "bigint",
    "registered_at": "timestamptz",
}
"""The columns that an import writes."""
CHANGED = tuple(column for column in TYPES if column not in ("login", "registered_at"))


class Plan(msgspec.Struct, kw_only=True):
    """What is to become of a row: `before` is the client there is, `values` and `own` what differs from it.
    `merged` is the one that the row names, when that one was merged into it. `is_known`: the check found it sound.
    """

    row: Row
    before: Record | None = None
    merged: Record | None = None
    is_known: bool = False
    external: str = ""
    code: int | None = None
    values: dict[str, Any] = {}
    own: dict[str, tuple[Field, Value]] = {}
    groups: list[int] = []
    kept: dict[int, Record] = {}
    inside: set[int] = msgspec.field(default_factory=set)

    def kept_in(self, field: Field) -> Value | None:
        """What the client has in one of the provider's own fields."""
        kept = self.kept.get(field.id)
        return field_values.of_column(field, kept[field_values.COLUMN[field.kind]]) if kept is not None else None

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.values or self.own or self.groups)

    @property
    def what(self) -> What:
        """What would become of the row."""
        if self.row.errors:
            return "failed"
        if self.before is None:
            return "added"
        return "changed" if self.is_changed else "unchanged"


async def write(plans: Sequence[Plan], there: Places, *, by: Actor) -> None:
    """Write what is sound. A plugin may still refuse a new client; his row then has the error."""
    new = [plan for plan in plans if plan.before is None]
    if hooks.is_heard("before_client_created", by=by):
        new = [plan for plan in new if await _is_accepted(plan, by=by)]
    changed = [plan for plan in plans if plan.before is not None and plan.is_changed]
    written = [*new, *changed]
    await _number(new)
    async with asyncio.TaskGroup() as group:  # while the database is at one, the next is made ready
        group.create_task(_insert(new))
        group.create_task(_own_them(new, by=by))
        group.create_task(_tell("client:created", new, there, by=by))
        group.create_task(_update([plan for plan in changed if plan.values]))
        group.create_task(_keep_fields(written))
        group.create_task(_assign(written, there, by=by))
        told = [plan for plan in changed if plan.values or plan.own]
        group.create_task(_tell("client:updated", told, there, by=by))


async def _is_accepted(plan: Plan, *, by: Actor) -> bool:
    """Let plugins patch or refuse a new client, as with a form."""
    asked = {key: value for key, value in plan.values.items() if key in clients.EDITABLE or key == "login"}
    try:
        patched = await hooks.before("before_client_created", by=by, client=asked, accept=clients.accept)
    except Invalid as refusal:
        plan.row.errors_of(refusal.errors)
        return False
    except Conflict as refusal:
        plan.row.error("", refusal.message)
        return False
    plan.values |= patched
    return True


async def _number(new: Sequence[Plan]) -> None:
    """Give them their ids, and the next codes to those without one of their own."""
    if not new:
        return
    unnumbered = [plan for plan in new if plan.code is None]
    highest = max((plan.code for plan in new if plan.code is not None), default=0)
    counted = await db.row(
        """UPDATE counters SET next = greatest(next, $2 + 1) + $1 WHERE name = 'client'
           RETURNING next, ARRAY(SELECT new_id() FROM generate_series(1, $3)) AS ids""",
        len(unnumbered),
        highest,
        len(new),
    )
    assert counted is not None
    for code, plan in enumerate(unnumbered, start=counted["next"] - len(unnumbered)):
        plan.code = code
    for client_id, plan in zip(counted["ids"], new, strict=True):
        plan.row.code, plan.row.id, plan.row.name = plan.code, client_id, plan.values["name"]


async def _insert(new: Sequence[Plan]) -> None:
    """Register them."""
    if not new:
        return
    listed = ", ".join(TYPES)
    typed = ", ".join(f"{column} {kind}" for column, kind in TYPES.items())
    await db.execute(
        f"""INSERT INTO clients (id, code, {listed})
            SELECT * FROM jsonb_to_recordset($1) AS n (id bigint, code bigint, {typed})""",
        [
            {"id": plan.row.id, "code": plan.code} | {column: plan.values[column] for column in TYPES}
            for plan in new
        ],
    )


async def _own_them(new: Sequence[Plan], *, by: Actor) -> None:
    """Make the person with the client's address its owner. Nobody is written to: the password comes later."""
    if not new:
        return
    now = clock.now()
    made = await db.fetch(
        """INSERT INTO people (email, name, locale, created_at)
           SELECT DISTINCT ON (lower(o.email)) o.email, o.name, o.locale, $4
           FROM unnest($1::text[], $2::text[], $3::text[]) AS o (email, name, locale)
           ON CONFLICT (tenant_id, email_folded) DO NOTHING RETURNING id, name, email""",
        [plan.values["email"] for plan in new],
        [plan.values["contact_person"] or plan.values["name"] for plan in new],
        [plan.values["language"] if plan.values["language"] in LOCALES else by.tenant.locale for plan in new],
        now,
    )
    known = {one["email"]: one for one in made}
    known |= await people_of(plan.values["email"] for plan in new if plan.values["email"] not in known)
    await db.execute(
        """INSERT INTO memberships (client_id, person_id, roles, created_at)
           SELECT o.*, '{owner}', $3 FROM unnest($1::bigint[], $2::bigint[]) AS o (client_id, person_id)""",
        [plan.row.id for plan in new],
        [known[plan.values["email"]]["id"] for plan in new],
        now,
    )
    subjects = [
        audit.Subject(id=one["id"], name=one["name"], new={"email": one["email"], "name": one["name"]})
        for one in made
    ]
    await audit.record_each("person:created", "person", subjects, by=by)


async def _update(changed: Sequence[Plan]) -> None:
    """Change them."""
    if not changed:
        return
    settings = ", ".join(f"{column} = n.{column}" for column in CHANGED)
    places = ", ".join(f"${place}::{TYPES[column]}[]" for place, column in enumerate(CHANGED, start=2))
    await db.execute(
        f"""UPDATE clients c SET {settings}, version = c.version + 1
            FROM unnest($1::bigint[], {places}) AS n (id, {", ".join(CHANGED)})
            WHERE c.id = n.id AND c.id = ANY($1::bigint[])""",
        [plan.row.id for plan in changed],
        *([plan.values.get(column, (plan.before or {}).get(column)) for plan in changed] for column in CHANGED),
    )


async def _keep_fields(written: Sequence[Plan]) -> None:
    """Write what the provider's own fields say."""
    told = [(plan.row.id, field, value) for plan in written for field, value in plan.own.values()]
    if not told:
        return
    texts = [YES_NO[value] if isinstance(value, bool) else value for _id, _field, value in told]
    await db.execute(
        """INSERT INTO client_field_values (client_id, field_id, text, number, day)
           SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::numeric[], $5::date[])
           ON CONFLICT (tenant_id, field_id, client_id)
           DO UPDATE SET text = EXCLUDED.text, number = EXCLUDED.number, day = EXCLUDED.day""",
        [client_id for client_id, _field, _value in told],
        [field.id for _id, field, _value in told],
        [value if isinstance(value, str) else None for value in texts],
        [value if isinstance(value, Decimal) else None for value in texts],
        [None if isinstance(value, str | Decimal) else value for value in texts],
    )


async def _assign(written: Sequence[Plan], there: Places, *, by: Actor) -> None:
    """Put them into the groups that are named."""
    pairs = [(plan, group_id) for plan in written for group_id in plan.groups]
    if not pairs:
        return
    await db.execute(
        """INSERT INTO group_members (group_id, client_id, added_at, added_by)
           SELECT g.*, $3, $4 FROM unnest($1::bigint[], $2::bigint[]) AS g (group_id, client_id)
           ON CONFLICT DO NOTHING""",
        [group_id for _plan, group_id in pairs],
        [plan.row.id for plan, _group_id in pairs],
        clock.now(),
        by.name,
    )
    subjects = [
        audit.Subject(
            id=group_id, name=there.names[group_id], client_id=plan.row.id, new={"clients": [plan.row.code]}
        )
        for plan, group_id in pairs
    ]
    await audit.record_each("group:clients_added", "group", subjects, by=by)


async def _tell(action: str, plans: Sequence[Plan], there: Places, *, by: Actor) -> None:
    """An entry for each client, with names in place of ids."""
    subjects = [
        audit.Subject(
            id=plan.row.id or 0,
            name=plan.values.get("name", plan.row.name),
            client_id=plan.row.id,
            old=_told(_old(plan), there, by=by) | _own_told(plan),
            new=_told(plan.values, there, by=by)
            | field_values.told(plan.own.values())
            | ({"code": plan.code, "status": "active"} if plan.before is None else {}),
        )
        for plan in plans
    ]
    await audit.record_each(action, "client", subjects, by=by)


def _old(plan: Plan) -> dict[str, Any]:
    return {column: plan.before[column] for column in plan.values} if plan.before is not None else {}


def _own_told(plan: Plan) -> dict[str, Any]:
    """What stood in the provider's own fields."""
    if plan.before is None:
        return {}
    return field_values.told((field, plan.kept_in(field)) for field, _value in plan.own.values())


def _told(values: dict[str, Any], there: Places, *, by: Actor) -> dict[str, Any]:
    told = {column: value for column, value in values.items() if column not in clients.NOT_TOLD}
    if "project_id" in values and policies.has_feature(by.tenant, "projects"):
        told["project"] = there.names.get(values["project_id"])
    if values.get("attitude_id") is not None:
        told["attitude"] = there.names.get(values["attitude_id"])
    return told
