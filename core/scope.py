"""One transaction of one tenant, correct under concurrency, cancellation, failed commits and swallowed errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from asyncpg import Record

from core.actor import PLATFORM

TRIES = 5
"""So many connections are taken before it is said that the database cannot be reached."""
KEPT = "kept"
"""The savepoint behind what outlives a refusal."""
LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError, OSError)
"""What is raised when a connection was cut off."""


class NoScope(RuntimeError):
    """A query ran outside of a tenant's scope, or after it was closed."""


class NotCommitted(RuntimeError):
    """The database answered COMMIT with ROLLBACK: an error inside the transaction had been swallowed."""


class Scope:
    """A lazy transaction. Queries of one scope run one after the other, whoever asks.

    What was written up to the last `keep()` is committed by the web even though the answer is a refusal (a failed
    sign-in is counted); what came behind it is undone then.
    """

    def __init__(self, pool: "asyncpg.Pool[Record]", tenant_id: int) -> None:
        self.tenant_id = tenant_id
        self.is_closed = False
        self.is_kept = False
        self.queries = 0
        self._pool = pool
        self._connection: Any = None
        self._lock = asyncio.Lock()
        self._depth = 0
        self._is_to_keep = False
        self._after_commit: list[Callable[[], Awaitable[None] | None]] = []

    async def keep(self) -> None:
        """Commit what was written so far even when the request is answered with a refusal.

        Inside of a savepoint this holds once that has ended, and not at all when that is undone.
        """
        if self._depth:
            self._is_to_keep = True
            return
        await self.execute(f"RELEASE SAVEPOINT {KEPT}; SAVEPOINT {KEPT}" if self.is_kept else f"SAVEPOINT {KEPT}")
        self.is_kept = True

    async def go_back(self) -> None:
        """Undo what was written since `keep()` was called last, also after an error of the database."""
        assert self.is_kept, "nothing was kept"
        await self.execute(f"ROLLBACK TO SAVEPOINT {KEPT}")

    def after_commit(self, call: Callable[[], Awaitable[None] | None]) -> None:
        """Call this once the transaction is durable. For forgetting caches, never for work that must happen."""
        self._after_commit.append(call)

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows of a query."""
        async with self._lock:
            return list(await (await self._begun()).fetch(sql, *arguments))

    async def execute(self, sql: str, *arguments: Any) -> str:
        """Run a statement; returns the command tag."""
        async with self._lock:
            return str(await (await self._begun()).execute(sql, *arguments))

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        async with self._lock:
            await (await self._begun()).executemany(sql, rows)

    async def stream(self, sql: str, *arguments: Any, size: int) -> AsyncIterator[list[Record]]:
        """The rows of a query by a cursor, `size` at a time: memory does not grow with them."""
        async with self._lock:
            cursor = await (await self._begun()).cursor(sql, *arguments)
        while True:
            async with self._lock:
                rows = list(await cursor.fetch(size))
            if not rows:
                return
            yield rows

    async def hand_over_to(self, tenant_id: int) -> None:
        """Go on as this provider; only from the platform's scope, and not back."""
        if self.tenant_id != PLATFORM:
            raise NoScope("only the platform's transaction can be handed over")
        if isinstance(tenant_id, bool) or not isinstance(tenant_id, int) or tenant_id <= PLATFORM:
            raise ValueError(f"not a provider: {tenant_id!r}")
        async with self._lock:
            connection = await self._begun()
            await connection.execute(f"SET LOCAL app.tenant_id = '{tenant_id:d}'")
            self.tenant_id = tenant_id

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A real savepoint: an exception that leaves the block undoes what the block did.

        So does an error of the database that was swallowed inside the block: it comes up again at its end.
        """
        self._depth += 1
        name = f"s{self._depth}"
        await self.execute(f"SAVEPOINT {name}")
        try:
            yield
            await self.execute(f"RELEASE SAVEPOINT {name}")
        except BaseException:
            self._is_to_keep = False
            if not self._is_broken():
                await asyncio.shield(self.execute(f"ROLLBACK TO SAVEPOINT {name}"))
            raise
        finally:
            self._depth -= 1
        if self._is_to_keep and not self._depth:
            self._is_to_keep = False
            await self.keep()

    async def rest(self) -> None:
        """Give the connection back until the next query, which begins anew. What was written is undone."""
        async with self._lock:
            connection, self._connection, self.queries = self._connection, None, 0
            self.is_kept = False
        if connection is not None:
            await asyncio.shield(asyncio.ensure_future(self._end(connection, False)))

    async def close(self, *, commit: bool) -> None:
        """End the transaction and give the connection back, whatever happens.

        Raises `NotCommitted`, or what the database said, when the commit failed. Nothing is durable then.
        """
        if self.is_closed:
            return
        async with self._lock:
            self.is_closed = True
            connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.shield(asyncio.ensure_future(self._end(connection, commit)))
        if commit:
            await self._tell()

    async def _begun(self) -> Any:
        if self.is_closed:
            raise NoScope("this scope is closed")
        if self._connection is None:
            self._connection = await self._begin()
        self.queries += 1
        return self._connection

    async def _begin(self) -> Any:
        """A connection with a transaction. One that was cut off in the pool is given up for another."""
        for more in range(TRIES - 1, -1, -1):
            connection = await self._pool.acquire()
            try:
                await connection.execute(f"BEGIN; SET LOCAL app.tenant_id = '{self.tenant_id:d}'")
            except BaseException as error:
                await asyncio.shield(asyncio.ensure_future(self._discard(connection)))
                if not more or not isinstance(error, LOST):
                    raise
            else:
                return connection
        raise AssertionError

    async def _end(self, connection: Any, commit: bool) -> None:
        try:
            if connection.is_closed():
                raise asyncpg.InterfaceError("the connection was lost inside the transaction")
            tag = await connection.execute("COMMIT" if commit else "ROLLBACK", timeout=30)
        except BaseException:
            await self._discard(connection)
            if commit:
                raise
            return
        await self._pool.release(connection)
        if commit and tag != "COMMIT":
            raise NotCommitted("an error inside the transaction was swallowed; nothing was saved")

    async def _discard(self, connection: Any) -> None:
        """Give up a connection whose state is unknown."""
        with suppress(asyncpg.InterfaceError):  # the pool took it back when it was lost
            connection.terminate()
        await self._pool.release(connection)

    async def _tell(self) -> None:
        for call in self._after_commit:
            answer = call()
            if answer is not None:
                await answer

    def _is_broken(self) -> bool:
        return self._connection is None or self._connection.is_closed()
