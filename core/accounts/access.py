"""From an actor to the clients he may see: the one place that decides it.

Staff may be limited to projects, to groups, or to both; then both must hold. Whoever is limited to projects sees
the clients that have an account in one of them, whichever they are registered in. A limit stays in force when the
provider's edition loses projects or groups, because a limit that lapses would open what it closed.
"""

from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from core import db, policies
from core.actor import Actor
from core.errors import NotFound
from core.filters import Conditions
from core.permissions import Permission

BY_CODE = "(SELECT coalesce(k.merged_into_id, k.id) FROM clients k WHERE k.code = {})"
"""The id of the client that a code stands for."""


def limit_to_visible(conditions: Conditions, *, by: Actor, alias: str = "c") -> None:
    """Add the conditions under which `by` may see a row of `clients`."""
    if by.projects is not None:
        conditions.add(has_account(by.projects, column=f"{alias}.id"))
    limit_to_groups(conditions, by=by, alias=alias)


def limit_to_groups(conditions: Conditions, *, by: Actor, alias: str = "c") -> None:
    """The part of `limit_to_visible` that is about groups, for whoever sees to the projects himself."""
    if by.groups is not None:
        conditions.add(
            f"EXISTS (SELECT FROM group_members limits WHERE limits.client_id = {alias}.id"
            f" AND limits.group_id IN ({listed(by.groups)}))"
        )


def has_account(project_ids: frozenset[int], *, column: str = "c.id") -> str:
    """The condition that `column`, a client's id, has an account in one of the projects; NULL when it has not.

    A sub-select, as PostgreSQL would make a join of all of an EXISTS: a list is walked, and each of it is asked.
    """
    return (
        f"(SELECT true FROM client_projects limits WHERE limits.client_id = {column}"
        f" AND limits.project_id IN ({listed(project_ids)}) LIMIT 1)"
    )


def in_projects(column: str, *, by: Actor) -> str:
    """The condition that a column, which holds a project's id, is of one that `by` sees."""
    return "true" if by.projects is None else f"{column} IN ({listed(by.projects)})"


def visible_project(column: str, *, by: Actor) -> str:
    """A column that holds a project's id, in SQL: NULL where `by` does not see the project."""
    if by.projects is None:
        return column
    return f"CASE WHEN {column} IN ({listed(by.projects)}) THEN {column} END"


async def client(client_id: int, *, by: Actor, lock: bool = False) -> Record:
    """The client's row; `NotFound` when there is none or it is not for `by` to see."""
    return await _one("c.id", client_id, by=by, lock=lock)


async def client_by_code(code: int, *, by: Actor, lock: bool = False) -> Record:
    """The client's row by the code people use; `NotFound` like `client`.

    The code of a client that was merged leads to the one that stays.
    """
    return await _one("c.id", code, by=by, lock=lock, place=BY_CODE)


async def clients_by_code(codes: list[int], *, by: Actor, lock: bool = False) -> list[Record]:
    """Those of the codes that `by` may see, in the order of their codes."""
    policies.require(by, Permission.CLIENT_READ)
    conditions = Conditions()
    conditions.add(f"c.code = ANY({conditions.bind([code for code in codes if 0 < code < 2**63])}::bigint[])")
    limit_to_visible(conditions, by=by)
    suffix = " FOR UPDATE OF c" if lock else ""
    return await db.fetch(
        f"SELECT c.* FROM clients c WHERE {conditions.sql} ORDER BY c.code{suffix}", *conditions.arguments
    )


async def led_on(found: Sequence[Record], *, by: Actor) -> list[Record]:
    """The clients that these lead to, each once: those that were merged are replaced by the ones that stay."""
    if not found:
        return []
    conditions = Conditions()
    ids = conditions.bind([row["id"] for row in found])
    conditions.add(f"k.id = ANY({ids}::bigint[])")
    limit_to_visible(conditions, by=by, alias="c")
    leading = await db.fetch(
        f"""SELECT k.id AS asked, c.* FROM clients k JOIN clients c ON c.id = coalesce(k.merged_into_id, k.id)
            WHERE {conditions.sql}""",
        *conditions.arguments,
    )
    by_asked = {row["asked"]: row for row in leading}
    kept = [by_asked[row["id"]] for row in found if row["id"] in by_asked]
    return list({row["id"]: row for row in kept}.values())


def may_use_project(project_id: int, *, by: Actor) -> bool:
    """Whether `by` may put a client into this project."""
    return by.projects is None or project_id in by.projects


async def _one(column: str, value: Any, *, by: Actor, lock: bool, place: str = "{}") -> Record:
    policies.require(by, Permission.CLIENT_READ)
    conditions = Conditions()
    if not 0 < value < 2**63:
        raise NotFound()
    conditions.add(f"{column} = {place.format(conditions.bind(value))}")
    limit_to_visible(conditions, by=by)
    suffix = " FOR UPDATE OF c" if lock else ""
    found = await db.row(f"SELECT c.* FROM clients c WHERE {conditions.sql}{suffix}", *conditions.arguments)
    if found is None:
        raise NotFound()
    return found


def listed(ids: frozenset[int]) -> str:
    """Ids as they stand inside `IN (...)`, where the planner sees them; none match when there are none."""
    return ", ".join(f"{number:d}" for number in sorted(ids)) or "NULL"
