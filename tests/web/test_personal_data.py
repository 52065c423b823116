"""Clearing personal data on the pages and over JSON."""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from core import db, hooks
from core.accounts import api_keys, personal_sources
from plugins.api import Veto
from tests import cast
from tests.core.at_queue import is_empty, until, workers
from tests.plugins import rogues

pytestmark = pytest.mark.anyio
STEPS = len(personal_sources.SOURCES) + 2
"""The tables of a copy, the files, and what plugins bring."""


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def code_of(login):
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value("SELECT code FROM clients WHERE login = $1", login)


def main_of(page) -> str:
    """The page's own part: the head with its actions, not the menus."""
    return page.text[page.text.index('<div class="page-actions">') :].split('<nav class="tabs-line"')[0]


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
    async with db.as_tenant((await cast.tenant("nova")).id):
        person = await db.value("SELECT id FROM people WHERE email LIKE '%@cleared.invalid'")
    users = f"/staff/clients/{code}/users"
    for path in (f"/staff/clients/{code}", users, f"{users}/{person}", "/staff/users", f"/staff/users/{person}"):
        page = await alice.get(path)
        assert page.status_code == 200, path
        assert "cleared.invalid" not in page.text, path
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("DELETE FROM memberships WHERE person_id = $1", person)
    assert "Nobody signs in for this client." in alice.text(await alice.get(users))


async def test_of_a_cleared_client_only_what_can_be_done_is_offered_and_the_rest_is_refused(alice):
    code, other = await code_of("dupont"), await code_of("elodie")
    here = f"/staff/clients/{code}"
    acts = ("/edit", "?focus=", "/enter", "/merge?", "/close?", "/delete?")
    page = main_of(await alice.get(here))
    assert [act for act in acts if act not in page] == []
    await alice.post("/staff/clients/close", {"code": code, "reason": "Left"})
    await alice.post(f"{here}/personal-data/clear", {"typed": code, "reason": "Asked"})
    assert [act for act in acts if act in main_of(await alice.get(here))] == ["/delete?"]
    notes = await alice.get(f"{here}/notes")
    assert notes.status_code == 200 and f'action="{here}/' not in notes.text
    assert f'action="{here}/groups"' not in (await alice.get(f"{here}/groups")).text
    for path, data in ((f"{here}/enter", {"reason": "Ticket 12"}), (f"{here}/notes", {"text": "It was Jean"})):
        refused = await alice.post(path, data)
        assert refused.status_code in (403, 409), path
        assert "was cleared" in alice.text(refused), path
    assert (await alice.get(f"{here}/enter")).status_code == 409
    picked = await alice.follow(await alice.get("/staff/enter", params={"code": str(code)}))
    assert "nobody can enter it any more" in alice.text(picked)
    chosen = await alice.follow(await alice.get(f"/staff/clients/merge?code={code}&code={other}"))
    assert "cannot be merged" in alice.text(chosen)
    for gone, into in ((code, other), (other, code)):
        sent = {"code": gone, "into": into, "owner_role": "billing"}
        answer = await alice.post("/staff/clients/merge", sent)
        page = await alice.follow(answer) if answer.status_code == 303 else answer
        assert "cannot be merged" in alice.text(page)
    assert (await alice.get(f"/staff/clients/{other}")).status_code == 200, "it leads nowhere else"


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


async def test_staff_make_a_copy_and_download_it(alice, settings):
    code = await code_of("dupont")
    place = f"/staff/clients/{code}/personal-data"
    page = alice.text(await alice.follow(await alice.post(place, {})))
    assert "The copy is being made." in page
    assert f"Being made: 0 of {STEPS}" in page
    assert "A copy is being made already." in alice.text(await alice.post(place, {}))
    async with workers(settings):
        await until(lambda: is_empty(settings))
    page = await alice.get(place)
    assert "Ready until" in alice.text(page)
    export_id = re.search(rf"{place}/(\d+)/download", page.text).group(1)
    file = await alice.post(f"{place}/{export_id}/download", {})
    assert file.headers["content-type"] == "application/zip"
    assert file.headers["cache-control"] == "no-store"
    assert zipfile.ZipFile(io.BytesIO(file.content)).testzip() is None
    assert "Downloaded on" in alice.text(await alice.get(place))
    other = await code_of("elodie")
    assert (await alice.post(f"/staff/clients/{other}/personal-data/{export_id}/download", {})).status_code == 404


async def test_the_owner_asks_for_a_copy_in_the_portal_and_support_inside_does_not(visitor, settings):
    jean = await visitor.sign_in(cast.email("dupont"))
    assert "Demander une copie" in jean.text(await jean.get("/personal-data"))
    page = jean.text(await jean.follow(await jean.post("/personal-data", {})))
    assert "En préparation" in page
    async with workers(settings):
        await until(lambda: is_empty(settings))
    page = await jean.get("/personal-data")
    address = re.search(r"/personal-data/\d+/download", page.text).group(0)
    file = await jean.post(address, {})
    assert b"Alice" not in file.content
    assert "a demandé une copie des données personnelles" in jean.text(await jean.get("/log"))


async def test_support_inside_the_account_cannot_ask_and_it_is_told_in_the_activity(alice):
    code = await code_of("dupont")
    entered = await alice.post(f"/staff/clients/{code}/enter", {"reason": "Ticket 7"})
    assert entered.status_code == 303
    page = await alice.get("/personal-data")
    assert "not possible while you are inside" in alice.text(page)
    token = re.search(r'action="/inside/leave".*?name="_csrf" value="([^"]+)"', page.text, re.DOTALL)
    refused = await alice.client.post("/personal-data", data={"_csrf": token.group(1)})
    assert refused.status_code == 403
    async with db.as_tenant((await cast.tenant("nova")).id):
        told = await db.value(
            "SELECT changes FROM audit_entries WHERE action = 'impersonation:refused' ORDER BY at DESC LIMIT 1"
        )
        assert told["request"] == [None, "POST /personal-data"]
        assert await db.value("SELECT count(*) FROM personal_exports") == 0


async def test_a_program_has_a_copy_made(visitor, settings):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        scopes = frozenset({"client:read", "client:personal_data"})
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    address = f"/api/v1/clients/{await code_of('dupont')}/personal-data"
    asked = await visitor.client.post(address, headers=headers)
    assert asked.status_code == 202
    assert asked.json()["state"] == "waiting"
    assert (await visitor.client.post(address, headers=headers)).status_code == 409
    async with workers(settings):
        await until(lambda: is_empty(settings))
    (copy,) = (await visitor.client.get(address, headers=headers)).json()["items"]
    assert (copy["state"], copy["done"]) == ("ready", STEPS)
    file = await visitor.client.post(f"{address}/{copy['id']}/download", headers=headers)
    assert zipfile.ZipFile(io.BytesIO(file.content)).testzip() is None
