"""The clients of an account group, page by page, those who registered last first."""

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access, focus, groups
from core.accounts.focus import Focus
from core.actor import Actor
from core.filters import Conditions, Cursor, read_cursor
from core.permissions import Permission

PAGE = 50


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Clients, and the cursors of the pages around them ("" where there is none)."""

    members: list[Record]
    previous: str = ""
    next: str = ""


async def page(
    group_id: int, *, after: str = "", before: str = "", by: Actor, within: Focus | None = None
) -> Page:
    """One page of the clients inside a focus that `by` may see.

    Of each: id, code, login, name, added_at, added_by, and why he is a member: is_manual, is_by_rule.
    """
    policies.require(by, Permission.CLIENT_READ)
    await groups.get(group_id, by=by)
    conditions = Conditions()
    conditions.equals("m.group_id", group_id)
    access.limit_to_visible(conditions, by=by)
    focus.limit(conditions, within)
    is_back = bool(before) and not after
    cursor = read_cursor(before if is_back else after, int)
    if cursor is not None:
        conditions.add(f"m.client_id {'>' if is_back else '<'} {conditions.bind(cursor.id)}")
    found = await db.fetch(
        f"""SELECT c.id, c.code, c.login, c.name, m.added_at, m.added_by, m.is_manual, m.is_by_rule
            FROM group_members m JOIN clients c ON c.id = m.client_id WHERE {conditions.sql}
            ORDER BY m.client_id {"ASC" if is_back else "DESC"} LIMIT {PAGE + 1}""",
        *conditions.arguments,
    )
    has_more, members = len(found) > PAGE, found[:PAGE]
    if is_back:
        members.reverse()
    has_previous, has_next = (has_more, True) if is_back else (cursor is not None, has_more)
    return Page(
        members=members,
        previous=_cursor(members[0]) if members and has_previous else "",
        next=_cursor(members[-1]) if members and has_next else "",
    )


def _cursor(client: Record) -> str:
    return str(Cursor(0, client["id"]))
