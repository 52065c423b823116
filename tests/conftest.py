"""What every test stands on: one PostgreSQL per test process, and a database of its own for each test.

The database is a clone of a template that has every migration, the wall and the permanent cast (tests/cast.py).
`COMPTOIR_TEST_POSTGRES` names a directory of PostgreSQL programs to test on instead of the embedded ones.
"""

import asyncio
import atexit
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import jinja2
import msgspec
import pytest

from core import db, freshness, hooks, mail, provision, schema, sealing
from core.accounts import passwords
from core.embedded import ADMIN, Cluster
from core.provision import ROLES, Addresses
from core.settings import Settings
from tenants import addresses, isolation
from tests import cast, lending, staying
from tests.visitor import Visitor
from web import composition
from web.app import create_app
from web.kit import templates

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "120",
    "shared_buffers": "128MB",
}
QUICK = {"scram_iterations": "1"}
"""A password is looked at for every connection, and a test has several. PostgreSQL 15 has no such setting."""
SECRET = "a secret key of the tests, long enough to be one"
TEMPLATE = "comptoir_template"
LONG = (
    "/matrix/",
    "/test_description.py",
    "/test_cli.py",
    "/test_benchmarks.py",
    "/test_demo.py",
    "/test_scope.py",
)
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests go first: at the end one process would wait for the other."""
    items.sort(key=lambda item: not any(part in str(item.path) for part in LONG))


def pytest_collection_finish() -> None:
    """All that tests stand on is loaded now."""
    composition.settle()


class Server(msgspec.Struct):
    """The running PostgreSQL of this test process, and a connection of its administrator that stays."""

    admin_url: str
    urls: Addresses
    home: Path
    runner: asyncio.Runner
    admin: asyncpg.Connection
    idle: tuple[str, asyncpg.Connection] | None = None
    """A copy of the template that is as it was, and a connection of the administrator to it."""
    contents: lending.Contents | None = None
    lent: Settings | None = None
    """The settings of that copy when a test has it."""
    kept: staying.Kept | None = None
    """The connections of the application to it, while no test uses them."""

    def clone(self, template: str, database: str) -> None:
        """As `provision.clone`, which connects each time."""
        self.run(provision.copy(self.admin, template=template, database=database))

    def drop(self, database: str) -> None:
        self.run(self.admin.execute(f'DROP DATABASE "{database}" WITH (FORCE)'))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """In the loop of the connection. Outside of any other loop."""
        return self.runner.run(work)

    def connect(self, database: str) -> asyncpg.Connection:
        return self.run(asyncpg.connect(provision.address(self.admin_url, database=database)))


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return ("asyncio", {"loop_factory": staying.loop})


@pytest.fixture(scope="session", autouse=True)
def configured() -> None:
    """Keys, cheap password hashes and the installed plugins, as at a start of the product."""
    _keep_templates()
    settings = settings_for(None, home=Path("/nonexistent"))
    sealing.configure(SECRET)
    passwords.configure(parallel=8, cheap=True)
    mail.configure(settings)
    addresses.configure(settings)
    assert hooks.load(settings) == []


def _keep_templates() -> None:
    """Compiled templates stand beside compiled modules, where tox keeps those, and serve all processes."""
    if sys.pycache_prefix is None:
        return
    made_by = Path(templates.__file__).read_bytes() + jinja2.__version__.encode()
    kept = Path(sys.pycache_prefix) / f"templates-{sha256(made_by).hexdigest()[:16]}"
    kept.mkdir(parents=True, exist_ok=True)
    templates.JINJA.bytecode_cache = jinja2.FileSystemBytecodeCache(str(kept))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, configured: None) -> Iterator[Server]:
    home = _roomy_memory() or tmp_path_factory.mktemp("home")
    chosen = os.environ.get("COMPTOIR_TEST_POSTGRES")
    options = FAST | ({} if chosen else QUICK)
    cluster, urls = provision.local(
        home, database=TEMPLATE, prefer=Path(chosen) if chosen else None, options=options
    )
    try:
        asyncio.run(say_passwords_again(cluster))
        asyncio.run(make_template(urls, home))
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            admin = runner.run(asyncpg.connect(cluster.admin_url))
            yield Server(admin_url=cluster.admin_url, urls=urls, home=home, runner=runner, admin=admin)
            runner.run(admin.close())
    finally:
        cluster.erase()


def _roomy_memory() -> Path | None:
    """A directory in memory, where a clone takes a tenth of the time; None where there is little of it."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < 2**30:
        return None
    home = Path(tempfile.mkdtemp(prefix="comptoir-", dir=memory))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


