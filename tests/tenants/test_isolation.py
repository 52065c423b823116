"""The wall between providers holds, seen from PostgreSQL's own catalogue and from the application's own role."""

from itertools import pairwise

import asyncpg
import pytest

from core import db, schema
from core.db import OWNED, SHARED
from tenants import catalogue, isolation
from tests import cast

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(settings):
    connection = await asyncpg.connect(settings.database_owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def application(settings):
    connection = await asyncpg.connect(settings.database_url)
    yield connection
    await connection.close()


async def as_tenant(connection, tenant_id: int) -> None:
    await connection.execute(f"SET app.tenant_id = '{tenant_id:d}'")


async def test_the_catalogue_audit_finds_nothing(application):
    assert await catalogue.findings(application) == []


GAPS = {
    "not enabled and forced": "ALTER TABLE clients NO FORCE ROW LEVEL SECURITY",
    "not the wall": "DROP POLICY wall ON clients",
    "a second door": "CREATE POLICY door ON clients USING (true)",
    "does not begin with the tenant": "CREATE UNIQUE INDEX bad ON clients (login)",
    "does not carry the tenant": "ALTER TABLE counters ADD owner_id bigint REFERENCES providers (id)",
    "rights of its owner": "CREATE VIEW peek AS SELECT * FROM clients",
    "materialised view": "CREATE MATERIALIZED VIEW peek AS SELECT 1",
    "SECURITY DEFINER": "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "may TRUNCATE": "GRANT TRUNCATE ON clients TO comptoir_app",
    "may UPDATE an entry": "GRANT UPDATE ON audit_entries TO comptoir_app",
    "may INSERT what the database counts": "GRANT INSERT ON ledger_totals TO comptoir_app",
    "role comptoir_worker may SELECT": "GRANT SELECT ON clients TO comptoir_worker",
    "may be null": "CREATE TABLE loose (tenant_id bigint, name text)",
}


@pytest.mark.parametrize("finding", GAPS)
async def test_every_kind_of_gap_is_found(owner, finding):
    undone = owner.transaction()
    await undone.start()
    await owner.execute(GAPS[finding])
    assert any(finding in line for line in await catalogue.findings(owner)), await catalogue.findings(owner)
    with pytest.raises(isolation.WallHasGaps):
        await isolation.verify(owner)
    await undone.rollback()


async def test_a_migration_that_leaves_a_gap_is_undone(owner, settings):
    async def forgetful(connection):
        await isolation.enforce(connection)
        await connection.execute("CREATE TABLE forgotten (tenant_id bigint, id bigint)")
        await isolation.verify(connection)

    with pytest.raises(isolation.WallHasGaps, match="forgotten"):
        await schema.migrate(settings.database_owner_url, isolate=forgetful)
    assert await owner.fetchval("SELECT to_regclass('forgotten')") is None


async def test_every_table_is_somebodys(owner):
    tables = {row["name"] for row in await owner.fetch(f"SELECT name FROM ({catalogue.TABLES}) t")}
    owned = set(await catalogue.tenant_tables(owner))
    assert tables - owned == set(isolation.SHARED_READS) | set(catalogue.BOOKKEEPING)
    assert set(OWNED) <= owned
    assert set(SHARED) <= set(isolation.SHARED_READS)


async def test_without_a_tenant_there_is_nothing(application):
    tables = await application.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for row in tables:
        if row["tablename"] not in catalogue.BOOKKEEPING:
            assert await application.fetchval(f'SELECT count(*) FROM "{row["tablename"]}"') == 0, row


async def test_a_provider_sees_of_every_table_only_its_own(application, database):
    nova, acme = await cast.tenant("nova"), await cast.tenant("acme")
    await as_tenant(application, nova.id)
    for table in await catalogue.tenant_tables(application):
        seen = {row[0] for row in await application.fetch(f'SELECT DISTINCT tenant_id FROM "{table}"')}
        assert seen <= {nova.id}, table
    assert [row["code"] for row in await application.fetch("SELECT code FROM providers")] == ["nova"]
    assert await application.fetchval("SELECT count(*) FROM resellers") == 0
    assert await application.fetchval("SELECT count(*) FROM clients WHERE tenant_id = $1", acme.id) == 0


async def test_a_provider_writes_nothing_to_another(application, database):
    nova, acme = await cast.tenant("nova"), await cast.tenant("acme")
    await as_tenant(application, nova.id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute(
            "INSERT INTO account_groups (tenant_id, name, created_at) VALUES ($1, 'x', now())", acme.id
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute("UPDATE clients SET tenant_id = $1", acme.id)
    assert await application.execute("DELETE FROM group_members WHERE tenant_id = $1", acme.id) == "DELETE 0"


async def test_the_terms_of_a_provider_are_not_its_own_to_change(application, database):
    nova = await cast.tenant("nova")
    await as_tenant(application, nova.id)
    assert await application.execute("UPDATE providers SET name = 'Nova!'") == "UPDATE 1"
    for change in ("edition = 'standard'", "state = 'suspended'", "code = 'other'", "reseller_id = NULL, id = 99"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(f"UPDATE providers SET {change}")
    for statement in ("DELETE FROM providers", "DELETE FROM hosts", "UPDATE hosts SET name = 'x'"):
        assert (await application.execute(statement)).endswith(" 0")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute(
            "INSERT INTO hosts (name, provider_id, created_at) VALUES ('evil.example', $1, now())", nova.id
        )


async def test_keys_betray_nothing_of_other_providers(application, database):
    """The same login, e-mail or name is free in every provider, and a foreign id is as unknown as a random one."""
    nova, acme = await cast.tenant("nova"), await cast.tenant("acme")
    await as_tenant(application, acme.id)
    foreign = await application.fetchval("SELECT id FROM clients LIMIT 1")
    await as_tenant(application, nova.id)
    group = await application.fetchval("SELECT id FROM account_groups LIMIT 1")
    messages = []
    for client_id in (foreign, 12345):
        with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
            await application.execute(
                "INSERT INTO group_members (group_id, client_id, added_at, added_by) VALUES ($1, $2, now(), '')",
                group,
                client_id,
            )
        messages.append(str(refused.value).replace(str(client_id), "ID"))
    assert messages[0] == messages[1]
    await application.execute(
        "INSERT INTO people (email, name, created_at) VALUES ('bob@acme.example', 'Bob', now())"
    )


async def test_the_audit_can_only_grow(application, database):
    nova = await cast.tenant("nova")
    await as_tenant(application, nova.id)
    for statement in (
        "UPDATE audit_entries SET action = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(statement)


async def test_the_application_role_is_nobody_special(application):
    role = await application.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
    assert not (role["rolsuper"] or role["rolbypassrls"] or role["rolcreatedb"] or role["rolcreaterole"])


async def test_ids_do_not_tell_how_many_there_are(database):
    async with db.as_tenant(1):
        ids = [await db.value("SELECT new_id()") for _ in range(200)]
    assert len(set(ids)) == 200
    assert all(0 < number < 2**53 for number in ids)
    assert 1 not in {after - before for before, after in pairwise(ids)}
