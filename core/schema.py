"""Migrations: raw SQL files with names, run by the owner in one transaction under an advisory lock."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x436F6D70
"""One migration at a time per database, whoever starts it."""


def names() -> list[str]:
    """The migrations of this version, in their order."""
    return sorted(path.stem for path in MIGRATIONS.glob("*.sql"))


async def migrate(owner_url: str, *, isolate: Callable[[Any], Awaitable[None]]) -> list[str]:
    """Apply what is missing, then let `isolate` build the tenants' wall; returns the names applied.

    All of it is one transaction: a migration that fails leaves the database as it was. `isolate` gets the
    transaction's connection.
    """
    connection = await asyncpg.connect(owner_url, statement_cache_size=0)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            await connection.execute(
                """CREATE TABLE IF NOT EXISTS migrations (
                       name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"""
            )
            missing = [name for name in names() if name not in await _applied(connection)]
            for name in missing:
                await connection.execute((MIGRATIONS / f"{name}.sql").read_text())
                await connection.execute("INSERT INTO migrations (name) VALUES ($1)", name)
            await isolate(connection)
        return missing
    finally:
        await connection.close()


async def pending(connection: Any) -> list[str]:
    """The migrations that this database still lacks."""
    if await connection.fetchval("SELECT to_regclass('migrations')") is None:
        return names()
    done = await _applied(connection)
    return [name for name in names() if name not in done]


async def _applied(connection: Any) -> set[str]:
    return {row["name"] for row in await connection.fetch("SELECT name FROM migrations")}
