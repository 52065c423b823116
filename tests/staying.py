"""A loop and connections that stay: one test after the other uses them, as it does the database (lending.py).

To connect costs PostgreSQL little. What a new connection has to read of the catalogue, and to plan, before its
first answers costs it more than all that most tests ask besides.
"""

import asyncio
from typing import Any

import asyncpg
import msgspec
import uvloop

TIDY = """
    RESET ALL; UNLISTEN *; CLOSE ALL;
    SELECT pg_advisory_unlock_all(), pg_stat_force_next_flush()
"""
"""After it nothing of a test is left with a connection, and what it has written is counted."""


class Loop(uvloop.Loop):
    """Stays open when the runner of a test, which has ended all its tasks, wants to close it."""

    def close(self) -> None:
        """Not now: the connections of the next test belong to it."""

    async def shutdown_asyncgens(self) -> None:
        """Neither this, which would be for good."""

    async def shutdown_default_executor(self, *_patience: float | None) -> None:
        """Nor this."""


LOOP = Loop()


def loop() -> asyncio.AbstractEventLoop:
    """The loop of all tests of this process."""
    return LOOP


class Kept(msgspec.Struct, frozen=True):
    """A pool that a test has left as it found it."""

    pool: Any
    pids: tuple[int, ...]
    """The processes of PostgreSQL behind its connections."""


async def tidied(pool: Any) -> Kept | None:
    """What can be kept of the pool; None, and it is closed, where somebody still uses it."""
    if pool.is_closing():
        return None
    if pool.get_idle_size() != pool.get_size():
        pool.terminate()
        return None
    connections = [await pool.acquire() for _ in range(pool.get_size())]
    try:
        for connection in connections:
            await connection.execute(TIDY)
        pids = tuple(connection.get_server_pid() for connection in connections)
        for connection in connections:
            await pool.release(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        pool.terminate()
        return None
    return Kept(pool, pids)
