"""The door to the database: one engine, and the scope without which no query runs.

A scope is one transaction of one tenant. It is lazy (a connection is taken at the first query), its BEGIN and
its tenant travel in one round trip, and it is never nested. Row-level security reads the tenant from the
transaction, so that nothing outlives it on a pooled connection.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Self

import asyncpg
import msgspec
from asyncpg import Record
from piccolo.columns import BigSerial
from piccolo.engine.postgres import PostgresEngine
from piccolo.querystring import QueryString
from piccolo.table import Table

from core.actor import PLATFORM
from core.scope import NoScope, Scope
from core.settings import Settings

_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)


class NestedScope(RuntimeError):
    """A scope was opened inside another one; a transaction belongs to one tenant only."""


class ScopedEngine(PostgresEngine):
    """Piccolo's engine, with every query sent through the scope in force. Connects when started, not at import."""

    def __init__(self) -> None:
        super().__init__(config={})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Litestar copies handlers and what they hold; there is one engine."""
        return self

    async def check_version(self) -> None:
        """Not at import: `start` looks at the server."""

    async def prep_database(self) -> None:
        """No extension is needed."""

    async def batch(self, *_args: Any, **_options: Any) -> Any:
        """Refused: it would open a connection outside of the scope. Page by key instead."""
        raise NoScope("batch() leaves the tenant's transaction; page by key instead")

    def transaction(self, *_args: Any, **_options: Any) -> Any:
        """Refused: a scope is the transaction."""
        raise NestedScope("a scope is the transaction; use db.as_tenant and db.savepoint")

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Record]:
        """Run what Piccolo built, inside the scope."""
        sql, arguments = querystring.compile_string(engine_type=self.engine_type)
        return await scope().fetch(sql, *arguments)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Record]:
        """Run a bare statement, inside the scope."""
        return await scope().fetch(ddl)


DB = ScopedEngine()
OWNED: "dict[str, type[Owned]]" = {}
SHARED: "dict[str, type[Shared]]" = {}


class Owned(Table):
    """A table of the tenants: keys begin with `tenant_id`, and row-level security guards it.

    The database fills in `tenant_id` from the scope and `id` by itself.
    """

    tenant_id = BigSerial()
    id = BigSerial(primary_key=True)
    append_only: bool = False

    def __init_subclass__(cls, tablename: str | None = None, *, append_only: bool = False, **options: Any) -> None:
        super().__init_subclass__(tablename=tablename, db=DB, **options)
        cls.append_only = append_only
        OWNED[cls._meta.tablename] = cls


class Shared(Table):
    """A table of the platform: a provider sees its own rows of it, the platform all."""

    def __init_subclass__(cls, tablename: str | None = None, **options: Any) -> None:
        super().__init_subclass__(tablename=tablename, db=DB, **options)
        SHARED[cls._meta.tablename] = cls


async def start(settings: Settings) -> None:
    """Open the pool of the application role."""
    DB.pool = await open_pool(
        settings.database_url, settings.database_pool_size, settings.database_statement_cache
    )


async def stop() -> None:
    """Close the pool; running queries have five seconds."""
    pool, DB.pool = DB.pool, None
    if pool is not None:
        try:
            async with asyncio.timeout(5):
                await pool.close()
        except TimeoutError:
            pool.terminate()


async def open_pool(url: str, size: int, statement_cache: int) -> "asyncpg.Pool[Record]":
    """A pool whose connections carry no state of their own, so that none has to be reset."""
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        statement_cache_size=statement_cache,
        init=_prepare,
        reset=_keep,
        command_timeout=60,
    )
    assert pool is not None
    return pool


def is_started() -> bool:
    """Whether the pool is open."""
    return DB.pool is not None


@asynccontextmanager
async def as_tenant(tenant_id: int) -> AsyncIterator[Scope]:
    """One transaction of one tenant: committed at the end, rolled back when an exception leaves the block."""
    opened = open_scope(tenant_id)
    token = _scope.set(opened)
    try:
        yield opened
    except BaseException:
        await opened.close(commit=False)
        raise
    else:
        await opened.close(commit=True)
    finally:
        _scope.reset(token)


def tenant_in_scope() -> int | None:
    """Whose scope we are in, None outside of any."""
    opened = _scope.get()
    return None if opened is None else opened.tenant_id


def as_platform() -> Any:
    """One transaction of the platform itself, which sees all shared tables and no provider's rows."""
    return as_tenant(PLATFORM)


def open_scope(tenant_id: int) -> Scope:
    """A scope that the caller closes himself; `as_tenant` is the usual way."""
    if isinstance(tenant_id, bool) or not isinstance(tenant_id, int) or tenant_id < 0:
        raise ValueError(f"not a tenant: {tenant_id!r}")
    if (current := _scope.get()) is not None and not current.is_closed:
        raise NestedScope(f"inside the scope of tenant {current.tenant_id}")
    if DB.pool is None:
        raise NoScope("the database has not been started")
    return Scope(DB.pool, tenant_id)


def scope() -> Scope:
    """The scope in force; raises `NoScope` outside of one."""
    current = _scope.get()
    if current is None:
        raise NoScope("no query runs outside of a tenant's scope")
    return current


async def hand_over_to(tenant_id: int) -> None:
    """Let the platform's transaction go on as the provider's. One way, so that nothing flows back."""
    await scope().hand_over_to(tenant_id)


async def fetch(sql: str, *arguments: Any) -> list[Record]:
    """All rows."""
    return await scope().fetch(sql, *arguments)


async def row(sql: str, *arguments: Any) -> Record | None:
    """The first row, or None."""
    rows = await scope().fetch(sql, *arguments)
    return rows[0] if rows else None


async def value(sql: str, *arguments: Any) -> Any:
    """The first column of the first row, or None."""
    rows = await scope().fetch(sql, *arguments)
    return rows[0][0] if rows else None


async def execute(sql: str, *arguments: Any) -> str:
    """Run a statement; returns the command tag, such as "UPDATE 1"."""
    return await scope().execute(sql, *arguments)


def stream(sql: str, *arguments: Any, size: int) -> AsyncIterator[list[Record]]:
    """The rows of a query by a cursor, `size` at a time."""
    return scope().stream(sql, *arguments, size=size)


async def executemany(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run one statement for many rows of arguments in one go."""
    await scope().executemany(sql, rows)


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """What fails inside the block is undone, and the transaction goes on."""
    async with scope().savepoint():
        yield


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda data: msgspec.json.encode(data).decode(),
        decoder=msgspec.json.decode,
    )


async def _keep(connection: Any) -> None:
    """Nothing to reset: every setting is local to a transaction."""
