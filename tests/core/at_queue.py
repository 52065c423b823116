"""Workers that hurry, and looks into the queue, for the tests of jobs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from core import jobs, worker
from core.settings import Settings

NOVA, ACME = 701, 702
QUICK = worker.Rhythm(
    delays=(0.02, 0.05, 0.1), poll=0.2, silence=1.0, set_aside=0.2, grace=0.2, reconnect=0.1, tidy=0.2
)


@asynccontextmanager
async def workers(settings: Settings, count: int = 1, **options: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    options = {"rhythm": QUICK, **options}
    at_work = [asyncio.create_task(worker.work(settings, stop=stop, **options)) for _ in range(count)]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await asyncio.gather(*at_work)


async def until(condition: Callable[[], Any], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


async def waiting(settings: Settings, columns: str = "*") -> list[Any]:
    owner = await asyncpg.connect(settings.database_owner_url)
    try:
        return list(await owner.fetch(f"SELECT {columns} FROM queue.pgqueuer ORDER BY id"))
    finally:
        await owner.close()


async def is_empty(settings: Settings) -> bool:
    return not await waiting(settings)


async def nothing(payload: dict[str, Any], job: jobs.Job) -> None:
    """A task that has nothing to do."""
