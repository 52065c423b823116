"""Clearing personal data on the pages and over JSON."""

from collections.abc import Mapping
from typing import Any

import pytest

from core import db, hooks
from core.accounts import api_keys
from plugins.api import Veto
from tests import cast
from tests.plugins import rogues

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def code_of(login):
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value("SELECT code FROM clients WHERE login = $1", login)


async def test_a_closed_client_is_cleared_after_its_code_was_typed(alice):
    code = await code_of("dupont")
    place = f"/staff/clients/{code}/personal-data"
    tab = alice.text(await alice.get(place))
    assert "Close the client first" in tab
    assert "Activity: who of your team did what, and when" in tab
    asked = await alice.get(f"{place}/clear")
    assert "Not now" in alice.text(asked) and 'name="typed"' not in asked.text
    conflict = await alice.post(f"{place}/clear", {"typed": code, "reason": "Asked"})
    assert conflict.status_code == 409
    await alice.post("/staff/clients/close", {"code": code, "reason": "Left"})
    assert f"{place}/clear" in (await alice.get(place)).text
    asked = alice.text(await alice.get(f"{place}/clear"))
    for text in ("Clear the personal data of “Jean Dupont”?", "This cannot be undone",
                 "Jean Dupont · dupont@client.example: is cleared and cannot sign in any more"):  # fmt: skip
        assert text in asked, text
    refused = await alice.post(f"{place}/clear", {"typed": "1", "reason": ""})
    assert refused.status_code == 422
    assert 'id="error-typed"' in refused.text and 'id="error-reason"' in refused.text
    page = alice.text(await alice.follow(await alice.post(f"{place}/clear", {"typed": code, "reason": "Asked"})))
    assert "The personal data was cleared." in page
    assert f"Cleared client {code}" in page
    assert "Dupont" not in page
    assert "Cleared on" in alice.text(await alice.get(place))
    assert "Dupont" not in alice.text(await alice.get(f"/staff/clients/{code}/activity"))
    again = await alice.post("/staff/clients/reopen", {"code": code})
    assert "it stays closed" in alice.text(again)


async def test_a_refused_deletion_offers_what_can_be_done_instead(database, settings, visitor):
    def before_client_deleted(client: Mapping[str, Any]) -> None:
        raise Veto("It has services.")

    plugin = rogues.plugin("keeper", before_client_deleted=before_client_deleted)
    assert not hooks.load(settings, extra={"keeper": plugin})
    try:
        alice = await visitor.sign_in(cast.email("alice"))
        async with db.as_tenant((await cast.tenant("nova")).id):
            await db.execute(
                "INSERT INTO plugin_settings (plugin, enabled, updated_at) VALUES ('keeper', true, now())"
            )
        code = await code_of("dupont")
        page = await alice.post("/staff/clients/delete", {"code": code})
        assert "It has services." in alice.text(page)
        assert f'href="/staff/clients/close?code={code}"' in page.text
        await alice.post("/staff/clients/close", {"code": code, "reason": "Left"})
        page = await alice.post("/staff/clients/delete", {"code": code})
        assert f'href="/staff/clients/{code}/personal-data/clear"' in page.text
    finally:
        hooks.load(settings)


async def test_a_program_clears(visitor):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        scopes = frozenset({"client:read", "client:close", "client:clear"})
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    code = await code_of("dupont")
    address = f"/api/v1/clients/{code}/clear"
    told = (await visitor.client.get(address, headers=headers)).json()
    assert told["users"] == [{"name": "Jean Dupont", "email": "dupont@client.example", "is_elsewhere": False}]
    assert told["refusal"].startswith("Close the client first")
    sent = {"code": code, "reason": "Asked"}
    assert (await visitor.client.post(address, json=sent, headers=headers)).status_code == 409
    await visitor.client.post("/api/v1/clients/close", json={"codes": [code], "reason": "Left"}, headers=headers)
    wrong = await visitor.client.post(address, json=sent | {"code": 1}, headers=headers)
    assert wrong.status_code == 422
    cleared = await visitor.client.post(address, json=sent, headers=headers)
    assert cleared.json()["name"] == f"Cleared client {code}"
