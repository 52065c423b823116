"""Messages to clients over JSON."""

import pytest

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
