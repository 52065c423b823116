"""Account groups: named sets of clients, filled by hand. Staff limited to groups knows of no others."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Integer, Text, Timestamptz

from core import audit, clock, db, policies, quotas
from core.accounts import access, cleared, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.filters import Conditions
from core.i18n import _, ngettext
from core.permissions import Permission


class AccountGroup(db.Owned, tablename="account_groups"):
    """A set of clients."""

    name = Text()
    description = Text()
    created_at = Timestamptz()
    version = Integer()


class NewGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group to be made."""

    name: str
    description: str = ""


class GroupChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


async def every(*, by: Actor) -> list[Record]:
    """The groups in the order of their names, with `members`: how many of his clients are in each."""
    policies.require(by, Permission.GROUP_READ)
    return await _read(by=by)


async def get(group_id: int, *, by: Actor) -> Record:
    """One group, with `members`."""
    policies.require(by, Permission.GROUP_READ)
    _require_visible(group_id, by=by)
    return (await _read(by=by, only=group_id))[0]


async def names(*, by: Actor) -> dict[int, str]:
    """The groups that `by` may see, for a choice: id to name, in alphabetical order."""
    policies.require(by, Permission.GROUP_READ)
    found = await db.fetch("SELECT id, name FROM account_groups ORDER BY name_folded, id")
    return {row["id"]: row["name"] for row in found if _is_visible(row["id"], by=by)}


async def groups_of(client_id: int, *, by: Actor) -> list[Record]:
    """The groups a client is in, with who put him there and when, and whether by hand, by rule or both."""
    policies.require(by, Permission.GROUP_READ)
    await access.client(client_id, by=by)
    found = await db.fetch(
        """SELECT g.id, g.name, m.added_at, m.added_by, m.is_manual, m.is_by_rule
           FROM group_members m JOIN account_groups g ON g.id = m.group_id
           WHERE m.client_id = $1 ORDER BY g.name_folded, g.id""",
        client_id,
    )
    return [row for row in found if _is_visible(row["id"], by=by)]


async def why_it_stays(group_id: int, *, by: Actor) -> str:
    """Why a group cannot be deleted now, "" when it can."""
    policies.require(by, Permission.GROUP_DELETE)
    _require_visible(group_id, by=by)
    return await _why_it_stays(group_id)


async def create(new: NewGroup, *, by: Actor) -> Record:
    """Make a group. Who is limited to groups cannot: he would not see it."""
    policies.require(by, Permission.GROUP_CREATE)
    if by.groups is not None:
        raise Forbidden(_("You are limited to certain groups, so you cannot add one."))
    values = await _checked(msgspec.to_builtins(new))
    await quotas.require_room("groups", "SELECT count(*) FROM account_groups", by=by)
    async with rows.free_name():
        group_id = await db.value(
            "INSERT INTO account_groups (name, description, created_at) VALUES ($1, $2, $3) RETURNING id",
            values["name"],
            values["description"],
            clock.now(),
        )
    await audit.record("group:created", "group", group_id, by=by, name=values["name"], new=values)
    return (await _read(by=by, only=group_id))[0]


