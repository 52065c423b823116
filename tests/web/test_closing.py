"""Closing clients on the pages and over JSON."""

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


async def test_one_is_closed_from_his_page_and_opened_again(alice):
    code = await code_of("dupont")
    assert f"/staff/clients/close?code={code}" in (await alice.get(f"/staff/clients/{code}")).text
    asked = alice.text(await alice.get(f"/staff/clients/close?code={code}"))
    assert "Close one client?" in asked
    assert "Jean Dupont" in asked
    refused = await alice.post("/staff/clients/close", {"code": code, "reason": ""})
    assert refused.status_code == 422
    assert "Please fill this in." in alice.text(refused)
    page = alice.text(
        await alice.follow(await alice.post("/staff/clients/close", {"code": code, "reason": "Left us"}))
    )
    assert "One client was closed." in page
    assert "This client is closed" in page
    assert "Reason: Left us" in page
    edited = await alice.post(f"/staff/clients/{code}", {"version": 2, "name": "Other"})
    assert edited.status_code == 403
    assert "This client is closed. Open it again to change it." in alice.text(edited)
    page = alice.text(await alice.follow(await alice.post("/staff/clients/reopen", {"code": code})))
    assert "One client is open again." in page
    assert "Left us" not in page


async def test_those_that_stay_are_told_with_their_reason(alice):
    codes = [await code_of("dupont"), await code_of("tanaka")]
    await alice.post("/staff/clients/close", {"code": codes[0], "reason": "Left"})
    page = await alice.post("/staff/clients/close", {"code": codes, "reason": "Left"})
    text = alice.text(page)
    assert page.status_code == 200
    assert "One client stays as it is" in text
    assert "This client is closed already." in text
    assert "One client was closed." in text


async def test_nothing_selected_leads_back_to_the_list(alice):
    page = await alice.follow(await alice.get("/staff/clients/close"))
    assert "Select one or several clients first." in alice.text(page)


async def test_a_program_closes_and_opens_and_learns_of_each(visitor):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        made = await api_keys.create(
            api_keys.NewKey(name="k", scopes=frozenset({"client:read", "client:close"})), by=by
        )
    headers = {"Authorization": f"Bearer {made.key}"}
    code = await code_of("dupont")
    answer = await visitor.client.post(
        "/api/v1/clients/close", json={"codes": [code, 77], "reason": "Left"}, headers=headers
    )
    assert answer.status_code == 200
    assert [it["code"] for it in answer.json()["changed"]] == [code]
    assert answer.json()["unknown"] == [77]
    again = await visitor.client.post(
        "/api/v1/clients/close", json={"codes": [code], "reason": "Left"}, headers=headers
    )
    assert again.json()["refused"][0]["reason"] == "This client is closed already."
    empty = await visitor.client.post(
        "/api/v1/clients/close", json={"codes": [code], "reason": " "}, headers=headers
    )
    assert empty.status_code == 422
    opened = await visitor.client.post("/api/v1/clients/reopen", json={"codes": [code]}, headers=headers)
    assert [it["code"] for it in opened.json()["changed"]] == [code]
