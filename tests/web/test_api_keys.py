"""The pages of one's own API keys, without JavaScript."""

import re

import pytest

from core import db
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/api-keys"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def test_a_key_is_shown_once_works_and_is_revoked(alice: Visitor) -> None:
    page = await alice.post(HERE, {"name": "Shop", "scopes": "client:read", "expires_on": "2999-12-31"})
    assert page.status_code == 200
    found = re.search(r'value="(comptoir_[\w-]{43})"', page.text)
    assert found
    key = found.group(1)
    listed = await alice.get(HERE)
    assert "Shop" in listed.text
    assert key not in listed.text
    program = alice.another()
    headers = {"Authorization": f"Bearer {key}"}
    assert (await program.get("/api/v1/clients", headers=headers)).status_code == 200
    path = re.search(rf'href="({HERE}/\d+/revoke)"', listed.text)
    assert path
    assert "Revoke the key “Shop”?" in alice.text(await alice.get(path.group(1)))
    page = await alice.follow(await alice.post(path.group(1)))
    assert "The key was revoked." in alice.text(page)
    assert (await program.get("/api/v1/clients", headers=headers)).status_code == 401
    assert (await alice.get(path.group(1))).status_code == 404


async def test_every_error_stands_beside_its_field(alice: Visitor) -> None:
    page = await alice.post(HERE, {"name": "", "expires_on": "2001-01-01"})
    assert page.status_code == 422
    for field in ("name", "scopes", "expires_on"):
        assert f'id="error-{field}"' in page.text
    for day in ("9999-12-31", "0001-01-01", "soon"):
        page = await alice.post(HERE, {"name": "x", "scopes": ["client:read", "group:read"], "expires_on": day})
        assert page.status_code == 422
        assert page.text.count(" checked") == 2


async def test_a_key_gets_no_right_that_its_maker_lacks(visitor: Visitor) -> None:
    sam = await visitor.sign_in(cast.email("sam"))
    form = await sam.get(f"{HERE}/new")
    assert 'value="client:read"' in form.text
    assert 'value="client:delete"' not in form.text
    page = await sam.post(HERE, {"name": "x", "scopes": "client:delete"})
    assert page.status_code == 422


async def test_nobody_revokes_the_key_of_another(alice: Visitor) -> None:
    await alice.post(HERE, {"name": "Shop", "scopes": "client:read"})
    async with db.as_tenant((await cast.tenant("nova")).id):
        number = await db.value("SELECT id FROM api_keys")
    mia = alice.another()
    await mia.sign_in(cast.email("max"))
    assert "Shop" not in (await mia.get(HERE)).text
    assert (await mia.get(f"{HERE}/{number}/revoke")).status_code == 404
    assert (await mia.post(f"{HERE}/{number}/revoke")).status_code == 404


async def test_an_auditor_has_no_keys(visitor: Visitor) -> None:
    ada = await visitor.sign_in(cast.email("ada"))
    assert (await ada.get(HERE)).status_code == 403
