"""Roles, database and rights on a real server: as a superuser, as the admin of a managed server, and as nobody."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import provision
from core.embedded import Cluster, binaries
from core.provision import ROLES, Addresses, CannotProvision

DEBIAN = Path("/usr/lib/postgresql/15/bin")
PASSWORDS = {role: f"secret of {role}" for role in ROLES}
WALLED = (
    "CREATE TABLE clients AS SELECT 1 AS tenant_id",
    "ALTER TABLE clients ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE clients FORCE ROW LEVEL SECURITY",
)

has_15 = pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's PostgreSQL 15")


@pytest.fixture(scope="module", params=[None, pytest.param(DEBIAN, marks=has_15)], ids=["found", "15"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A server on which `stranger` may nothing, and `manager` what the admin of a managed server may."""
    directory = tmp_path_factory.mktemp("provision") / "postgresql"
    cluster = Cluster(directory, bin=request.param, options={"shared_buffers": "16MB", "fsync": "off"}).start()
    stranger, manager = "CREATE ROLE stranger LOGIN", "CREATE ROLE manager LOGIN CREATEROLE CREATEDB"
    run(cluster.admin_url, f"{stranger} PASSWORD 'x'", f"{manager} PASSWORD 'x'")
    yield cluster
    cluster.erase()


@pytest.fixture
def addresses(cluster: Cluster) -> Iterator[Addresses]:
    """A server that is prepared; for tests that leave no more than these tables."""
    addresses = initialise(cluster.admin_url)
    yield addresses
    run(addresses.owner, "DROP TABLE IF EXISTS clients, kept, queue.jobs")


@pytest.fixture
def server(cluster: Cluster) -> str:
    """The superuser's address of a server with nothing of ours on it."""
    asyncio.run(_wipe(cluster.admin_url))
    return cluster.admin_url


async def _wipe(url: str) -> None:
    connection = await asyncpg.connect(url)
    databases = "SELECT format('DROP DATABASE %I (FORCE)', datname) FROM pg_database WHERE datname !~ '^(pos|tem)'"
    roles = "SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname ~ '^comptoir_'"
    for row in [*await connection.fetch(databases), *await connection.fetch(roles)]:
        await connection.execute(row[0])
    await connection.close()


def run(url: str, *statements: str) -> Any:
    """Runs the statements; returns the value of the last."""

    async def answer() -> Any:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(answer())


def as_role(url: str, role: str, *, database: str = "postgres") -> str:
    return provision.address(url, database=database, role=role, password="x")


def initialise(url: str, database: str = "comptoir") -> Addresses:
    return asyncio.run(provision.initialise(url, database=database, passwords=PASSWORDS))


def everybody(addresses: Addresses) -> list[str]:
    """Who signs in at each of the addresses."""
    urls = (addresses.owner, addresses.app, addresses.worker, addresses.backup)
    return [run(url, "SELECT current_user || ' of ' || current_database()") for url in urls]


EVERYBODY = [f"{role} of comptoir" for role in ROLES]


def test_each_role_can_sign_in_and_running_it_again_changes_nothing(
    cluster: Cluster, addresses: Addresses
) -> None:
    server, first = cluster.admin_url, addresses
    assert everybody(first) == EVERYBODY
    rights = "SELECT array_agg((datdba, datacl)::text) FROM pg_database WHERE datname = 'comptoir'"
    before = run(server, rights)
    run(first.owner, "CREATE TABLE kept (x int)")
    assert initialise(server) == first
    assert run(server, rights) == before
    assert run(first.owner, "SELECT count(*) FROM kept") == 0
    assert first.remarks == ()


