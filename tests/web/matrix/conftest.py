"""The world of the matrix: one for each test, which asks about many routes in it."""

from collections.abc import AsyncIterator

import pytest

from core.settings import Settings
from tests.conftest import Server
from tests.web.matrix.world import World


@pytest.fixture
async def world(server: Server, database: Settings) -> AsyncIterator[World]:
    async with World.of(database, server.admin_url) as made:
        yield made
