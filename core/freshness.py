"""What a process remembers between requests, and how it is told to forget.

Sessions and providers are looked up on every request and seldom change. They are remembered per tenant, and a
change says so by NOTIFY in its own transaction; every process listens. While a process cannot listen it
remembers nothing, so a lost connection costs speed and never truth.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog

from core import db

CHANNEL = "comptoir_forget"
REMEMBERED_SECONDS = 30.0
MOST_REMEMBERED = 20_000
RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Memory:
    """Values by (tenant id, key), each for at most `REMEMBERED_SECONDS`."""

    def __init__(self) -> None:
        self.is_listening = False
        self._values: OrderedDict[tuple[int, str], tuple[float, Any]] = OrderedDict()
        self._generation = 0

    async def get(self, tenant_id: int, key: str, load: Callable[[], Awaitable[Any]]) -> Any:
        """The remembered value, or what `load` finds; nothing found is not remembered."""
        if self.is_listening:
            found = self._values.get((tenant_id, key))
            if found is not None and found[0] > time.monotonic():
                return found[1]
        generation = self._generation
        value = await load()
        if value is not None and self.is_listening and generation == self._generation:
            self._remember((tenant_id, key), value)
        return value

    def forget(self, tenant_id: int | None) -> None:
        """Forget all of one tenant, or everything. What is being loaded right now is not remembered either."""
        self._generation += 1
        if tenant_id is None:
            self._values.clear()
            return
        for key in [key for key in self._values if key[0] == tenant_id]:
            del self._values[key]

    def _remember(self, key: tuple[int, str], value: Any) -> None:
        self._values[key] = (time.monotonic() + REMEMBERED_SECONDS, value)
        if len(self._values) > MOST_REMEMBERED:
            self._values.popitem(last=False)


MEMORY = Memory()


async def forget_tenant(tenant_id: int) -> None:
    """Every process forgets what it knows of this tenant, once this transaction is durable."""
    await db.execute("SELECT pg_notify($1, $2)", CHANNEL, str(tenant_id))
    db.scope().after_commit(lambda: MEMORY.forget(tenant_id))


async def listen(url: str, *, memory: Memory = MEMORY) -> None:
    """Listen for what to forget until cancelled; connects again when the connection is lost."""
    while True:
        try:
            await _listen_once(url, memory)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not listening", reason=str(error))
        finally:
            memory.is_listening = False
            memory.forget(None)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(url: str, memory: Memory) -> None:
    connection = await asyncpg.connect(url, statement_cache_size=0)
    lost = asyncio.Event()

    def heard(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
        text = str(payload)
        memory.forget(int(text) if text.isdecimal() else None)

    try:
        connection.add_termination_listener(lambda _connection: lost.set())
        await connection.add_listener(CHANNEL, heard)
        memory.forget(None)
        memory.is_listening = True
        while not lost.is_set():
            try:
                await asyncio.wait_for(lost.wait(), 10)
            except TimeoutError:
                await connection.fetchval("SELECT 1", timeout=5)
    finally:
        memory.is_listening = False
        connection.terminate()
