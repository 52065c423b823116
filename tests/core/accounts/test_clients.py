"""Clients are registered, changed and removed by whoever may, and nothing is half done."""

import pytest

from core import db
from core.accounts import client_list, clients
from tests import cast

pytestmark = pytest.mark.anyio


async def test_the_cast_is_there(database):
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        page = await client_list.page(client_list.ClientFilter(), by=alice)
    assert [row["login"] for row in page.rows][::-1] == [client[0] for client in cast.CLIENTS["nova"]]