def test_the_application_owns_nothing_and_has_no_powers(addresses: Addresses) -> None:
    app = addresses.app
    powers = "rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
    assert run(app, f"SELECT ({powers})::text FROM pg_roles WHERE rolname = current_user") == "(f,f,f,f,f)"
    owned = "SELECT count(*) FROM pg_shdepend WHERE refobjid = 'comptoir_app'::regrole AND deptype = 'o'"
    assert run(app, owned) == 0
    assert run(app, "SELECT pg_has_role('comptoir_owner', 'MEMBER')") is False
    for attempt in ("CREATE TABLE mine (x int)", "CREATE SCHEMA mine", "CREATE TEMP TABLE mine (x int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            run(app, attempt)


def test_powers_that_somebody_gave_are_taken_back(cluster: Cluster, addresses: Addresses) -> None:
    server = cluster.admin_url
    run(server, "ALTER ROLE comptoir_app BYPASSRLS NOLOGIN", "GRANT comptoir_owner TO comptoir_app")
    run(server, "ALTER ROLE comptoir_worker SUPERUSER")
    initialise(server)
    assert run(addresses.app, "SELECT pg_has_role('comptoir_owner', 'MEMBER')") is False
    assert run(server, "SELECT count(*) FROM pg_roles WHERE rolname ~ '^comptoir_[aw]' AND rolbypassrls") == 0
    assert run(server, "SELECT bool_and(rolcanlogin AND NOT rolsuper) FROM pg_roles WHERE rolname ~ '^comptoir'")


def test_the_worker_sees_the_queue_and_nothing_else(addresses: Addresses) -> None:
    run(
        addresses.owner,
        "CREATE TABLE queue.jobs (x int)",
        "GRANT SELECT ON queue.jobs TO comptoir_worker",
        "CREATE TABLE clients (x int)",
        "GRANT SELECT ON clients TO comptoir_worker",
    )
    assert run(addresses.worker, "SELECT count(*) FROM jobs") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="schema public"):
        run(addresses.worker, "SELECT count(*) FROM public.clients")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="schema queue"):
        run(addresses.app, "SELECT count(*) FROM queue.jobs")


def test_the_backup_reads_every_row_and_writes_none(addresses: Addresses) -> None:
    run(addresses.owner, *WALLED, "GRANT SELECT ON clients TO comptoir_app")
    assert run(addresses.app, "SELECT count(*) FROM clients") == 0
    assert run(addresses.backup, "SELECT count(*) FROM clients") == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        run(addresses.backup, "DELETE FROM clients")


def test_what_the_backup_role_dumped_is_restored_by_the_owner(
    addresses: Addresses, cluster: Cluster, tmp_path: Path
) -> None:
    run(addresses.owner, *WALLED, "CREATE TABLE queue.jobs (x int)")
    other = initialise(cluster.admin_url, "restored")
    programs, dump = cluster._bin or binaries(), str(tmp_path / "comptoir.dump")
    subprocess.run([str(programs / "pg_dump"), "-Fc", "-f", dump, addresses.backup], check=True)
    restore = [str(programs / "pg_restore"), "--clean", "--if-exists", "--single-transaction", "-d", other.owner]
    subprocess.run([*restore, dump], check=True)
    assert run(other.backup, "SELECT count(*) FROM clients") == 1
    assert run(other.owner, "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'clients'") is True
    assert initialise(cluster.admin_url, "restored") == other


def test_nobody_else_may_connect(addresses: Addresses) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        run(as_role(addresses.app, "stranger", database="comptoir"), "SELECT 1")


def test_a_password_that_is_not_the_one_is_a_statement_too(addresses: Addresses) -> None:
    other = {**PASSWORDS, "comptoir_app": "another"}
    with pytest.raises(CannotProvision) as caught:
        asyncio.run(provision.initialise(as_role(addresses.app, "stranger"), passwords=other))
    assert len(caught.value.server) == 1
    assert caught.value.server[0].startswith("ALTER ROLE comptoir_app PASSWORD 'SCRAM-SHA-256$")


def test_odd_names_and_passwords_are_quoted() -> None:
    url = provision.address(
        "postgresql://a:b@db.example:6432/old?sslmode=require&user=c", database="n/a", role="r", password="p@:/?%"
    )
    assert url == "postgresql://r:p%40%3A%2F%3F%25@db.example:6432/n%2Fa?sslmode=require"


@pytest.mark.parametrize("password", [None, "", "motdepassé"])
def test_a_password_must_be_there_and_be_ascii(password: str | None) -> None:
    passwords = {
        role: secret for role, secret in {**PASSWORDS, "comptoir_app": password}.items() if secret is not None
    }
    with pytest.raises(ValueError, match="comptoir_app needs a password"):
        asyncio.run(provision.initialise("postgresql://nobody@/x", passwords=passwords))


