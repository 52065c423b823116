"""A hash of every table, to see what a request has changed.

Reading the tables after each request would take most of the time, and more of it with each thing that is made.
So every table notes by triggers what a statement did to the sum of its rows' hashes, and only the notes are read.
What is rolled back leaves no note, as it leaves no change.
"""

from collections import Counter
from typing import Self

import asyncpg

_NOTE = """
CREATE FUNCTION matrix.{name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN
    INSERT INTO matrix.written SELECT TG_TABLE_NAME, * FROM (
        SELECT (made ->> 'tenant_id')::bigint, {sign}count(*),
               {sign}sum(hashtextextended((made - 'seen_at' - 'last_used_on')::text, 0))
        FROM (SELECT to_jsonb({rows}) FROM {rows}) noted (made) GROUP BY 1) sums;
    RETURN NULL; END$$;
"""
NOTES = f"""
CREATE SCHEMA matrix;
CREATE UNLOGGED TABLE matrix.written (name text NOT NULL, tenant_id bigint, rows bigint, digest numeric);
{_NOTE.format(name="came", sign="", rows="new_rows")}
{_NOTE.format(name="went", sign="-", rows="old_rows")}
CREATE FUNCTION matrix.emptied() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
    'BEGIN INSERT INTO matrix.written VALUES (TG_TABLE_NAME); RETURN NULL; END';
DO $$
DECLARE place record;
BEGIN
    FOR place IN SELECT c.oid::regclass AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                 WHERE relkind = 'r' AND (nspname = 'public' OR relname = 'pgqueuer') LOOP
        EXECUTE format('
            CREATE TRIGGER zz_came AFTER INSERT ON %1$s REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION matrix.came();
            CREATE TRIGGER zz_went AFTER DELETE ON %1$s REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION matrix.went();
            CREATE TRIGGER zz_was AFTER UPDATE ON %1$s REFERENCING OLD TABLE AS old_rows
                FOR EACH STATEMENT EXECUTE FUNCTION matrix.went();
            CREATE TRIGGER zz_is AFTER UPDATE ON %1$s REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION matrix.came();
            CREATE TRIGGER zz_emptied AFTER TRUNCATE ON %1$s
                FOR EACH STATEMENT EXECUTE FUNCTION matrix.emptied()', place.name);
    END LOOP;
END $$;
"""
"""Every table says from now on what came and what went; when somebody was last seen is no change."""

TABLES = """
SELECT relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND attname = 'tenant_id') AS is_owned
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE relkind = 'r' AND (nspname = 'public' OR relname = 'pgqueuer')
"""


class Fingerprints:
    """What the rows of each table of one database sum up to, beside what they did when it began."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self.admin = admin
        self.tables: dict[str, bool] = {}
        self.sums: Counter[tuple[str, int | None]] = Counter()
        self.rows: Counter[tuple[str, int | None]] = Counter()
        self.emptied: Counter[str] = Counter()

    @classmethod
    async def over(cls, admin: asyncpg.Connection) -> Self:
        """Of a database that has NOTES."""
        made = cls(admin)
        made.tables = dict(await admin.fetch(TABLES))
        return made

    async def take(self, tenant_id: int | None) -> dict[str, str]:
        """Every table with a hash of its rows; of the tenant's own rows, where one is given."""
        for name, owner, rows, digest in await self.admin.fetch("DELETE FROM matrix.written RETURNING *"):
            if rows is None:
                self.emptied[name] += 1
                continue
            for whose in {owner, None}:
                self.rows[name, whose] += rows
                self.sums[name, whose] += int(digest)
        return {
            name: f"{self.rows[name, tenant_id]} {self.sums[name, tenant_id]} {self.emptied[name]}"
            for name, is_owned in self.tables.items()
            if is_owned or tenant_id is None
        }
