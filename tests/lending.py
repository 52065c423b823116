"""Databases that one test after the other uses: what a test wrote is put back, or the database goes.

A copy of the template costs a test as much as all that most of them do. So PostgreSQL is asked which tables were
written to: these get back what they held. Where more was changed than rows (a catalogue: a table, a right on one,
statistics), or a table has grown, the database is dropped and the next test gets a new one. What stands outside of
a database is not looked at: settings of roles and of the database, and the roles themselves.
"""

import asyncio
import io
from collections.abc import Sequence

import asyncpg
import msgspec

from core.provision_sql import name as quoted

FEW_PAGES = 8
"""The planner takes a table that was never vacuumed for one of ten pages, as long as it has fewer."""
TABLES = """
    SELECT c.oid::int AS oid, n.nspname AS schema, c.relname AS name, (
           SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
WRITTEN = """
    SELECT oid, pg_relation_size(oid) / 8192 AS pages, changed = 0 AS is_longer
      FROM (SELECT c.oid::int AS oid, pg_stat_get_tuples_inserted(c.oid) AS added,
                   pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid) AS changed
              FROM pg_class c WHERE c.relkind = 'r' AND NOT c.relisshared) w
     WHERE added + changed > 0
"""
SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences"
OTHERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
       AND pid <> ALL($1::int[])
"""


class Kept(msgspec.Struct, frozen=True):
    """What a table holds in every fresh copy: its rows in the binary format of COPY, or none."""

    schema: str
    name: str
    columns: list[str]
    rows: bytes

    @property
    def address(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


class Contents(msgspec.Struct, frozen=True):
    """What all tables and sequences hold, by the numbers of the tables, which are the same in every copy."""

    tables: dict[int, Kept]
    sequences: str

    @classmethod
    async def of(cls, admin: asyncpg.Connection) -> "Contents":
        tables = {row["oid"]: await _kept(admin, row) for row in await admin.fetch(TABLES)}
        calls = []
        for row in await admin.fetch(SEQUENCES):
            at = await admin.fetchrow(f"SELECT last_value, is_called FROM {row['name']}")
            calls.append(f"setval('{row['name']}', {at['last_value']}, {str(at['is_called']).lower()})")
        return cls(tables, f"SELECT {', '.join(calls)}")


async def _kept(admin: asyncpg.Connection, row: asyncpg.Record) -> Kept:
    held = Kept(row["schema"], row["name"], row["columns"], b"")
    if not await admin.fetchval(f"SELECT EXISTS (SELECT FROM {held.address})"):
        return held
    out = io.BytesIO()
    listed = ", ".join(map(quoted, held.columns))
    await admin.copy_from_query(f"SELECT {listed} FROM {held.address}", output=out, format="binary")
    return msgspec.structs.replace(held, rows=out.getvalue())


async def put_back(admin: asyncpg.Connection, contents: Contents, since: int, *, stay: Sequence[int] = ()) -> bool:
    """Make a copy what it was before the test; False where this cannot be done and it has to go.

    `since` is the number of the first transaction of the test. Whoever is still connected is sent away, and has
    gone when this counts what was written; but for the processes that `stay`, who have told what they wrote.
    """
    while await admin.fetchval(OTHERS, list(stay)):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    written = await admin.fetch(WRITTEN)
    if any(row["oid"] not in contents.tables or row["pages"] > FEW_PAGES for row in written):
        return False
    if written:
        await _refill(admin, written, contents, since)
        await admin.execute("SELECT pg_stat_force_next_flush()")
        await admin.execute("SELECT pg_stat_reset()")
    await admin.execute(contents.sequences)
    return True


async def _refill(
    admin: asyncpg.Connection, written: Sequence[asyncpg.Record], contents: Contents, since: int
) -> None:
    """Without triggers: neither ours nor those of foreign keys."""
    added = f"WHERE xmin::text::bigint >= {since}"
    tables = [(contents.tables[row["oid"]], row["is_longer"]) for row in written]
    cleared = [f"DELETE FROM {table.address} {added if is_longer else ''}" for table, is_longer in tables]
    await admin.execute(";".join(["SET session_replication_role = replica", *cleared]))
    for table, is_longer in tables:
        if table.rows and not is_longer:
            await admin.copy_to_table(
                table.name,
                schema_name=table.schema,
                columns=table.columns,
                source=io.BytesIO(table.rows),
                format="binary",
            )


async def now(admin: asyncpg.Connection) -> int:
    """The number of the next transaction."""
    return int(await admin.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))