async def say_passwords_again(cluster: Cluster) -> None:
    """They were set for as many rounds as the product wants, and before the options held."""
    admin = await asyncpg.connect(cluster.admin_url)
    for role in (ADMIN, *ROLES):
        await admin.execute(f"ALTER ROLE {role} PASSWORD '{cluster.password(role)}'")
    await admin.close()


async def make_template(urls: Addresses, home: Path) -> None:
    await schema.migrate(urls.owner, isolate=isolation.enforce)
    await db.start(settings_for(urls, home=home))
    try:
        await cast.enter()
    finally:
        await db.stop()
        freshness.MEMORY.forget(None)
    worker = await asyncpg.connect(urls.worker)
    await worker.execute("DELETE FROM queue.pgqueuer")
    await worker.close()


@pytest.fixture
def settings(server: Server) -> Iterator[Settings]:
    """The settings of a database with the cast in it, which is as if it were fresh."""
    name, admin = server.idle or _fresh(server)
    server.idle = None
    assert server.contents is not None
    since = server.run(lending.now(admin))
    server.lent = settings_for(server.urls.on(name), home=server.home)
    yield server.lent
    server.lent, is_as_before = None, False
    try:
        pids = server.kept.pids if server.kept else ()
        is_as_before = server.run(lending.put_back(admin, server.contents, since, stay=pids))
    finally:
        if is_as_before:
            server.idle = name, admin
        else:
            if server.kept:
                server.kept.pool.terminate()
            server.kept = None
            server.run(admin.close())
            server.drop(name)


def _fresh(server: Server) -> tuple[str, asyncpg.Connection]:
    """A new copy of the template. What the template holds is read before the first one."""
    if server.contents is None:
        template = server.connect(TEMPLATE)
        server.contents = server.run(lending.Contents.of(template))
        server.run(template.close())
    name = f"comptoir_{next(_numbers)}"
    server.clone(TEMPLATE, name)
    return name, server.connect(name)


@contextmanager
def cloned(server: Server, template: str) -> Iterator[Settings]:
    """The settings of a copy of a database, which goes when the block ends."""
    name = f"comptoir_{next(_numbers)}"
    server.clone(template, name)
    yield settings_for(server.urls.on(name), home=server.home)
    server.drop(name)


@pytest.fixture
async def database(server: Server, settings: Settings) -> AsyncIterator[Settings]:
    """The database, started: `db.as_tenant` works inside the test."""
    is_lent, kept = settings is server.lent, server.kept
    if is_lent and kept:
        db.DB.pool, server.kept = kept.pool, None
    else:
        await db.start(settings)
    pool = db.DB.pool
    yield settings
    if is_lent and db.DB.pool is pool:
        server.kept, db.DB.pool = await staying.tidied(pool), None
    await db.stop()
    freshness.MEMORY.forget(None)


@pytest.fixture
async def visitor(database: Settings) -> AsyncIterator[Visitor]:
    """Somebody with a browser, in front of the whole application."""
    async with Visitor(create_app(database)) as somebody:
        yield somebody


def settings_for(urls: Addresses | None, *, home: Path) -> Settings:
    return Settings(
        home=home,
        database_url=urls.app if urls else "",
        database_owner_url=urls.owner if urls else "",
        database_worker_url=urls.worker if urls else "",
        database_pool_size=5,
        secret_key=SECRET,
        secure_cookies=False,
        vies_url="",
    )
