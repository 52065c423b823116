"""Messages to clients over JSON."""

import pytest

from core import db
from tests import cast
from tests.letters import waiting

pytestmark = pytest.mark.anyio
TEXTS = {"en": {"subject": "Hello", "text": "We move on Sunday."}}


async def test_messages_are_read_in_pages_as_large_as_asked_for(caller):
    alice = await caller("alice")
    for _each in range(3):
        made = await alice.post("/messages", json={"codes": [1001], "texts": TEXTS})
        assert made.status_code == 201, made.text
    whole = (await alice.get("/messages")).json()["messages"]
    first = (await alice.get("/messages?limit=2")).json()
    rest = (await alice.get("/messages", params={"limit": 2, "after": first["next"]})).json()
    assert (len(whole), len(first["messages"])) == (3, 2)
    assert first["messages"] + rest["messages"] == whole
    for path in ("/messages", f"/messages/{whole[0]['id']}/recipients"):
        assert (await alice.get(f"{path}?limit=1")).status_code == 200
        for wrong in ("0", "201", "x"):
            refused = await alice.get(f"{path}?limit={wrong}")
            assert (refused.status_code, list(refused.json()["errors"])) == (422, ["limit"]), path


async def test_a_draft_is_tried_at_the_address_of_who_made_the_key(caller):
    alice = await caller("alice")
    here = f"/messages/{(await alice.post('/messages', json={'codes': [1001], 'texts': TEXTS})).json()['id']}"
    tried = await alice.post(f"{here}/test", json={"client": 1001})
    assert (tried.status_code, tried.json()) == (200, {"address": cast.email("alice")})
    assert (await alice.get(here)).json()["status"] == "draft"
    (letter,) = await waiting((await cast.tenant("nova")).id)
    assert letter["to"] == cast.email("alice")
    assert "We move on Sunday." in letter["text"]
    for wrong in (0, 2**64, 999):
        assert (await alice.post(f"{here}/test", json={"client": wrong})).status_code == 404, wrong
    empty = (await alice.post("/messages", json={"codes": [1001]})).json()["id"]
    refused = await alice.post(f"/messages/{empty}/test", json={"client": 1001})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["client"])


async def test_a_language_that_there_is_not_is_refused_beside_the_texts(caller):
    alice = await caller("alice")
    for texts in ({"zz": TEXTS["en"]}, {"": TEXTS["en"]}):
        refused = await alice.post("/messages", json={"codes": [1001], "texts": texts})
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["texts"])


async def test_who_would_not_get_a_message_is_read_by_name_and_by_reason(caller):
    alice = await caller("alice")
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE clients SET email = '' WHERE code IN (1001, 1002)")
    made = (await alice.post("/messages", json={"codes": [1001, 1002, 1003], "texts": TEXTS})).json()
    here = f"/messages/{made['id']}/skipped"
    first = (await alice.get(f"{here}?limit=1")).json()
    rest = (await alice.get(here, params={"limit": 1, "after": first["next"]})).json()
    assert [(one["client"], one["reason"]) for page in (first, rest) for one in page["clients"]] == [
        (1001, "no_address"),
        (1002, "no_address"),
    ]
    assert (await alice.get(f"{here}?reason=closed")).json()["clients"] == []
    for wrong in ("reason=x", "limit=0"):
        assert (await alice.get(f"{here}?{wrong}")).status_code == 422
    refused = await alice.get(f"/messages/{made['id']}/recipients", params={"search": "x" * 5_000})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["search"])
