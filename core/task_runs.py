"""Carrying tasks out: chunk by chunk, each in a transaction of its own, as the person who began the task.

A job works for a minute and then asks for another one, so that nobody's long task keeps the others' jobs waiting.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from core import audit, clock, db, i18n, jobs, tasks
from core.accounts import api_keys, standing
from core.actor import Actor, Tenant, system
from core.errors import Invalid, Refusal
from core.i18n import _
from core.tasks import Chunk, State, Task

SECONDS = 60.0
"""How long one job works on a task."""
ATTEMPTS = 6

Provider = Callable[[], Awaitable[Tenant]]
Scope = Callable[[], AbstractAsyncContextManager[object]]
_provider: list[Provider] = []

log = structlog.get_logger(__name__)


class Withdrawn(Refusal):
    """Who began the task may not do anything here any more."""


def read_provider_with(read: Provider) -> None:
    """Tell how the provider in scope is read; `tenants` knows, and stands above."""
    _provider[:] = [read]


async def provider() -> Tenant:
    """The provider in scope, for a job that nobody in particular began."""
    return await _provider[0]()


@jobs.task(tasks.JOB, attempts=ATTEMPTS, timeout=timedelta(minutes=15))
async def run(payload: dict[str, Any], job: jobs.Job) -> None:
    """Work on a task until it has ended, or for a minute; one that is for later, not before its moment."""
    task_id, until = int(payload["id"]), time.monotonic() + SECONDS
    try:
        has_more = True
        while has_more:
            has_more = await _advance(task_id, job.scope, is_last_turn=time.monotonic() > until)
    except (jobs.Lost, jobs.NotNow):
        raise
    except Refusal as refusal:
        await _stop(task_id, job, _reason(refusal))
    except Exception as error:
        if job.attempt >= ATTEMPTS or isinstance(error, jobs.Permanent):
            log.exception("task failed", task_id=task_id, tenant_id=job.tenant_id)
            await _stop(task_id, job, None)
            return
        raise


async def carry_out(task_id: int, tenant_id: int, *, tell: Callable[[Task], None]) -> Task:
    """Work on a task here and now until it has ended, and return it; `tell` hears of it after each chunk.

    For a command in a terminal. A worker that takes it up as well does other chunks of it, and none twice. What
    goes wrong is raised; what is done stays done, and the task goes on in a worker.
    """
    has_more = True
    while has_more:
        has_more = await _advance(task_id, lambda: db.as_tenant(tenant_id))
        async with db.as_tenant(tenant_id):
            task = await tasks.read(task_id)
        tell(task)
    return task


async def _advance(task_id: int, scope: Scope, *, is_last_turn: bool = False) -> bool:
    """One chunk; whether there is more to do."""
    async with scope():
        row = await db.row("SELECT * FROM tasks WHERE id = $1 FOR NO KEY UPDATE", task_id)
        if row is None or row["ended_at"] is not None:
            return False
        task = tasks.of(row)
        with i18n.speaking(task.locale):
            if task.is_cancel_asked:
                await _end(task, "cancelled")
                return False
            if task.due_at is not None and (wait := task.due_at - clock.now()) > timedelta():
                raise jobs.NotNow(wait)
            if is_last_turn:
                await jobs.later(tasks.JOB, {"id": task_id})
                return False
            by = await starter(task)
            chunk = await tasks.KINDS[task.kind].step(task, by)
            await _note(task, chunk)
            if chunk.is_last:
                await _end(task, "done")
            return not chunk.is_last


async def starter(task: Task) -> Actor:
    """Who began the task, with the rights of now; `Withdrawn` when there are none left. In the task's scope."""
    tenant = await provider()
    more: dict[str, Any] = {"address": task.address, "request_id": task.request_id}
    if task.actor_kind == "system":
        return system(tenant)
    found: Actor | None = None
    if task.api_key_id is not None:
        found = await api_keys.actor_by_id(task.api_key_id, tenant, **more)
    elif task.person_id is not None and (mine := await standing.find(task.person_id)) is not None:
        kind = mine.kind(tenant)
        found = mine.actor(kind, tenant, **more) if kind else None
    if found is None:
        raise Withdrawn(_("Who began this has no rights here any more."))
    return found


async def _note(task: Task, chunk: Chunk) -> None:
    """Keep the results of a chunk, and where the next one goes on."""
    first = task.handled
    if chunk.results:
        await db.execute(
            """INSERT INTO task_results (task_id, number, subject_kind, subject_id, code, name, outcome, reason)
               SELECT $1, r.number, r.kind, r.id, r.code, r.name, r.outcome, left(r.reason, $3)
               FROM jsonb_to_recordset($2) AS r (number bigint, kind text, id bigint, code bigint, name text,
                    outcome text, reason text)""",
            task.id,
            [
                {"number": number} | msgspec.structs.asdict(it)
                for number, it in enumerate(chunk.results, first + 1)
            ],
            tasks.LONGEST_REASON,
        )
    counts = {name: sum(it.outcome == name for it in chunk.results) for name in tasks.OUTCOMES}
    now = clock.now()
    await db.execute(
        """UPDATE tasks SET state = 'running', started_at = coalesce(started_at, $2), touched_at = $2,
               done = done + $3, skipped = skipped + $4, failed = failed + $5, position = $6,
               outcome = outcome || $7, total = coalesce($8, total) WHERE id = $1""",
        task.id,
        now,
        counts["done"] + chunk.done,
        counts["skipped"] + chunk.skipped,
        counts["failed"],
        chunk.position,
        chunk.outcome,
        chunk.total,
    )


async def _stop(task_id: int, job: jobs.Job, reason: str | None) -> None:
    """End the task as failed; what was done stays done."""
    async with job.scope():
        row = await db.row("SELECT * FROM tasks WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", task_id)
        if row is not None:
            task = tasks.of(row)
            with i18n.speaking(task.locale):
                told = reason if reason is not None else _("Something went wrong on our side. It can go on later.")
                await _end(task, "failed", told)


async def _end(task: Task, state: State, reason: str = "") -> None:
    now = clock.now()
    row = await db.row(
        """UPDATE tasks SET state = $2, reason = $3, ended_at = $4, touched_at = $4 WHERE id = $1 RETURNING *""",
        task.id,
        state,
        reason[: tasks.LONGEST_REASON],
        now,
    )
    assert row is not None
    by = system(await provider())
    told = {"state": state, "done": row["done"], "skipped": row["skipped"], "failed": row["failed"]}
    await audit.record("task:ended", "task", task.id, by=by, name=task.title, new=told)


def _reason(refusal: Refusal) -> str:
    return next(iter(refusal.errors.values())) if isinstance(refusal, Invalid) else refusal.message