def test_a_clone_has_the_data_and_the_rights_and_can_be_dropped(cluster: Cluster, addresses: Addresses) -> None:
    server = cluster.admin_url
    run(addresses.owner, "CREATE TABLE kept AS SELECT 42 AS answer")
    asyncio.run(provision.clone(server, template="comptoir", database="copy"))
    copy = addresses.on("copy")
    assert run(copy.owner, "SELECT answer FROM kept") == 42
    assert run(copy.app, "SELECT current_database()") == "copy"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        run(as_role(server, "stranger", database="copy"), "SELECT 1")

    async def drop_while_somebody_is_in() -> None:
        connection = await asyncpg.connect(copy.app)
        await provision.drop(server, "copy")
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await connection.fetchval("SELECT 1")

    asyncio.run(drop_while_somebody_is_in())
    asyncio.run(provision.drop(server, "copy"))
    assert run(server, "SELECT count(*) FROM pg_database WHERE datname = 'copy'") == 0


def test_local_starts_prepares_is_found_and_erased(tmp_path: Path) -> None:
    cluster, addresses = provision.local(tmp_path / "home", options={"fsync": "off"})
    try:
        run(addresses.owner, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert provision.running(tmp_path / "home") == addresses
        cluster.stop()
        assert provision.running(tmp_path / "home") is None
        cluster, again = provision.local(tmp_path / "home")
        assert run(again.owner, "SELECT answer FROM kept") == 42
    finally:
        cluster.stop()
        provision.erase(tmp_path / "home")
    assert list((tmp_path / "home").iterdir()) == []


def test_two_at_the_same_time_do_not_collide(server: str) -> None:
    async def both() -> list[Addresses]:
        first = provision.initialise(server, passwords=PASSWORDS)
        return list(await asyncio.gather(first, provision.initialise(server, passwords=PASSWORDS)))

    assert len(set(asyncio.run(both()))) == 1


def test_who_may_nothing_is_told_every_statement_and_they_are_right(server: str, cluster: Cluster) -> None:
    powerless = as_role(server, "stranger")
    with pytest.raises(CannotProvision) as caught:
        initialise(powerless)
    error = caught.value
    assert [line.split(" PASSWORD")[0].split(" LOGIN")[0] for line in error.server] == [
        "CREATE ROLE comptoir_owner",
        "CREATE ROLE comptoir_app",
        "CREATE ROLE comptoir_worker",
        "CREATE ROLE comptoir_backup",
        "ALTER ROLE comptoir_worker SET search_path = queue",
        error.server[5],
        "ALTER ROLE comptoir_backup BYPASSRLS",
    ]
    assert error.server[5].startswith('CREATE DATABASE "comptoir" OWNER comptoir_owner')
    assert not any(password in str(error) for password in PASSWORDS.values())

    script = str(error).split("\n\n", 1)[1]
    psql = [str((cluster._bin or binaries()) / "psql"), "-v", "ON_ERROR_STOP=1", "-q", "-X", server]
    assert subprocess.run(psql, input=script, text=True, capture_output=True).stderr == ""
    addresses = initialise(powerless)
    assert everybody(addresses) == EVERYBODY
    assert addresses == initialise(server)


def test_an_administrator_who_is_no_superuser_can_do_it_but_for_the_backup(server: str) -> None:
    manager = as_role(server, "manager")
    addresses = initialise(manager)
    assert everybody(addresses) == EVERYBODY
    assert len(addresses.remarks) == 1
    assert "ALTER ROLE comptoir_backup BYPASSRLS" in addresses.remarks[0]
    assert initialise(manager) == addresses
    run(server, "ALTER ROLE comptoir_backup BYPASSRLS")
    assert initialise(manager).remarks == ()


def test_a_database_of_an_upgraded_server_is_taken_over(server: str) -> None:
    run(server, "CREATE DATABASE comptoir")
    old = provision.address(server, database="comptoir")
    run(old, "ALTER SCHEMA public OWNER TO postgres", "GRANT ALL ON SCHEMA public TO PUBLIC")
    owner = initialise(server).owner
    assert (
        run(owner, "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'public'") == "comptoir_owner"
    )
    assert run(owner, "SELECT has_schema_privilege('stranger', 'public', 'CREATE')") is False


def test_a_database_may_have_any_name(server: str) -> None:
    addresses = initialise(server, 'we"ird; né')
    assert run(addresses.app, "SELECT current_database()") == 'we"ird; né'


def test_passwords_are_in_no_log(server: str, cluster: Cluster) -> None:
    with pytest.raises(CannotProvision):
        initialise(as_role(server, "stranger"))
    initialise(server)
    log = cluster.log.read_text()
    assert "permission denied to create role" in log
    assert not any(password in log for password in PASSWORDS.values())
    assert not any(password in repr(initialise(server)) for password in PASSWORDS.values())
