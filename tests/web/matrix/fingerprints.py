"""A hash of every table, to see what a request has changed.

Reading all tables after each request would take most of the time, so every table notes by a trigger that a
statement wrote to it, and only those are read again. What is rolled back leaves no note, as it leaves no change.
"""

from typing import Self

import asyncpg

NOTES = """
CREATE SCHEMA matrix;
CREATE UNLOGGED TABLE matrix.written (name text NOT NULL);
CREATE FUNCTION matrix.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN INSERT INTO matrix.written VALUES (TG_TABLE_NAME); RETURN NULL; END';
DO $$
DECLARE place record;
BEGIN
    FOR place IN SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE relkind = 'r' AND (nspname = 'public' OR relname = 'pgqueuer') LOOP
        EXECUTE format('CREATE TRIGGER zz_written AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I.%I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION matrix.note()', place.nspname, place.relname);
    END LOOP;
END $$;
"""
"""Every table says from now on that it was written to."""

QUERIES = """
SELECT relname, format('SELECT %L, count(*) || '' '' || coalesce(sum(hashtextextended((to_jsonb(t) - ''seen_at'''
              ' - ''last_used_on'')::text, 0)), 0) FROM %I.%I t %s',
              relname, nspname, relname,
              CASE WHEN $1::bigint IS NOT NULL THEN format('WHERE tenant_id = %s', $1) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE relkind = 'r' AND (nspname = 'public' OR relname = 'pgqueuer')
  AND ($1::bigint IS NULL OR EXISTS (SELECT FROM pg_attribute a
       WHERE a.attrelid = c.oid AND attname = 'tenant_id'))
ORDER BY relname
"""
"""What reads every table; when somebody was last seen is no change. With a tenant: its own rows only."""


class Fingerprints:
    """The hashes of the tables of one database, read again where something was written."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self.admin = admin
        self.queries: dict[int | None, dict[str, str]] = {}
        self.taken: dict[int | None, dict[str, str]] = {}
        self.stale: dict[int | None, set[str]] = {}

    @classmethod
    async def over(cls, admin: asyncpg.Connection) -> Self:
        """From now on writes are noted."""
        await admin.execute(NOTES)
        return cls(admin)

    async def take(self, tenant_id: int | None) -> dict[str, str]:
        """Every table with a hash of its rows; of the tenant's own rows, where one is given."""
        if tenant_id not in self.queries:
            self.queries[tenant_id] = dict(await self.admin.fetch(QUERIES, tenant_id))
            self.taken[tenant_id], self.stale[tenant_id] = {}, set(self.queries[tenant_id])
        if await self.admin.fetchval("SELECT EXISTS (SELECT FROM matrix.written)"):
            written = await self.admin.fetch("DELETE FROM matrix.written RETURNING name")
            for known, queries in self.queries.items():
                self.stale[known] |= {record["name"] for record in written} & set(queries)
        if stale := sorted(self.stale[tenant_id]):
            found = await self.admin.fetch(" UNION ALL ".join(self.queries[tenant_id][name] for name in stale))
            self.taken[tenant_id] = self.taken[tenant_id] | dict(found)
            self.stale[tenant_id] = set()
        return self.taken[tenant_id]
