"""Puts the parts together: settings, keys, plugins, policies, database, and what listens in the background."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from core import db, freshness, hooks, logs, mail, outside, outside_sockets, worker
from core.accounts import passwords
from core.catalog import vies
from core.settings import BadSettings, Settings
from core.support import (
    deliveries_routing,
    deliveries_sending,
    incoming_reading,
    webhook_outbox,
    webhook_sending,
)
from tenants import addresses, housekeeping, isolation, project_hosts, providers

TASKS = (
    project_hosts.look,
    project_hosts.release,
    deliveries_routing.hand_out,
    deliveries_sending.send,
    incoming_reading.read,
    webhook_outbox.spread,
    webhook_sending.deliver,
)
"""What a worker must know besides what is imported here anyway."""


@asynccontextmanager
async def running(settings: Settings, *, verify: bool = True) -> AsyncIterator[list[str]]:
    """Everything a server, a worker or a command needs, until the block ends. Yields what plugins are broken.

    Refuses to start on a database whose wall between tenants has gaps (`isolation.WallHasGaps`).
    """
    if not settings.secret_key:
        raise BadSettings("COMPTOIR_SECRET_KEY is not set: 32 characters or more that stay secret")
    logs.configure()
    passwords.configure(parallel=settings.password_checks)
    mail.configure(settings)
    addresses.configure(settings)
    vies.configure(settings)
    outside.configure(reach_loopback=settings.reach_loopback)
    outside_sockets.configure(private_mail_servers=settings.private_mail_servers)
    broken = hooks.load(settings)
    if verify:
        await _verify_wall(settings)
    await db.start(settings)
    listening = asyncio.create_task(_listen(settings))
    try:
        yield broken
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await db.stop()


async def _verify_wall(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url, statement_cache_size=0)
    try:
        await isolation.verify(connection)
    finally:
        await connection.close()


async def _listen(settings: Settings) -> None:
    url = settings.database_listen_url or settings.database_url
    if url != "off":
        await freshness.listen(url)


def settle() -> None:
    """Let the collector of garbage pass over what has been loaded, and look less often at what comes.

    For processes that stay. A part of a file, or a page of a list, is many thousand small things that all live for
    a moment, and looking at every loaded module for each thousand of them took a fifth of an import's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


async def labour(settings: Settings, *, stop: asyncio.Event, concurrency: int = 8) -> None:
    """Do jobs, and ask for those that come round by themselves, until told to stop."""
    async with asyncio.TaskGroup() as both:
        both.create_task(housekeeping.keep(stop))
        both.create_task(worker.work(settings, stop=stop, concurrency=concurrency, is_active=providers.is_active))
