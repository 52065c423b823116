"""The world of the matrix: one for each test, which asks about many routes in it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from core import provision
from core.settings import Settings
from tests.conftest import TEMPLATE, Server, cloned
from tests.web.matrix.fingerprints import NOTES
from tests.web.matrix.world import PREPARED, World
from web.kit import streams

PLACE = "comptoir_matrix"


@pytest.fixture(scope="session")
def noting(server: Server) -> str:
    """The name of a template in which every table notes what is written to it."""

    async def make() -> None:
        admin = await asyncpg.connect(provision.address(server.admin_url, database=PLACE))
        await admin.execute(PREPARED + NOTES)
        await admin.close()

    server.clone(TEMPLATE, PLACE)
    asyncio.run(make())
    return PLACE


@pytest.fixture
def settings(server: Server, noting: str) -> Iterator[Settings]:
    """The settings of a fresh copy of that template."""
    with cloned(server, noting) as made:
        yield made


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that goes on as long as somebody looks ends at once."""
    monkeypatch.setattr(streams, "LONGEST", 0.1)


@pytest.fixture
async def world(server: Server, database: Settings) -> AsyncIterator[World]:
    async with World.of(database, server.admin_url) as made:
        yield made
