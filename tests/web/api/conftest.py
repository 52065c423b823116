"""Callers of the API: a key of somebody of the cast, in front of the whole application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from core import db, policies
from core.accounts import api_keys
from core.settings import Settings
from tests import cast
from web.app import create_app

Caller = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def app(database: Settings) -> Any:
    """The whole application on a fresh database."""
    return create_app(database)


@pytest.fixture
async def caller(app: Any) -> AsyncIterator[Caller]:
    """Makes callers: `await caller("alice")` with all her rights, `scopes=` with some, `None` without a key."""
    opened: list[httpx.AsyncClient] = []

    async def call(name: str | None, *, scopes: set[str] | None = None, host: str = "") -> httpx.AsyncClient:
        place = host or (cast.PEOPLE[name][0] if name else "nova")
        headers = {"Authorization": f"Bearer {await key_of(name, scopes=scopes)}"} if name else {}
        transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 4711), raise_app_exceptions=True)
        client = httpx.AsyncClient(
            transport=transport, base_url=f"http://{place}.localhost/api/v1", headers=headers
        )
        opened.append(client)
        return client

    yield call
    for client in opened:
        await client.aclose()


async def key_of(name: str, *, scopes: set[str] | None = None) -> str:
    """A new API key of somebody of the cast; without `scopes` for all he may."""
    maker = await cast.who(name)
    wanted = frozenset(scopes) if scopes is not None else policies.permissions_of(maker)
    async with db.as_tenant(maker.tenant.id):
        return (await api_keys.create(api_keys.NewKey(name="test", scopes=wanted), by=maker)).key
