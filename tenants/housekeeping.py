"""What is thrown away when its time is over: old sessions, links, counts of attempts, kept answers; and what is
to be done once a night.

Once an hour, whichever of the workers is first asks for it: a job for every tenant, so that nobody's is forgotten
when a worker dies, and a big platform spreads it over all workers.
"""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from asyncpg import InterfaceError, PostgresError

from core import clock, db, idempotency, jobs, task_runs, tasks
from core.accounts import (
    fraud_checks,
    impersonation,
    invitations,
    links,
    passkey_challenges,
    personal_exports,
    phone_codes,
    rule_runs,
    sessions,
    sign_up,
    throttle,
)
from core.accounts.imports import files
from core.actor import PLATFORM, system
from core.billing import (
    billing_run,
    daily_figures,
    dunning_run,
    gateway_reconciliation,
    low_balance,
    promise_endings,
)
from core.catalog import vat_numbers
from core.support import deliveries, incoming_mail, incoming_reading, webhook_outbox

EVERY = timedelta(hours=1)
LOOK_SECONDS = 60.0
PURGES = (
    sessions.purge,
    impersonation.purge,
    links.purge,
    personal_exports.purge,
    invitations.purge,
    passkey_challenges.purge,
    sign_up.purge,
    throttle.purge,
    idempotency.purge,
    tasks.purge,
    files.purge,
    deliveries.tidy,
    incoming_mail.purge,
    webhook_outbox.purge,
    fraud_checks.purge,
    phone_codes.purge,
)

log = structlog.get_logger(__name__)


@jobs.task("housekeeping")
async def tidy(_payload: dict[str, Any], job: jobs.Job) -> None:
    """Throw away what is over, of one tenant, and ask for its night's work when the day has changed there."""
    now = clock.now()
    async with job.scope():
        for purge in PURGES:
            await purge(now)
        if job.tenant_id != PLATFORM:
            await rule_runs.nightly(now)
            await vat_numbers.look(now)
            await daily_figures.nightly(now)
            await promise_endings.break_due(now)
            await billing_run.nightly(now)
            await dunning_run.nightly(now)
            await gateway_reconciliation.nightly(now)
            await incoming_reading.begin(by=system(await task_runs.provider()))
            await low_balance.nightly(now)


async def keep(stop: asyncio.Event) -> None:
    """Ask for it every hour until told to stop. A database that does not answer is asked again later."""
    while not stop.is_set():
        try:
            await ask(clock.now())
        except (OSError, TimeoutError, PostgresError, InterfaceError) as error:
            log.warning("housekeeping waits", reason=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)


async def ask(now: datetime) -> int:
    """Ask for the housekeeping of this hour, unless somebody has; returns for how many tenants."""
    hour = int(now.timestamp() // EVERY.total_seconds())
    async with db.as_platform():
        is_first = await db.value(
            """INSERT INTO counters (name, next) VALUES ('housekeeping', $1)
               ON CONFLICT (tenant_id, name) DO UPDATE SET next = EXCLUDED.next WHERE counters.next < EXCLUDED.next
               RETURNING true""",
            hour,
        )
        if not is_first:
            return 0
        tenants = [PLATFORM, *(row["id"] for row in await db.fetch("SELECT id FROM providers ORDER BY id"))]
    for tenant_id in tenants:
        async with db.as_tenant(tenant_id):
            await jobs.later("housekeeping", {}, key="housekeeping")
    return len(tenants)
