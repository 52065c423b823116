"""Tasks: work on many rows that takes a while, with progress, a result per row, cancelling and going on.

    @tasks.kind("clients.close", N_("Close clients"))
    async def close_some(task: tasks.Task, by: Actor) -> tasks.Chunk:      # one short transaction of its own
        ...
        return tasks.Chunk(results=[...], position={"after": last_id}, is_last=len(found) < 500)

    task_id = await tasks.start("clients.close", title, total=count, payload={...}, by=by)

What a chunk does, its results and the position it leaves are written in one transaction: whatever kills the
worker, each row is done once. Who began the task is looked up anew for every chunk, so that a right that was
withdrawn ends it. `core/task_runs.py` carries tasks out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from piccolo import columns

from core import audit, clock, db, jobs, policies
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.filters import Conditions, Cursor, read_cursor
from core.i18n import _
from core.permissions import Permission
from core.task_kinds import KINDS, OUTCOMES, Chunk, Outcome, Result, State, Task, kind

MOST_OPEN = 20
"""Tasks of one provider that wait or run at the same time."""
MOST_FOR_LATER = 100
"""Tasks of one provider whose moment is still to come; they stand in nobody's way."""
PAGE = 50
LONGEST_TITLE = 200
LONGEST_REASON = 500
KEPT = timedelta(days=90)
JOB = "task"

__all__ = [
    "KINDS", "OUTCOMES", "Chunk", "Outcome", "Page", "Result", "State", "Task", "cancel", "get", "kind", "page",
    "results", "resume", "start",
]  # fmt: skip


