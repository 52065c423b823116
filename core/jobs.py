"""Work for after the commit: asked for by the transaction that wants it, done by the worker at least once.

    await jobs.later("invoice.mail", {"invoice": invoice.id})       # inside a scope

    @jobs.task("invoice.mail")
    async def mail_invoice(payload: dict[str, Any], job: jobs.Job) -> None:
        async with job.scope():                                      # one short transaction of the job's tenant
            ...
        await post(...)                                              # outside of it: nothing waits for a network

A task runs outside of any transaction and opens as many as it needs. It may run twice (a server that loses power
has not told anybody how far it came), so it says `job.key` to whom it calls, and writes what can be written twice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from piccolo import columns

from core import audit, clock, db, policies
from core.actor import Actor
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

ATTEMPTS = 8
TIMEOUT = timedelta(minutes=5)
LONGEST_ERROR = 500
SOLVED_KEPT = timedelta(days=30)

State = Literal["retrying", "dead", "solved"]


class JobFailure(db.Owned, tablename="job_failures"):
    """A job that failed at least once. `payload` is filled only while it is dead: it may hold a secret link."""

    job_key = columns.UUID()
    kind = columns.Text()
    payload = columns.JSONB()
    attempt = columns.Integer()
    error = columns.Text()
    first_failed_at = columns.Timestamptz()
    last_failed_at = columns.Timestamptz()
    state = columns.Text()


class Permanent(Exception):
    """Raised by a task: trying again cannot help. The job is dead at once."""


class NotNow(Exception):
    """Raised by a task: put the job back for `delay`. It has not failed, and this attempt does not count."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(f"not for another {delay}")
        self.delay = delay


class Lost(Exception):
    """The job is another worker's by now; what this one was about to write is not written."""


class UnknownKind(LookupError):
    """No task of this name is registered."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a task knows of its job. `attempt` counts from 1; `key` is the same at every attempt."""

    tenant_id: int
    id: int
    kind: str
    key: str
    attempt: int
    asked_at: datetime
    worker: UUID
    is_again: bool = False
    is_next: bool = False

    @asynccontextmanager
    async def scope(self) -> AsyncIterator[None]:
        """A transaction of the job's tenant; raises `Lost` when another worker has taken the job over.

        Until it ends nobody can take the job over, so that a worker that was stopped for minutes and wakes up
        cannot commit what another one has done meanwhile. Do not wait for a network inside.
        """
        async with db.as_tenant(self.tenant_id):
            if not await db.value("SELECT queue.hold($1, $2)", self.id, self.worker):
                raise Lost(self.kind)
            yield


Run = Callable[[dict[str, Any], Job], Awaitable[None]]


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs of one kind are done."""

    kind: str
    run: Run
    attempts: int
    timeout: timedelta


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A failed job as the staff see it, without its payload."""

    id: int
    kind: str
    attempt: int
    error: str
    first_failed_at: datetime
    last_failed_at: datetime
    state: State


TASKS: dict[str, Task] = {}


def task(kind: str, *, attempts: int = ATTEMPTS, timeout: timedelta = TIMEOUT) -> Callable[[Run], Run]:
    """Register the task for jobs of this kind, as a decorator. A kind has one task."""

    def register(run: Run) -> Run:
        if kind in TASKS:
            raise ValueError(f"there is a task for {kind!r} already")
        TASKS[kind] = Task(kind=kind, run=run, attempts=attempts, timeout=timeout)
        return run

    return register


async def later(
    kind: str, payload: dict[str, Any], *, delay: timedelta | None = None, key: str | None = None
) -> None:
    """Ask for a job in the scope's transaction: when that rolls back, there is no job. `payload` becomes JSON.

    The job belongs to the scope's tenant. With a `key`, a job of this kind and key that still waits is enough;
    it then runs after this transaction, and sees what it wrote.
    """
    if kind not in TASKS:
        raise UnknownKind(kind)
    await db.execute("SELECT queue.enqueue($1, $2, $3, $4, NULL)", kind, payload, delay, key)


async def at_once(kind: str, payload: dict[str, Any], *, key: str) -> None:
    """As `later`, and a job of this kind and key that waits for its time begins without waiting any more."""
    await later(kind, payload, key=key)
    await db.execute("SELECT queue.hasten($1, $2)", kind, key)


async def failures(
    *, states: tuple[State, ...] = ("retrying", "dead"), after: tuple[datetime, int] | None = None, limit: int = 50
) -> list[Failure]:
    """The tenant's failed jobs, the latest first; `after` is (last_failed_at, id) of the last one seen."""
    rows = await db.fetch(
        """SELECT id, kind, attempt, error, first_failed_at, last_failed_at, state FROM job_failures
            WHERE state = ANY($1) AND ($2::timestamptz IS NULL OR (last_failed_at, id) < ($2, $3))
            ORDER BY last_failed_at DESC, id DESC LIMIT $4""",
        list(states),
        *(after or (None, None)),
        limit,
    )
    return [Failure(**row) for row in rows]


async def retry(failure_id: int, *, by: Actor) -> None:
    """Begin a dead job anew, as the same job: what it was called by (`Job.key`) stays."""
    policies.require(by, Permission.SETTINGS_MANAGE)
    row = await db.row(
        "SELECT job_key, kind, payload, state FROM job_failures WHERE id = $1 FOR UPDATE", failure_id
    )
    if row is None:
        raise NotFound
    if row["state"] != "dead":
        raise Conflict(_("This is not waiting for you any more."))
    await db.execute("UPDATE job_failures SET state = 'retrying', payload = '{}' WHERE id = $1", failure_id)
    await db.execute("SELECT queue.enqueue($1, $2, NULL, NULL, $3)", row["kind"], row["payload"], row["job_key"])
    await audit.record(
        "job:retried", "job", failure_id, by=by, name=row["kind"], old={"state": "dead"}, new={"state": "retrying"}
    )


async def note_failure(job: Job, payload: dict[str, Any], error: Exception, *, is_dead: bool) -> None:
    """Keep what went wrong, for the staff. Called by the worker, inside the job's scope."""
    now = clock.now()
    await db.execute(
        """INSERT INTO job_failures
               (job_key, kind, payload, attempt, error, first_failed_at, last_failed_at, state)
           VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
           ON CONFLICT (tenant_id, job_key) DO UPDATE SET payload = excluded.payload, attempt = excluded.attempt,
               error = excluded.error, last_failed_at = excluded.last_failed_at, state = excluded.state""",
        UUID(job.key),
        job.kind,
        payload if is_dead else {},
        job.attempt,
        _told(error),
        now,
        "dead" if is_dead else "retrying",
    )


async def note_success(job: Job) -> None:
    """Mark what once went wrong as solved, and forget what was solved long ago. Called by the worker."""
    now = clock.now()
    await db.execute("UPDATE job_failures SET state = 'solved', payload = '{}' WHERE job_key = $1", UUID(job.key))
    await db.execute("DELETE FROM job_failures WHERE state = 'solved' AND last_failed_at < $1", now - SOLVED_KEPT)


def _told(error: Exception) -> str:
    text = " ".join(str(error).replace("\x00", "").encode(errors="replace").decode().split())
    return (text or type(error).__name__)[:LONGEST_ERROR]
