"""pgqueuer as we use it: the names of its tables, statements that mind whose a job is, and its log kept short."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain import models, types
from pgqueuer.domain.settings import DBSettings, Durability

NAMES = DBSettings(
    prefix="",
    db_schema="queue",
    channel=types.Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.balanced,
    widen_id=True,
)
"""What migration 0002 made. Every name is said, because pgqueuer takes the others from the environment."""

log = structlog.get_logger(__name__)


def queries(connection: Any) -> "Fenced":
    """pgqueuer's statements for our names on this connection."""
    return Fenced(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


class Fenced(Queries):
    """Hears only what is said about jobs that are still the speaker's, and never that one was cancelled.

    pgqueuer deletes a cancelled job; here, a loop that is torn down leaves it for the next worker.
    """

    async def log_jobs(
        self, job_status: list[tuple[models.Job, types.JOB_STATUS, models.TracebackRecord | None]]
    ) -> None:
        """Take what is done out of the queue."""
        ended = [entry for entry in job_status if entry[1] != "canceled"]
        own = await self._own([job for job, _status, _traceback in ended])
        if own:
            await super().log_jobs([entry for entry in ended if entry[0].id in own])

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        """Put a job back. The traceback stays out of the log: it quotes what belongs to a tenant."""
        if await self._own([job]):
            await super().retry_job(job, delay, None)

    async def forgive(self, job: int, worker: UUID) -> None:
        """Do not count the attempt that is going on."""
        await self.driver.execute(
            "UPDATE queue.pgqueuer SET attempts = attempts - 1 WHERE id = $1 AND queue_manager_id = $2",
            job,
            worker,
        )

    async def has_one_before(self, job: int) -> bool:
        """Whether the job that this one is to follow is still going on."""
        return bool(
            await self.driver.fetch(
                """SELECT FROM queue.pgqueuer j JOIN queue.pgqueuer b ON 'next:' || b.dedupe_key = j.dedupe_key
                    WHERE j.id = $1 AND b.status = 'picked'""",
                job,
            )
        )

    async def tidy(self) -> None:
        """Forget the queue's log, and put back what pgqueuer held because it could not be put back before."""
        await self.driver.execute("DELETE FROM queue.pgqueuer_log WHERE created < now() - interval '1 hour'")
        await self.driver.execute(
            """UPDATE queue.pgqueuer SET status = 'queued', dedupe_key = NULL, queue_manager_id = NULL
                WHERE status = 'failed' AND updated < now() - interval '1 minute'"""
        )

    async def _own(self, these: list[models.Job]) -> set[object]:
        if not these:
            return set()
        rows = await self.driver.fetch(
            "SELECT id FROM queue.pgqueuer WHERE id = ANY($1) AND queue_manager_id = $2",
            [job.id for job in these],
            these[0].queue_manager_id,
        )
        return {row["id"] for row in rows}


class _ToStructlog(logging.Handler):
    """pgqueuer's own words, as one structured line each and without the traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        log.warning("queue", message=record.getMessage(), error=error)


def tell_structlog() -> None:
    """Let pgqueuer's warnings come out as ours, and nothing below them."""
    logger = logging.getLogger("pgqueuer")
    logger.handlers = [_ToStructlog(logging.WARNING)]
    logger.setLevel(logging.WARNING)
    logger.propagate = False
