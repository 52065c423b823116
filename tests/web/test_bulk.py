"""Changing many clients on the pages, without scripts, and over JSON."""

import re

import pytest

from core import db
from core.accounts import api_keys
from tests import cast
from tests.core.at_queue import is_empty, until, workers

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(visitor):
    return await visitor.sign_in(cast.email("alice"))


def hidden(page):
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))


async def test_all_that_match_are_counted_confirmed_and_changed(alice, database):
    listed = await alice.get("/staff/clients?country=FR")
    assert 'href="/staff/clients/bulk?all=1&amp;country=FR"' in listed.text
    assert "Change all 2 that match" in alice.text(listed)
    asked = await alice.get("/staff/clients/bulk?all=1&country=FR")
    assert "Change 2 clients" in alice.text(asked)
    refused = await alice.post("/staff/clients/bulk?all=1&country=FR", {"act": "language", "language": ""})
    assert refused.status_code == 422
    confirm = await alice.post("/staff/clients/bulk?all=1&country=FR", {"act": "language", "language": "it"})
    assert "2 clients will be changed." in alice.text(confirm)
    sent = hidden(confirm)
    assert (sent["count"], sent["confirmed"], sent["language"]) == ("2", "1", "it")
    page = await alice.follow(await alice.post("/staff/clients/bulk?all=1&country=FR", sent))
    assert "The task was started." in alice.text(page)
    path = str(page.url.path)
    async with workers(database):
        await until(lambda: is_empty(database))
    text = alice.text(await alice.get(path))
    assert "2 of 2" in text
    assert "Jean Dupont" in text


async def test_when_the_number_changed_it_is_asked_again(alice):
    sent = {"act": "close", "reason": "Left", "confirmed": "1", "count": "7"}
    again = await alice.post("/staff/clients/bulk?all=1&country=FR", sent)
    assert "The number changed meanwhile" in alice.text(again)


async def test_selected_clients_are_carried_from_page_to_page(alice):
    asked = await alice.get("/staff/clients/bulk?code=1001&code=1002")
    assert re.findall(r'name="code" value="(\d+)"', asked.text) == ["1001", "1002"]
    confirm = await alice.post("/staff/clients/bulk", {"code": ["1001", "1002"], "act": "close", "reason": "x"})
    assert re.findall(r'name="code" value="(\d+)"', confirm.text) == ["1001", "1002"]
    nothing = await alice.follow(await alice.get("/staff/clients/bulk"))
    assert "Select one or several clients first." in alice.text(nothing)


async def test_a_program_counts_and_then_changes(visitor, database):
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        scopes = frozenset({"client:read", "client:close", "task:read"})
        made = await api_keys.create(api_keys.NewKey(name="k", scopes=scopes), by=by)
    headers = {"Authorization": f"Bearer {made.key}"}
    body = {"act": "close", "reason": "Left", "filter": {"country": "FR"}}
    dry = await visitor.client.post("/api/v1/clients/bulk", json=body | {"dry_run": True}, headers=headers)
    assert (dry.status_code, dry.json()) == (200, {"count": 2, "task": None})
    begun = await visitor.client.post("/api/v1/clients/bulk", json=body, headers=headers)
    assert begun.status_code == 202
    async with workers(database):
        await until(lambda: is_empty(database))
    task = (await visitor.client.get(begun.headers["location"], headers=headers)).json()
    assert (task["state"], task["done"]) == ("done", 2)
    refused = await visitor.client.post(
        "/api/v1/clients/bulk", json={"act": "delete", "codes": [1001]}, headers=headers
    )
    assert refused.status_code == 403
    both = await visitor.client.post("/api/v1/clients/bulk", json=body | {"codes": [1001]}, headers=headers)
    assert both.status_code == 422
