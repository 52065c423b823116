"""A worker that hurries, and a wait for what it does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core import worker
from core.settings import Settings

QUICK = worker.Rhythm(
    delays=(0.02, 0.05, 0.1), poll=0.2, silence=1.0, set_aside=0.2, grace=0.2, reconnect=0.1, tidy=0.2
)


@asynccontextmanager
async def workers(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.create_task(worker.work(settings, stop=stop, rhythm=QUICK))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(working, 10)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
