"""What a benchmark of long work needs: a task carried out by a worker of this process, and its time and memory."""

import asyncio
import os
import platform
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from core import db, tasks, worker
from core.settings import Settings
from core.tasks import Task
from web import composition

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MEGABYTE = 1024 * 1024
EVERY = 0.02


class Cost(msgspec.Struct):
    """Seconds, and the megabytes by which the process grew at most meanwhile."""

    seconds: float = 0.0
    peak_mb: float = 0.0

    def figures(self, rows: int) -> dict[str, float]:
        """Ready for JSON."""
        return {
            "seconds": round(self.seconds, 2),
            "rows_per_s": round(rows / self.seconds) if self.seconds else 0,
            "peak_mb": round(self.peak_mb, 1),
        }


class Watch:
    """Measures what happens inside `with`."""

    def __init__(self) -> None:
        self.cost = Cost()
        self._over = threading.Event()

    def __enter__(self) -> Cost:
        self._before = memory()
        self._began = time.perf_counter()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self.cost

    def __exit__(self, *_error: object) -> None:
        self.cost.seconds = time.perf_counter() - self._began
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            self.cost.peak_mb = max(self.cost.peak_mb, (memory() - self._before) / MEGABYTE)


def memory() -> int:
    """The bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


@asynccontextmanager
async def worker_of(settings: Settings) -> AsyncIterator[None]:
    """A worker in this process, until the block ends."""
    composition.settle()
    stop = asyncio.Event()
    at_work = asyncio.create_task(worker.work(settings, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await at_work


async def ended(task_id: int, tenant_id: int) -> Task:
    """Wait for the end of a task; an AssertionError when it did not end well."""
    while True:
        async with db.as_tenant(tenant_id):
            task = await tasks.read(task_id)
        if not task.is_open:
            assert task.state == "done", task.reason
            return task
        await asyncio.sleep(0.25)


def machine() -> str:
    """What it ran on."""
    return f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"


def head(name: str, **more: Any) -> dict[str, Any]:
    """How every report begins."""
    return {"benchmark": name, "machine": machine(), **more}
