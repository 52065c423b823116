"""Scopes work through PgBouncer in transaction mode, where all tenants share one connection to the server."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import msgspec
import pytest

from core import db
from tests import cast, machine

pytestmark = pytest.mark.anyio

CONFIG = """
[databases]
{database} = host={host} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = 1
max_client_conn = 200
logfile = {log}
"""


@pytest.fixture
def bouncer(settings):
    """The settings of the same database behind a PgBouncer with a pool of one."""
    parts = urlsplit(settings.database_url)
    database, host = parts.path.lstrip("/"), parse_qs(parts.query)["host"][0]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    directory, owner = Path(tempfile.mkdtemp(prefix="bouncer-")), os.stat(host)
    users, config = directory / "users.txt", directory / "pgbouncer.ini"
    users.write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
    config.write_text(
        CONFIG.format(database=database, host=host, port=port, users=users, log=directory / "pgbouncer.log")
    )
    for path in (directory, users, config):
        os.chown(path, owner.st_uid, owner.st_gid)
    program = machine.find("pgbouncer")
    assert program, "PgBouncer is not installed: python -m tests.machine"
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    process = subprocess.Popen([program, "-q", str(config)], stderr=subprocess.DEVNULL, **identity)
    try:
        _wait(port, process)
        url = f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}/{database}"
        yield msgspec.structs.replace(
            settings, database_url=url, database_statement_cache=0, database_pool_size=20
        )
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(directory, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        assert process.poll() is None, "PgBouncer ended"
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("PgBouncer does not answer")


async def test_600_scopes_of_four_tenants_share_one_connection_and_leak_nothing(bouncer):
    await db.start(bouncer)
    try:
        tenants = [await cast.tenant(code) for code in ("nova", "acme", "petit")]
        expected = {place.id: len(cast.CLIENTS[place.code]) for place in tenants} | {0: 0}

        async def visit(number: int) -> None:
            tenant_id = list(expected)[number % len(expected)]
            async with db.as_tenant(tenant_id):
                seen = await db.fetch("SELECT tenant_id FROM clients WHERE code > $1", number % 2)
                assert len(seen) == expected[tenant_id]
                if number % 7 == 0:
                    raise ZeroDivisionError
                assert await db.value("SELECT current_setting('app.tenant_id')") == str(tenant_id)

        answers = await asyncio.gather(*(visit(number) for number in range(600)), return_exceptions=True)
        failed = [answer for answer in answers if answer is not None and not isinstance(answer, ZeroDivisionError)]
        assert failed == []
    finally:
        await db.stop()


async def test_after_a_transaction_the_shared_connection_belongs_to_nobody(bouncer):
    await db.start(bouncer)
    try:
        nova = await cast.tenant("nova")
        async with db.as_tenant(nova.id):
            assert await db.value("SELECT count(*) FROM clients") == len(cast.CLIENTS["nova"])
        bare = await asyncpg.connect(bouncer.database_url, statement_cache_size=0)
        assert await bare.fetchval("SELECT count(*) FROM clients") == 0
        await bare.close()
    finally:
        await db.stop()