async def update(group_id: int, changes: GroupChanges, *, version: int, by: Actor) -> Record:
    """Change a group; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.GROUP_UPDATE)
    _require_visible(group_id, by=by)
    row = await rows.locked("account_groups", group_id, version=version)
    values = await _checked(rows.given(changes), but=group_id)
    async with rows.free_name():
        is_changed = await rows.save("account_groups", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("group:updated", "group", group_id, by=by, name=name, old=old, new=values)
    return (await _read(by=by, only=group_id))[0]


async def delete(group_id: int, *, by: Actor) -> None:
    """Remove a group and its memberships; its clients stay.

    `Conflict` while a member of staff is limited to it: with the group his limit would go.
    """
    policies.require(by, Permission.GROUP_DELETE)
    _require_visible(group_id, by=by)
    row = await rows.locked("account_groups", group_id)
    if reason := await _why_it_stays(group_id):
        raise Conflict(reason)
    members = await db.value("SELECT count(*) FROM group_members WHERE group_id = $1", group_id)
    await db.execute("DELETE FROM account_groups WHERE id = $1", group_id)
    old = {"name": row["name"], "description": row["description"], "members": members}
    await audit.record("group:deleted", "group", group_id, by=by, name=row["name"], old=old)


async def add(group_id: int, client_ids: Sequence[int], *, by: Actor, is_told_each: bool = False) -> int:
    """Put clients into a group; returns how many were not in it by hand. Clients `by` may not see are
    left out, and those who were merged into another one or whose personal data was cleared.

    Who is in it by its rule stays from then on, whatever the rule says. The audit has one entry for all of them,
    or one for each.
    """
    group = await _group_to_assign(group_id, by=by)
    conditions = _among(client_ids, by=by)
    conditions.add("c.cleared_at IS NULL AND c.merged_into_id IS NULL")
    group_, at, name = conditions.bind(group_id), conditions.bind(clock.now()), conditions.bind(by.name)
    added = await db.fetch(
        f"""WITH chosen AS (SELECT c.id, c.code, c.registered_at FROM clients c
                        WHERE {conditions.sql} FOR KEY SHARE OF c),
            added AS (INSERT INTO group_members (group_id, client_id, added_at, added_by, registered_at)
                      SELECT {group_}::bigint, id, {at}::timestamptz, {name}::text, registered_at FROM chosen
                      ON CONFLICT (tenant_id, group_id, client_id) DO UPDATE SET is_manual = true,
                          added_at = EXCLUDED.added_at, added_by = EXCLUDED.added_by
                      WHERE NOT group_members.is_manual RETURNING client_id)
            SELECT chosen.id, chosen.code FROM chosen JOIN added ON added.client_id = chosen.id ORDER BY code""",
        *conditions.arguments,
    )
    await _tell(added, "group:clients_added", group, by=by, is_each=is_told_each)
    return len(added)


async def add_one(group_id: int, client: Mapping[str, Any], *, by: Actor) -> bool:
    """Put one client into a group; whether it was not in it by hand. `ReadOnly` when its data was cleared."""
    cleared.require_kept(client)
    return bool(await add(group_id, [client["id"]], by=by))


async def remove(group_id: int, client_ids: Sequence[int], *, by: Actor, is_told_each: bool = False) -> int:
    """Take out clients that were put in by hand; returns how many. The audit as with `add`.

    Who is in it by its rule as well stays by that alone; who is there by the rule only is left to it
    (`rule_changes.exclude`).
    """
    group = await _group_to_assign(group_id, by=by)
    conditions = _among(client_ids, by=by)
    removed = await db.fetch(
        f"""WITH chosen AS (SELECT c.id, c.code, m.is_by_rule
                            FROM group_members m JOIN clients c ON c.id = m.client_id
                            WHERE m.group_id = {group_id:d} AND m.is_manual AND {conditions.sql} FOR UPDATE OF m),
            removed AS (DELETE FROM group_members m USING chosen
                        WHERE m.group_id = {group_id:d} AND m.client_id = chosen.id AND NOT chosen.is_by_rule),
            kept AS (UPDATE group_members m SET is_manual = false, added_by = '' FROM chosen
                     WHERE m.group_id = {group_id:d} AND m.client_id = chosen.id AND chosen.is_by_rule)
            SELECT id, code FROM chosen ORDER BY code""",
        *conditions.arguments,
    )
    await _tell(removed, "group:clients_removed", group, by=by, is_each=is_told_each)
    return len(removed)


async def left_to_rule(group_id: int, client_ids: Sequence[int], *, by: Actor) -> int:
    """How many of these clients are in the group by its rule alone."""
    await get(group_id, by=by)
    conditions = _among(client_ids, by=by)
    return int(
        await db.value(
            f"""SELECT count(*) FROM group_members m JOIN clients c ON c.id = m.client_id
                 WHERE m.group_id = {group_id:d} AND NOT m.is_manual AND {conditions.sql}""",
            *conditions.arguments,
        )
    )


async def _why_it_stays(group_id: int) -> str:
    limited = await db.value("SELECT count(*) FROM staff_groups WHERE group_id = $1", group_id)
    if not limited:
        return ""
    message = ngettext(
        "%(count)s member of staff is limited to this group. Change that first.",
        "%(count)s members of staff are limited to this group. Change that first.",
        limited,
    )
    return message % {"count": limited}


async def _read(*, by: Actor, only: int | None = None) -> list[Record]:
    conditions = Conditions()
    access.limit_to_visible(conditions, by=by)
    is_limited = by.projects is not None or by.groups is not None
    members = f"JOIN clients c ON c.id = m.client_id AND {conditions.sql}" if is_limited else ""
    found = await db.fetch(
        f"""SELECT g.id, g.name, g.description, g.created_at, g.version,
                   EXISTS (SELECT FROM group_rules r WHERE r.group_id = g.id) AS has_rule,
                   (SELECT count(*) FROM group_members m {members} WHERE m.group_id = g.id) AS members
            FROM account_groups g WHERE $1::bigint IS NULL OR g.id = $1 ORDER BY g.name_folded, g.id""",
        only,
    )
    visible = [row for row in found if _is_visible(row["id"], by=by)]
    if only is not None and not visible:
        raise NotFound()
    return visible


async def _checked(values: dict[str, Any], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=100)
        await rows.check_name_is_free(checks, "account_groups", values["name"], but=but)
    if "description" in values:
        values["description"] = checks.text(
            "description", values["description"], longest=1000, required=False, lines=True
        )
    checks.done()
    return values


async def _group_to_assign(group_id: int, *, by: Actor) -> Record:
    policies.require(by, Permission.GROUP_ASSIGN)
    policies.require(by, Permission.CLIENT_READ)
    _require_visible(group_id, by=by)
    group = await db.row("SELECT id, name FROM account_groups WHERE id = $1 FOR KEY SHARE", group_id)
    if group is None:
        raise NotFound()
    return group


def _among(client_ids: Sequence[int], *, by: Actor) -> Conditions:
    conditions = Conditions()
    ids = conditions.bind([number for number in client_ids if rows.is_id(number)])
    conditions.add(f"c.id = ANY({ids}::bigint[])")
    access.limit_to_visible(conditions, by=by)
    return conditions


async def _tell(
    clients: Sequence[Record], action: str, group: Record, *, by: Actor, is_each: bool = False
) -> None:
    """One entry with the codes of all, shown on a client's own page when he was the only one; or one each."""
    side = "new" if action == "group:clients_added" else "old"
    told = [(client["id"], [client["code"]]) for client in clients]
    if clients and not is_each:
        told = [(clients[0]["id"] if len(clients) == 1 else None, [client["code"] for client in clients])]
    await audit.record_each(
        action,
        "group",
        [
            audit.Subject(id=group["id"], name=group["name"], client_id=only, **{side: {"clients": codes}})
            for only, codes in told
        ],
        by=by,
    )


def _is_visible(group_id: int, *, by: Actor) -> bool:
    return rows.is_id(group_id) and (by.groups is None or group_id in by.groups)


def _require_visible(group_id: int, *, by: Actor) -> None:
    if not _is_visible(group_id, by=by):
        raise NotFound()
