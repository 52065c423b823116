"""The wall between tenants: put up after every migration, and checked before the server starts.

Every table with a `tenant_id` gets row-level security, enabled and forced, with one policy on that column.
Shared tables are written by the platform; a provider reads its own rows of them. `tenants/catalogue.py` then
looks for gaps, and a gap undoes the migration.
"""

from typing import Any

from tenants import catalogue
from tenants.catalogue import APPEND_ONLY, APPLICATION, BACKUP, COUNTED, NEVER_REMOVED, TENANT

SHARED_READS = {
    "providers": f"id = {TENANT}",
    "hosts": f"provider_id = {TENANT}",
    "provider_features": f"provider_id = {TENANT}",
    "provider_counts": f"provider_id = {TENANT}",
    "resellers": None,
}
"""The tables that are no tenant's, with the rows a provider may read."""

SHARED_UPDATES = {"providers": f"id = {TENANT}", "provider_counts": f"provider_id = {TENANT}"}
"""The rows a provider may update; triggers keep it to what is its own to decide (0001), and count (0005)."""


async def enforce(connection: Any) -> None:
    """Put policies and grants on every table, then look for gaps. Runs inside the migration's transaction."""
    await connection.execute(
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION}, {BACKUP};"
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {BACKUP};"
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {BACKUP};"
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {APPLICATION};"
        f"REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;"
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {APPLICATION}, {BACKUP};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION};"
        f"GRANT SELECT ON migrations TO {APPLICATION}"
    )
    for table in await catalogue.tenant_tables(connection):
        await _guard_tenant(connection, table)
    for table in SHARED_READS:
        await _guard_shared(connection, table)
    await verify(connection)


async def verify(connection: Any) -> None:
    """Raise `WallHasGaps` with every finding of the catalogue."""
    if findings := await catalogue.findings(connection):
        raise WallHasGaps("\n".join(findings))


class WallHasGaps(RuntimeError):
    """The catalogue is not as it must be; the message lists every finding. The server does not start."""


async def _guard_tenant(connection: Any, table: str) -> None:
    await _raise_wall(connection, table, f"tenant_id = {TENANT}")
    rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
    rights = "SELECT, INSERT, UPDATE" if table in NEVER_REMOVED else rights
    rights = "SELECT" if table in COUNTED else rights
    await connection.execute(f'GRANT {rights} ON "{table}" TO {APPLICATION}')


async def _guard_shared(connection: Any, table: str) -> None:
    await _raise_wall(connection, table, f"{TENANT} = 0")
    await connection.execute(
        f'DROP POLICY IF EXISTS wall_read ON "{table}"; DROP POLICY IF EXISTS wall_update ON "{table}";'
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO {APPLICATION}'
    )
    if rule := SHARED_READS[table]:
        await connection.execute(f'CREATE POLICY wall_read ON "{table}" FOR SELECT USING ({rule})')
    if rule := SHARED_UPDATES.get(table):
        await connection.execute(f'CREATE POLICY wall_update ON "{table}" FOR UPDATE USING ({rule})')


async def _raise_wall(connection: Any, table: str, rule: str) -> None:
    await connection.execute(
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;'
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY;'
        f'DROP POLICY IF EXISTS wall ON "{table}";'
        f'CREATE POLICY wall ON "{table}" USING ({rule}) WITH CHECK ({rule})'
    )
