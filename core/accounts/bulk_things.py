"""What a change of many clients can set: account groups, attitudes and projects, by their ids."""

from typing import Any

from core import db
from core.accounts import attitudes, client_projects, groups
from core.actor import Actor

TABLES = {"group": "account_groups", "attitude": "attitudes", "project": "projects"}


async def is_there(kind: str, number: int, *, by: Actor) -> bool:
    """Whether there is such a group, attitude or project, for `by` to use."""
    if not 0 < number < 2**63:
        return False
    if kind == "group":
        return number in await groups.names(by=by)
    if kind == "attitude":
        return await attitudes.exists(number)
    return await client_projects.may_be_opened(number, by=by)


async def names(kind: str) -> dict[Any, str]:
    """All of a kind: id to name; nothing of a kind that has no table."""
    if kind not in TABLES:
        return {}
    return {row["id"]: row["name"] for row in await db.fetch(f"SELECT id, name FROM {TABLES[kind]}")}


async def name_of(kind: str, number: int) -> str:
    """The name of one of them, "" when it is gone."""
    return str(await db.value(f"SELECT name FROM {TABLES[kind]} WHERE id = $1", number) or "")