class TaskRow(db.Owned, tablename="tasks"):
    """A task. `position` is how far its kind has come, `outcome` what it leaves behind, such as a file's id."""

    kind = columns.Text()
    title = columns.Text()
    payload = columns.JSONB()
    position = columns.JSONB()
    outcome = columns.JSONB()
    state = columns.Text()
    reason = columns.Text()
    total = columns.BigInt()
    done = columns.BigInt()
    skipped = columns.BigInt()
    failed = columns.BigInt()
    is_cancel_asked = columns.Boolean()
    actor_kind = columns.Text()
    actor_name = columns.Text()
    person_id = columns.BigInt(null=True)
    api_key_id = columns.BigInt(null=True)
    locale = columns.Text()
    address = columns.Text()
    request_id = columns.Text()
    created_at = columns.Timestamptz()
    started_at = columns.Timestamptz(null=True)
    touched_at = columns.Timestamptz()
    due_at = columns.Timestamptz(null=True)
    ended_at = columns.Timestamptz(null=True)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, and the cursors of the pages around them ("" where there is none)."""

    rows: list[Any]
    previous: str = ""
    next: str = ""


async def start(
    name: str,
    title: str,
    *,
    total: int,
    by: Actor,
    payload: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> int:
    """Begin a task for `by`; returns its id. It runs after this transaction, or `at` a moment to come. Its kind
    has asked for the right.

    `total` is how many rows it is about, counted before. `Conflict` while too many of the provider's are open, or
    too many wait for a moment to come.
    """
    if name not in KINDS:
        raise jobs.UnknownKind(name)
    now = clock.now()
    await _require_room(at, now)
    task_id = int(
        await db.value(
            """INSERT INTO tasks (kind, title, payload, total, actor_kind, actor_name, person_id, api_key_id,
                   locale, address, request_id, created_at, touched_at, due_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id""",
            name,
            title[:LONGEST_TITLE],
            dict(payload or {}),
            total,
            by.kind,
            by.name,
            by.person_id,
            by.api_key_id,
            by.locale,
            by.address,
            by.request_id,
            now,
            at or now,
            at,
        )
    )
    await audit.record("task:started", "task", task_id, by=by, name=title[:LONGEST_TITLE], new={"total": total})
    await _ask(task_id, at, now)
    return task_id


async def get(task_id: int, *, by: Actor) -> Task:
    """One task; `NotFound` when there is none or it is not for `by` to see."""
    policies.require(by, Permission.TASK_READ)
    conditions = _visible(by=by)
    if not 0 < task_id < 2**63:
        raise NotFound()
    conditions.equals("t.id", task_id)
    row = await db.row(f"SELECT t.* FROM tasks t WHERE {conditions.sql}", *conditions.arguments)
    if row is None:
        raise NotFound()
    return of(row)


async def read(task_id: int) -> Task:
    """One task that the caller has just begun, whatever he may see."""
    row = await db.row("SELECT * FROM tasks WHERE id = $1", task_id)
    if row is None:
        raise NotFound()
    return of(row)


async def page(*, after: str = "", before: str = "", by: Actor) -> Page:
    """One page of the tasks that `by` may see, the newest first."""
    policies.require(by, Permission.TASK_READ)
    conditions = _visible(by=by)
    is_back = bool(before) and not after
    if (cursor := read_cursor(before if is_back else after, int)) is not None:
        conditions.add(f"t.id {'>' if is_back else '<'} {conditions.bind(cursor.id)}")
    found = await db.fetch(
        f"""SELECT t.* FROM tasks t WHERE {conditions.sql} ORDER BY t.id {"ASC" if is_back else "DESC"}
            LIMIT {PAGE + 1}""",
        *conditions.arguments,
    )
    return paged([of(row) for row in found], lambda task: task.id, is_back=is_back, is_first=cursor is None)


async def results(
    task: Task, *, outcome: Outcome | None = None, after: str = "", before: str = "", by: Actor, size: int = PAGE
) -> Page:
    """One page of what became of the rows, in the order they were handled. `task` is one that `get` gave."""
    conditions = Conditions()
    conditions.equals("r.task_id", task.id)
    conditions.equals("r.outcome", outcome)
    if by.projects is not None or by.groups is not None:
        conditions.add(f"(r.subject_kind <> 'client' OR {_is_visible_client(by=by)})")
    is_back = bool(before) and not after
    if (cursor := read_cursor(before if is_back else after, int)) is not None:
        conditions.add(f"r.number {'<' if is_back else '>'} {conditions.bind(cursor.id)}")
    found = await db.fetch(
        f"""SELECT r.number, r.subject_kind, r.subject_id, r.code, r.name, r.outcome, r.reason FROM task_results r
            WHERE {conditions.sql} ORDER BY r.number {"DESC" if is_back else "ASC"} LIMIT {size + 1:d}""",
        *conditions.arguments,
    )
    return paged(found, lambda row: row["number"], is_back=is_back, is_first=cursor is None, size=size)


async def cancel(task_id: int, *, by: Actor) -> Task:
    """Ask a task to stop. What is done stays done; it ends before its next chunk."""
    task = await get(task_id, by=by)
    if not task.is_open:
        raise Conflict(_("This task has ended."))
    if task.is_cancel_asked:
        return task
    await db.execute("UPDATE tasks SET is_cancel_asked = true WHERE id = $1 AND ended_at IS NULL", task_id)
    await audit.record("task:cancelled", "task", task_id, by=by, name=task.title)
    if task.state == "waiting":
        await jobs.later(JOB, {"id": task_id})
    return await get(task_id, by=by)


async def resume(task_id: int, *, by: Actor) -> Task:
    """Let a task that failed, or of which nothing is heard, go on where it stopped, as who began it; and one that
    was stopped, when its kind can pause. One that was for a moment to come still waits for it."""
    task = await get(task_id, by=by)
    if not task.may_go_on:
        raise Conflict(_("Only a task that failed can go on."))
    now = clock.now()
    if not task.is_open:
        await _require_room(task.due_at, now)
    await db.execute(
        """UPDATE tasks SET state = 'waiting', reason = '', ended_at = NULL, touched_at = greatest(due_at, $2),
               is_cancel_asked = false WHERE id = $1""",
        task_id,
        now,
    )
    await audit.record("task:resumed", "task", task_id, by=by, name=task.title)
    await _ask(task_id, task.due_at, now)
    return await get(task_id, by=by)


async def purge(now: datetime) -> None:
    """Forget the tasks of this tenant that ended long ago, and their results."""
    await db.execute("DELETE FROM tasks WHERE ended_at < $1", now - KEPT)


async def _require_room(at: datetime | None, now: datetime) -> None:
    """Refuse one more task that begins `at` a moment, None for at once."""
    is_for_later = at is not None and at > now
    sql = "SELECT count(*) FROM tasks WHERE ended_at IS NULL AND coalesce(due_at > $1, false) = $2"
    if await db.value(sql, now, is_for_later) < (MOST_FOR_LATER if is_for_later else MOST_OPEN):
        return
    if is_for_later:
        raise Conflict(_("Many tasks wait for a later moment already. Cancel one of them, or wait for it."))
    raise Conflict(_("Many tasks are at work already. Wait for one of them to end."))


async def _ask(task_id: int, at: datetime | None, now: datetime) -> None:
    """A job that carries it out: at once, or when its moment has come."""
    await jobs.later(JOB, {"id": task_id}, delay=at - now if at is not None and at > now else None)


def of(row: Record) -> Task:
    """The task in its row."""
    return Task(**{field: row[field] for field in Task.__struct_fields__})


def _visible(*, by: Actor) -> Conditions:
    """One's own; those of others for whoever keeps tasks and sees all clients."""
    conditions = Conditions()
    is_keeper = policies.allows(by, Permission.TASK_MANAGE) and by.projects is None and by.groups is None
    if not is_keeper:
        conditions.add(f"t.person_id = {by.person_id:d}" if by.person_id is not None else "false")
    return conditions


def _is_visible_client(*, by: Actor) -> str:
    limits = ["c.id = r.subject_id"]
    if by.projects is not None:
        limits.append(
            f"EXISTS (SELECT FROM client_projects a WHERE a.client_id = c.id"
            f" AND a.project_id = ANY('{{{_listed(by.projects)}}}'::bigint[]))"
        )
    if by.groups is not None:
        limits.append(
            f"EXISTS (SELECT FROM group_members m WHERE m.client_id = c.id"
            f" AND m.group_id = ANY('{{{_listed(by.groups)}}}'::bigint[]))"
        )
    return f"EXISTS (SELECT FROM clients c WHERE {' AND '.join(limits)})"


def _listed(ids: frozenset[int]) -> str:
    return ",".join(f"{number:d}" for number in sorted(ids))


def paged(
    found: list[Any], id_of: Callable[[Any], int], *, is_back: bool, is_first: bool, size: int = PAGE
) -> Page:
    """A page of what was found: `size` rows and, when there are more, one besides."""
    has_more, rows = len(found) > size, found[:size]
    if is_back:
        rows.reverse()
    has_previous, has_next = (has_more, True) if is_back else (not is_first, has_more)
    return Page(
        rows=rows,
        previous=str(Cursor(0, id_of(rows[0]))) if rows and has_previous else "",
        next=str(Cursor(0, id_of(rows[-1]))) if rows and has_next else "",
    )
