"""Merging two clients on the pages and over JSON."""

import pytest

from core import db
from core.accounts import api_keys
from tests import cast

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


async def code_of(login):
    async with db.as_tenant((await cast.tenant("nova")).id):
        return await db.value("SELECT code FROM clients WHERE login = $1", login)


async def test_two_of_the_list_are_merged_with_a_preview_and_the_old_address_leads_on(alice):
    gone, stays = await code_of("dupont"), await code_of("elodie")
    assert 'formaction="/staff/clients/merge"' in (await alice.get("/staff/clients")).text
    asked = alice.text(await alice.get(f"/staff/clients/merge?code={gone}&code={stays}"))
    assert "Which of the two stays?" in asked
    told = alice.text(await alice.get(f"/staff/clients/merge?code={gone}&code={stays}&into={stays}"))
    for text in ("Merge “Jean Dupont” into “Élodie Lefèvre”", "Jean Dupont owned the client that goes and becomes",
                 "What stays behind", "Account groups:", "The other way round"):  # fmt: skip
        assert text in told, text
    sent = {"code": gone, "into": stays, "owner_role": ""}
    refused = await alice.post("/staff/clients/merge", sent)
    assert refused.status_code == 422
    assert 'id="error-owner_role"' in refused.text
    page = await alice.follow(await alice.post("/staff/clients/merge", sent | {"owner_role": "billing"}))
    assert "The clients were merged." in alice.text(page)
    moved = await alice.get(f"/staff/clients/{gone}/payers")
    assert moved.headers["location"] == f"/staff/clients/{stays}/payers"
    landed = alice.text(await alice.follow(moved))
    assert f"The client {gone} was merged into this one." in landed
    assert "Jean Dupont" in landed
    assert f'/staff/clients/{gone}"' not in (await alice.get("/staff/clients")).text
    assert "Merged" in alice.text(await alice.get("/staff/clients?status=merged"))
    assert f"/staff/clients/{stays}" in (await alice.get(f"/staff/search?q={gone}")).text


async def test_the_other_one_is_searched_for_from_the_clients_page(alice):
    gone, stays = await code_of("dupont"), await code_of("elodie")
    assert f"/staff/clients/merge?code={gone}" in (await alice.get(f"/staff/clients/{gone}")).text
    page = await alice.get(f"/staff/clients/merge?code={gone}&q=lefevre")
    assert f'name="into" value="{stays}"' in page.text
    nobody = alice.text(await alice.get(f"/staff/clients/merge?code={gone}&q=nobody"))
    assert "No other client was found." in nobody
    same = await alice.get(f"/staff/clients/merge?code={gone}&into={gone}")
    assert same.status_code == 422
    assert "Please choose another client." in alice.text(same)
    wrong = await alice.get(f"/staff/clients/merge?code={gone}&q={'x' * 201}")
    assert wrong.status_code == 422
    nothing = await alice.follow(await alice.get("/staff/clients/merge"))
    assert "Select one client" in alice.text(nothing)


async def test_a_program_merges_and_the_old_code_finds_the_other(visitor):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        scopes = frozenset({"client:read", "client:merge"})
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    gone, stays = await code_of("dupont"), await code_of("elodie")
    told = (await visitor.client.get(f"/api/v1/clients/{gone}/merge?into={stays}", headers=headers)).json()
    assert told["owner"] == "dupont@client.example"
    assert {"label": "Payers", "moves": 1, "in_both": 0} in told["moved"]
    assert {it["field"] for it in told["left_behind"]} == {"name", "contact_person", "email"}
    address = f"/api/v1/clients/{gone}/merge"
    refused = await visitor.client.post(address, json={"into": stays}, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() == {"owner_role"}
    sent = {"into": stays, "owner_role": "technical"}
    merged = await visitor.client.post(address, json=sent, headers=headers)
    assert merged.json()["code"] == stays
    found = await visitor.client.get(f"/api/v1/clients/{gone}", headers=headers)
    assert found.json()["code"] == stays
