"""Departments: who of the staff answers which tickets, with what rights, and in which hours.

An open department's tickets are seen by all staff who may read tickets, a closed one's by its members only. A
member's level is what he may do in it at most; whoever sets departments up sees and does everything.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import positions, rows, ticket_access
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.i18n import N_, _
from core.permissions import Permission
from core.support import department_hours

FEATURE = "business_hours"
Level = Literal["read", "answer", "lead"]
LEVELS: Mapping[str, str] = {
    "read": N_("Reads"),
    "answer": N_("Reads and answers"),
    "lead": N_("Reads, answers, and decides"),
}
"""What a member may do at most, the least first. Deciding is assigning, moving, closing and merging."""
_RANKS = {level: rank for rank, level in enumerate(LEVELS)}
MOST = 100
READ = """SELECT d.*, (SELECT count(*) FROM ticket_categories k WHERE k.department_id = d.id) AS categories,
    (SELECT count(*) FROM tickets t WHERE t.department_id = d.id AND t.closed_at IS NULL) AS open_tickets
    FROM departments d"""


class Department(db.Owned, tablename="departments"):
    """Some people who answer tickets. `hours`: see `department_hours`."""

    name = Text()
    is_closed = Boolean()
    hours = JSONB()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class DepartmentMember(db.Owned, tablename="department_members"):
    """Somebody of the staff in a department."""

    department_id = BigInt()
    staff_id = BigInt()
    level = Text()


class DepartmentValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a department. `members` are levels by the id of a member of staff; `hours` seven days from Monday,
    such as `09:00-18:00`, or none for round the clock."""

    name: str
    is_closed: bool = False
    hours: tuple[str, ...] = ()
    members: Mapping[int, Level] = {}


async def every(*, by: Actor) -> list[Record]:
    """The departments in the provider's order, with `categories` and `open_tickets`: how many there are."""
    policies.require(by, Permission.TICKET_READ)
    return await db.fetch(f"{READ} ORDER BY d.position, d.id")


async def get(department_id: int, *, by: Actor) -> Record:
    """One of them."""
    policies.require(by, Permission.TICKET_READ)
    found = await db.row(f"{READ} WHERE d.id = $1", department_id) if rows.is_id(department_id) else None
    if found is None:
        raise NotFound()
    return found


async def members(department_ids: list[int]) -> dict[int, list[Record]]:
    """Who is in these departments, by name: staff_id, name, level. Asks for no right."""
    found = await db.fetch(
        """SELECT m.department_id, m.staff_id, m.level, p.name FROM department_members m
           JOIN staff s ON s.id = m.staff_id AND s.state = 'active' JOIN people p ON p.id = s.person_id
           WHERE m.department_id = ANY($1::bigint[]) ORDER BY lower(p.name), m.staff_id""",
        department_ids,
    )
    kept: dict[int, list[Record]] = {number: [] for number in department_ids}
    for row in found:
        kept[row["department_id"]].append(row)
    return kept


async def levels(department_id: int) -> dict[int, Level]:
    """The members as `DepartmentValues` takes them, also those who work here no more. Asks for no right."""
    found = await db.fetch(
        "SELECT staff_id, level FROM department_members WHERE department_id = $1", department_id
    )
    return {row["staff_id"]: row["level"] for row in found}


async def create(new: DepartmentValues, *, by: Actor) -> Record:
    """Add a department, the last of the list."""
    policies.require(by, Permission.TICKET_MANAGE)
    values = await _checked(new, but=0, before=[], by=by)
    if await db.value("SELECT count(*) FROM departments") >= MOST:
        raise Conflict(_("There is room for %(count)s departments.") % {"count": MOST})
    async with rows.free_name():
        made = await db.row(
            """INSERT INTO departments (name, is_closed, hours, position, created_at)
               VALUES ($1, $2, $3, $4, $5) RETURNING *""",
            *values.values(),
            await positions.last("departments"),
            clock.now(),
        )
    assert made is not None
    await _set_members(made["id"], new.members)
    await audit.record("department:created", "department", made["id"], by=by, name=made["name"])
    return await get(made["id"], by=by)


