"""Lists as files: clients with their filter and columns, account groups, and activity.

Who exports what is in the audit before the first row is read. The rows are read by a cursor in a transaction of
its own, some thousands at a time, and written to a temporary file, so that neither the size of the list nor a slow
reader costs memory or holds the database.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import IO, Any

import msgspec

from core import audit, db, policies, sheets
from core.accounts import activity_seen, client_choice, client_fields, client_list, groups
from core.accounts.client_choice import Choice
from core.actor import Actor
from core.errors import Forbidden, Invalid, Unavailable
from core.i18n import N_, _
from core.permissions import Permission
from core.sheets import Format

AT_ONCE = 4000
"""Rows that are in memory."""
MOST = 2
"""Files that one process writes at the same time."""
PATIENCE = 20.0
"""Seconds that one more waits for its turn."""

NOUNS = {"clients": N_("Clients"), "groups": N_("Account groups"), "activity": N_("Activity")}

OWN_COLUMNS = {"external_id": "c.external_id", "note": "c.note"}
"""What a file of clients can have besides the columns of the list."""

USUAL = (
    "code",
    "external_id",
    "login",
    "name",
    "kind",
    "contact",
    "email",
    "phone",
    "country",
    "language",
    "status",
)

_ACTIONS = {"activity": "activity:exported", "groups": "group:exported"}

_turns = asyncio.Semaphore(MOST)


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: a head, and the query that gives the rows in the same order."""

    noun: str
    columns: tuple[str, ...]
    sql: str
    arguments: tuple[Any, ...]
    format: Format


async def client_columns(*, by: Actor) -> tuple[str, ...]:
    """The columns of clients that `by` can have in a file, in their usual order; `field:<key>` of own fields."""
    fields = await client_fields.in_use()
    offered = (*client_list.offered_columns(by=by, fields=fields), *OWN_COLUMNS)
    return (*(key for key in USUAL if key in offered), *(key for key in offered if key not in USUAL))


async def of_clients(choice: Choice, columns: Sequence[str], form: Format, *, by: Actor) -> Export:
    """A file of the clients of the choice, in the order of their codes. Notes it in the audit.

    Columns of what the edition lacks are refused (`NotInEdition`), unknown ones are `Invalid`.
    """
    policies.require(by, Permission.CLIENT_EXPORT)
    fields = await client_fields.in_use()
    own = {client_list.column_of(field) for field in fields}
    chosen = tuple(dict.fromkeys(columns)) or tuple(key for key in USUAL)
    known = own | client_list.COLUMNS.keys() | OWN_COLUMNS.keys()
    if unknown := [key for key in chosen if key not in known]:
        raise Invalid({"columns": _("There is no such column: %(name)s") % {"name": unknown[0][:60]}})
    listed = client_list.selected(tuple(key for key in chosen if key not in OWN_COLUMNS), fields, by=by)
    source = await client_choice.source(choice, by=by)
    inner = ", ".join([listed, *(f"{OWN_COLUMNS[key]} AS {key}" for key in chosen if key in OWN_COLUMNS)])
    sql = f"""SELECT {", ".join(_shown(key) for key in chosen)}
              FROM (SELECT {inner} FROM {source.tables} WHERE {source.conditions.sql}) e
              LEFT JOIN attitudes ea ON {"ea.id = e.attitude" if "attitude" in chosen else "false"}
              LEFT JOIN projects ep ON {"ep.id = e.project" if "project" in chosen else "false"}
              ORDER BY e.code"""
    told = {"columns": list(chosen), "format": form, "filter": _told(choice)}
    await audit.record("client:exported", "export", None, by=by, name=_name("clients"), new=told)
    arguments = tuple(source.conditions.arguments)
    return Export(noun="clients", columns=chosen, sql=sql, arguments=arguments, format=form)


async def of_groups(form: Format, *, by: Actor) -> Export:
    """A file of the account groups, with how many clients of his are in each."""
    policies.require(by, Permission.CLIENT_EXPORT)
    visible = [row["id"] for row in await groups.every(by=by)]
    count = "(SELECT count(*) FROM group_members m WHERE m.group_id = g.id)" if by.projects is None else "NULL"
    sql = f"""SELECT g.id, g.name, g.description, {count}, g.created_at FROM account_groups g
              WHERE g.id = ANY($1::bigint[]) ORDER BY g.name_folded, g.id"""
    await _tell("groups", form, by=by)
    columns = ("id", "name", "description", "clients", "created_at")
    return Export(noun="groups", columns=columns, sql=sql, arguments=(visible,), format=form)


async def of_activity(form: Format, *, by: Actor) -> Export:
    """A file of all activity, the newest first, without what tickets are about that `by` may not read."""
    policies.require(by, Permission.ACTIVITY_READ)
    policies.require(by, Permission.CLIENT_EXPORT)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("You are limited to certain clients, so you cannot export the activity of all."))
    unseen = activity_seen.unseen(by=by) or "false"
    sql = f"""SELECT a.at, a.action, a.actor_kind, a.actor_name, a.subject_kind,
                     CASE WHEN {unseen} THEN '' ELSE a.subject_name END,
                     CASE WHEN {unseen} THEN '{{}}' ELSE a.changes::text END, a.address
              FROM audit_entries a ORDER BY a.at DESC, a.id DESC"""
    await _tell("activity", form, by=by)
    columns = ("at", "action", "actor_kind", "actor_name", "subject_kind", "subject_name", "changes", "address")
    return Export(noun="activity", columns=columns, sql=sql, arguments=(), format=form)


async def written(export: Export, tenant_id: int) -> IO[bytes]:
    """The file, at its beginning. Opens a scope of its own, so call it outside of any. `Unavailable` when busy."""
    try:
        async with asyncio.timeout(PATIENCE):
            await _turns.acquire()
    except TimeoutError as error:
        raise Unavailable(_("Many exports are being written. Please try again in a moment.")) from error
    try:
        writer = await asyncio.to_thread(sheets.writer, export.format)
        await asyncio.to_thread(writer.rows, [export.columns])
        async with db.as_tenant(tenant_id):
            async for rows in db.stream(export.sql, *export.arguments, size=AT_ONCE):
                await asyncio.to_thread(writer.rows, rows)
        return await asyncio.to_thread(writer.end)
    finally:
        _turns.release()


async def chunks(file: IO[bytes], size: int = 256 * 1024) -> AsyncIterator[bytes]:
    """The bytes of the file, which is closed and gone at the end."""
    with file:
        while part := await asyncio.to_thread(file.read, size):
            yield part


async def _tell(noun: str, form: Format, *, by: Actor) -> None:
    await audit.record(_ACTIONS[noun], "export", None, by=by, name=_name(noun), new={"format": form})


def _name(noun: str) -> str:
    return _(NOUNS[noun])


def _shown(key: str) -> str:
    """A column as the file has it: names in place of ids."""
    return {"attitude": "ea.name", "project": "ep.name"}.get(key, f'e."{key}"')


def _told(choice: Choice) -> dict[str, Any]:
    if choice.filter is not None:
        return dict(msgspec.to_builtins(choice.filter))
    return {"codes": list(choice.codes[:200])}
