"""What a benchmark stands on: an embedded PostgreSQL in a home of its own, and a database filled to a scale.

The home is kept, so that the minutes of filling are spent once; `fresh` makes a database anew.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import asyncpg
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import seeding
from benchmarks.scale import Scale
from core import embedded_files as files
from core import provision, schema
from core.embedded import Cluster
from core.provision import Addresses
from core.settings import Settings
from tenants import isolation
from web import composition

HOME = Path.home() / ".cache" / "comptoir" / "benchmarks"
OPTIONS = {"fsync": "off", "synchronous_commit": "off", "max_wal_size": "4GB", "autovacuum_naptime": "10min"}
"""The data can be made again, so nothing waits for the disk; what is measured only reads."""
SECRET = "the secret key of benchmarks, which guards nothing"
FILLED = "COMMENT ON DATABASE"


class Ground(msgspec.Struct):
    """The running cluster."""

    home: Path
    cluster: Cluster
    addresses: Addresses

    @property
    def data(self) -> Path:
        """Where the cluster's files are."""
        return files.store_of(self.cluster.directory) / "data"

    def settings(self, scale: Scale, *, port: int = 8000, workers: int = 1) -> Settings:
        """The settings of a server on the database of this scale."""
        urls = self.addresses.on(scale.database)
        return Settings(
            home=self.home,
            database_url=urls.app,
            database_owner_url=urls.owner,
            database_worker_url=urls.worker,
            secret_key=SECRET,
            secure_cookies=False,
            port=port,
            workers=workers,
        )


@contextmanager
def running(home: Path) -> Iterator[Ground]:
    """Start the cluster of this home, making it first where there is none. From the main thread."""
    home.mkdir(parents=True, exist_ok=True)
    cluster, addresses = provision.local(home, options=OPTIONS)
    try:
        yield Ground(home, cluster, addresses)
    finally:
        cluster.stop()


def filled(ground: Ground, scale: Scale, *, fresh: bool, console: Console) -> None:
    """See to it that the database of this scale is there and full."""
    is_full = asyncio.run(_is_full(ground, scale))
    if is_full and not fresh:
        return
    asyncio.run(provision.drop(ground.cluster.admin_url, scale.database))
    passwords = {role: ground.cluster.password(role) for role in provision.ROLES}
    asyncio.run(provision.initialise(ground.cluster.admin_url, database=scale.database, passwords=passwords))
    owner_url = ground.addresses.on(scale.database).owner
    asyncio.run(schema.migrate(owner_url, isolate=isolation.enforce))
    asyncio.run(_fill(ground, scale, owner_url, console))


async def _fill(ground: Ground, scale: Scale, owner_url: str, console: Console) -> None:
    columns = (TextColumn("Clients"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with composition.running(ground.settings(scale)):
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("clients", total=scale.clients)
            await seeding.fill(scale, owner_url, lambda count: progress.advance(bar, count))
    owner = await asyncpg.connect(owner_url)
    await owner.execute(f"{FILLED} {scale.database} IS '{_mark()}'")
    await owner.close()


async def _is_full(ground: Ground, scale: Scale) -> bool:
    """Whether the database was filled to its end, under the schema of this version."""
    admin = await asyncpg.connect(ground.cluster.admin_url)
    try:
        mark = await admin.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", scale.database
        )
    finally:
        await admin.close()
    return bool(mark == _mark())


def _mark() -> str:
    """Changes when a migration or the invented data do."""
    sources = [
        *schema.MIGRATIONS.glob("*.sql"),
        Path(seeding.__file__),
        Path(seeding.__file__).with_name("words.py"),
    ]
    return sha256(b"".join(source.read_bytes() for source in sorted(sources))).hexdigest()[:16]