async def update(department_id: int, changes: DepartmentValues, *, version: int, by: Actor) -> Record:
    """Change it; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.TICKET_MANAGE)
    row = await rows.locked("departments", department_id, version=version)
    values = await _checked(changes, but=department_id, before=row["hours"], by=by)
    before = await told_members(department_id)
    await _set_members(department_id, changes.members)
    after = await told_members(department_id)
    async with rows.free_name():
        is_changed = await rows.save("departments", row, values)
    if before != after and not is_changed:
        await db.execute("UPDATE departments SET version = version + 1 WHERE id = $1", department_id)
    if is_changed or before != after:
        old = {name: row[name] for name in values} | {"members": before}
        await audit.record("department:updated", "department", department_id, by=by, name=values["name"],
                           old=old, new=values | {"members": after})  # fmt: skip
    return await get(department_id, by=by)


async def move(department_id: int, *, steps: int, by: Actor) -> None:
    """One place up or down in the list."""
    policies.require(by, Permission.TICKET_MANAGE)
    await positions.move("departments", department_id, steps=steps, noun="department", by=by)


async def why_it_stays(department: Mapping[str, Any]) -> str:
    """Why it cannot be removed, "" when it can."""
    if department["categories"] or await db.value(
        "SELECT EXISTS (SELECT FROM tickets WHERE department_id = $1)", department["id"]
    ):
        return _("It has categories or tickets. Give them to another department first.")
    return ""


async def delete(department_id: int, *, by: Actor) -> None:
    """Remove a department; `Conflict` while it has categories or tickets."""
    policies.require(by, Permission.TICKET_MANAGE)
    await rows.locked("departments", department_id)
    department = await get(department_id, by=by)
    if stays := await why_it_stays(department):
        raise Conflict(stays)
    await db.execute("DELETE FROM departments WHERE id = $1", department_id)
    await audit.record("department:deleted", "department", department_id, by=by, name=department["name"])


def sees_all(by: Actor) -> bool:
    """Whether `by` sees the tickets of all departments, and may do everything in them."""
    return ticket_access.sees_all_departments(by)


async def level_in(department_id: int | None, *, by: Actor) -> str:
    """What `by`, who sees its tickets, may do in a department at most, besides what his role says."""
    if department_id is None or sees_all(by):
        return "lead"
    found = await db.row(
        """SELECT d.is_closed, m.level FROM departments d
           LEFT JOIN department_members m ON m.department_id = d.id AND m.staff_id = $2 WHERE d.id = $1""",
        department_id,
        by.staff_id or 0,
    )
    if found is None or found["level"] is None:
        return "answer" if found is not None and found["is_closed"] else "lead"
    return str(found["level"])


async def require(department_id: int | None, level: Level, *, by: Actor) -> None:
    """Nothing when `by` may do so much in the department; else `Forbidden`."""
    if not covers(await level_in(department_id, by=by), level):
        raise Forbidden(_("Your place in this department does not allow this."))


def covers(mine: str, wanted: str) -> bool:
    """Whether one level is as much as another."""
    return _RANKS[mine] >= _RANKS[wanted]


async def told_members(department_id: int) -> list[str]:
    """The members as the audit keeps them."""
    return [f"{row['name']}: {_(LEVELS[row['level']])}" for row in (await members([department_id]))[department_id]]


async def create_first(*, by: Actor) -> int:
    """The department that a new provider begins with; returns its id. Asks for no right."""
    name = _("Support")
    department_id = int(
        await db.value(
            "INSERT INTO departments (name, position, created_at) VALUES ($1, 1, $2) RETURNING id",
            name,
            clock.now(),
        )
    )
    await audit.record("department:created", "department", department_id, by=by, name=name)
    return department_id


async def _set_members(department_id: int, wanted: Mapping[int, str]) -> None:
    await db.execute(
        "DELETE FROM department_members WHERE department_id = $1 AND NOT staff_id = ANY($2::bigint[])",
        department_id,
        list(wanted),
    )
    await db.execute(
        """INSERT INTO department_members (department_id, staff_id, level)
           SELECT $1, w.staff_id, w.level FROM unnest($2::bigint[], $3::text[]) AS w (staff_id, level)
           ON CONFLICT (tenant_id, department_id, staff_id) DO UPDATE SET level = excluded.level""",
        department_id,
        list(wanted),
        list(wanted.values()),
    )


async def _checked(values: DepartmentValues, *, but: int, before: list[str], by: Actor) -> dict[str, Any]:
    checks, hours = Checks(), before
    name = checks.text("name", values.name, longest=100)
    await rows.check_name_is_free(checks, "departments", name, but=but)
    try:
        hours = department_hours.kept(department_hours.read(values.hours))
    except ValueError as error:
        checks.error("hours", str(error))
    if await _unknown_staff(values.members):
        checks.error("members", _("This is not one of the choices."))
    checks.done()
    if hours != before:
        policies.require_feature(by, FEATURE)
    return {"name": name, "is_closed": values.is_closed, "hours": hours}


async def _unknown_staff(wanted: Mapping[int, str]) -> bool:
    if not all(rows.is_id(number) for number in wanted):
        return True
    found = await db.value(
        "SELECT count(*) FROM staff WHERE id = ANY($1::bigint[]) AND reseller_id IS NULL", list(wanted)
    )
    return bool(found != len(wanted))
