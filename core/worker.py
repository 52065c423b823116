"""The running of jobs: pgqueuer's loop around our tasks, and what becomes of a job that fails.

The queue is reached as a role that sees nothing else; a task's own work goes through `core.db` as the application.
A job is in the queue until it is done: a worker that dies is noticed by the missing heartbeat, and another one
takes its jobs over. What a worker says about a job that is no longer its own is not heard.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain import models
from pgqueuer.domain.errors import FailingListenerError, RetryRequested

from core import job_queue, jobs
from core.actor import PLATFORM
from core.scope import NoScope, NotCommitted
from core.settings import Settings

TROUBLE = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    FailingListenerError,
)

LOOK_AGAIN = timedelta(seconds=1)
MOST_TAKEOVERS = 3
"""How often a job may lose its worker, on top of its attempts, before it is given up."""

log = structlog.get_logger(__name__)


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """The times of a worker, in seconds. Retries wait `delays`, the last of them from then on."""

    delays: tuple[float, ...] = (1, 5, 30, 120, 600, 3600, 21600)
    poll: float = 5
    silence: float = 30
    set_aside: float = 60
    grace: float = 25
    reconnect: float = 2
    tidy: float = 60


IsActive = Callable[[int], Awaitable[bool]]


async def everyone(tenant_id: int) -> bool:
    """Nobody is suspended."""
    return True


async def work(
    settings: Settings,
    *,
    stop: asyncio.Event,
    concurrency: int = 8,
    is_active: IsActive = everyone,
    rhythm: Rhythm = Rhythm(),  # noqa: B008 (frozen)
) -> None:
    """Do jobs until `stop` is set; begun ones then have `rhythm.grace` seconds before they are put back.

    Needs `db.start(settings)` to have been called, and every module with tasks to be imported.
    `settings.database_worker_url` leads to the server itself, not through a transaction pooler.
    `is_active(tenant_id)` is asked before each job, outside of a scope; jobs of a suspended tenant wait.
    """
    job_queue.tell_structlog()
    while not stop.is_set():
        try:
            await _Bench(settings, concurrency, is_active, rhythm).work(stop)
        except TROUBLE as error:
            log.warning("worker without a queue", error=type(error).__name__, reason=str(error))
        if not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _about(rhythm.reconnect))


def delay_after(attempt: int, delays: Sequence[float]) -> timedelta:
    """How long to wait after the failure of this attempt (from 1): growing, and never quite the same."""
    return timedelta(seconds=_about(delays[min(attempt, len(delays)) - 1]))


class _Bench:
    """One connection's worth of work."""

    def __init__(self, settings: Settings, concurrency: int, is_active: IsActive, rhythm: Rhythm) -> None:
        self.url = settings.database_worker_url
        self.concurrency = max(concurrency, 2)
        self.is_active = is_active
        self.rhythm = rhythm
        self.is_closing = False
        self.running: set[asyncio.Timeout] = set()

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop` or until the connection is lost."""
        connection = await asyncpg.connect(
            self.url, timeout=10, command_timeout=60, server_settings={"application_name": "comptoir worker"}
        )
        queue = job_queue.queries(connection)
        manager = QueueManager(queue, channel=job_queue.NAMES.channel)
        connection.add_termination_listener(lambda _connection: manager.shutdown.set())
        for task in jobs.TASKS.values():
            manager.entrypoint(task.kind, on_failure="hold", accepts_context=False)(
                partial(self._carry_out, queue, task)
            )
        helpers = [asyncio.create_task(self._close(stop, manager)), asyncio.create_task(self._tidy(queue))]
        try:
            await manager.run(
                dequeue_timeout=timedelta(seconds=self.rhythm.poll),
                batch_size=self.concurrency // 2,
                max_concurrent_tasks=self.concurrency,
                shutdown_on_listener_failure=True,
                heartbeat_timeout=timedelta(seconds=self.rhythm.silence),
                log_aggregation_interval=timedelta(0),
            )
        finally:
            for helper in helpers:
                helper.cancel()
            connection.terminate()

    async def _carry_out(self, queue: job_queue.Fenced, task: jobs.Task, row: models.Job) -> None:
        job, payload = _read(row)
        try:
            if job.attempt > task.attempts + MOST_TAKEOVERS:
                raise jobs.Permanent("given up: the worker went down each time it did this")
            if job.is_next and await queue.has_one_before(job.id):
                raise jobs.NotNow(LOOK_AGAIN)
            await self._run(task, payload, job)
            if job.attempt > 1 or job.is_again:
                async with job.scope():
                    await jobs.note_success(job)
        except jobs.Lost:
            log.warning("job lost", kind=job.kind, tenant_id=job.tenant_id, job_id=job.id)
        except jobs.NotNow as wait:
            await queue.forgive(job.id, job.worker)
            raise RetryRequested(wait.delay) from None
        except Exception as error:
            await self._failed(task, payload, job, error)

    async def _run(self, task: jobs.Task, payload: dict[str, Any], job: jobs.Job) -> None:
        if job.tenant_id != PLATFORM and not await self.is_active(job.tenant_id):
            raise jobs.NotNow(timedelta(seconds=self.rhythm.set_aside))
        limit = asyncio.timeout(task.timeout.total_seconds())
        try:
            async with limit:
                self.running.add(limit)
                await task.run(payload, job)
        except TimeoutError as error:
            if self.is_closing:
                raise jobs.NotNow(timedelta(0)) from error
            raise
        finally:
            self.running.discard(limit)

    async def _failed(self, task: jobs.Task, payload: dict[str, Any], job: jobs.Job, error: Exception) -> None:
        """Note the failure and put the job back, unless it is dead. One that cannot be noted is not dead yet."""
        is_dead = isinstance(error, jobs.Permanent) or job.attempt >= task.attempts
        log.warning(
            "job failed",
            kind=job.kind,
            tenant_id=job.tenant_id,
            job_id=job.id,
            attempt=job.attempt,
            error=type(error).__name__,
            is_dead=is_dead,
        )
        try:
            async with job.scope():
                await jobs.note_failure(job, payload, error, is_dead=is_dead)
        except jobs.Lost:
            return
        except (*TROUBLE, NoScope, NotCommitted) as trouble:
            log.warning("job failure not noted", job_id=job.id, error=type(trouble).__name__)
            is_dead = False
        if not is_dead:
            raise RetryRequested(delay_after(job.attempt, self.rhythm.delays)) from None

    async def _close(self, stop: asyncio.Event, manager: QueueManager) -> None:
        """Take nothing new once `stop` is set; then interrupt what has not ended in time."""
        await stop.wait()
        manager.shutdown.set()
        await asyncio.sleep(self.rhythm.grace)
        self.is_closing = True
        for limit in self.running:
            limit.reschedule(0)

    async def _tidy(self, queue: job_queue.Fenced) -> None:
        while True:
            await asyncio.sleep(_about(self.rhythm.tidy))
            with suppress(*TROUBLE):
                await queue.tidy()


def _read(row: models.Job) -> tuple[jobs.Job, dict[str, Any]]:
    headers = row.headers or {}
    worker = row.queue_manager_id
    assert worker is not None
    job = jobs.Job(
        tenant_id=msgspec.convert(headers["tenant"], int),
        id=row.id,
        kind=row.entrypoint,
        key=str(headers["key"]),
        attempt=row.attempts + 1,
        asked_at=row.created,
        worker=UUID(str(worker)),
        is_again=bool(headers.get("is_again")),
        is_next=bool(headers.get("is_next")),
    )
    return job, msgspec.json.decode(row.payload or b"{}", type=dict[str, Any])


def _about(seconds: float) -> float:
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311
