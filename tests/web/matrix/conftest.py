"""The world of the matrix: one for each test, which asks about many routes in it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from core.settings import Settings
from tests.conftest import TEMPLATE, Server, cloned
from tests.web.matrix.fingerprints import NOTES
from tests.web.matrix.world import PREPARED, World
from web.kit import streams

PLACE, NOTING = "comptoir_matrix", "comptoir_noting"


@pytest.fixture(scope="session")
def prepared(server: Server) -> str:
    """The name of a template with the editions that the rows are about."""
    _copy(server, TEMPLATE, PLACE, PREPARED)
    return PLACE


@pytest.fixture(scope="session")
def noting(server: Server, prepared: str) -> str:
    """The name of another one, in which every table notes what is written to it, at the cost of each write."""
    _copy(server, prepared, NOTING, NOTES)
    return NOTING


def _copy(server: Server, template: str, name: str, changes: str) -> None:
    server.clone(template, name)
    admin = server.connect(name)
    server.run(admin.execute(changes))
    server.run(admin.close())


@pytest.fixture
def template(prepared: str) -> str:
    """What the world is a copy of. Modules that ask what was written have `noting` in its place."""
    return prepared


@pytest.fixture
def settings(server: Server, template: str) -> Iterator[Settings]:
    """The settings of a fresh copy of that template."""
    with cloned(server, template) as made:
        yield made


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that goes on as long as somebody looks ends at once."""
    monkeypatch.setattr(streams, "LONGEST", 0.1)


@pytest.fixture
async def world(server: Server, database: Settings) -> AsyncIterator[World]:
    async with World.of(database, server.admin_url) as made:
        yield made
