"""Webhooks over JSON: which events one is told of, changing part of it, and the pages of its log."""

import pytest

from core import clock, db
from core.support import webhook_outbox
from tests import cast

pytestmark = pytest.mark.anyio
URL = "https://hooks.example.org/in"


async def test_a_webhook_that_names_events_is_told_of_these_only(caller):
    alice = await caller("alice")
    for sent, is_for_all, events in (
        ({}, True, []),
        ({"events": ["invoice.paid"]}, False, ["invoice.paid"]),
        ({"events": ["invoice.paid"], "is_for_all": False}, False, ["invoice.paid"]),
        ({"events": [], "is_for_all": True}, True, []),
    ):
        made = await alice.post("/webhooks", json={"url": URL} | sent)
        assert made.status_code == 201, sent
        kept = (await alice.get(f"/webhooks/{made.json()['webhook']['id']}")).json()
        assert (kept["is_for_all"], kept["events"]) == (is_for_all, events), sent
        await alice.delete(f"/webhooks/{kept['id']}")
    for wrong in (
        {"events": ["nope"]},
        {"events": ["nope"], "is_for_all": True},
        {"events": ["invoice.paid"], "is_for_all": True},
        {"events": []},
        {"is_for_all": False},
    ):
        refused = await alice.post("/webhooks", json={"url": URL} | wrong)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["events"]), wrong
    assert (await alice.get("/webhooks")).json()["items"] == []


async def test_a_change_of_a_webhook_leaves_alone_what_it_does_not_name(caller):
    alice = await caller("alice")
    made = await alice.post("/webhooks", json={"url": URL, "description": "Books", "events": ["invoice.paid"]})
    kept = made.json()["webhook"]
    here = f"/webhooks/{kept['id']}"
    for sent, expected in (
        ({"is_on": False}, {"is_on": False}),
        ({"description": "Tickets"}, {"description": "Tickets"}),
        ({"is_for_all": True}, {"is_for_all": True, "events": []}),
        ({"url": f"{URL}/2"}, {"url": f"{URL}/2"}),
        ({"events": ["ticket.opened"]}, {"is_for_all": False, "events": ["ticket.opened"]}),
    ):
        changed = await alice.patch(here, json=sent | {"version": kept["version"]})
        assert changed.status_code == 200, changed.text
        assert changed.json() == kept | expected | {"version": kept["version"] + 1}, sent
        kept = changed.json()
    refused = await alice.patch(here, json={"events": [], "version": kept["version"]})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["events"])
    assert (await alice.patch(here, json={"is_on": True, "version": 1})).status_code == 409
    assert (await alice.get(here)).json() == kept


async def test_the_log_is_read_in_pages_as_large_as_asked_for(caller):
    alice = await caller("alice")
    made = (await alice.post("/webhooks", json={"url": URL})).json()["webhook"]
    log = f"/webhooks/{made['id']}/deliveries"
    for _once in range(3):
        assert (await alice.post(f"/webhooks/{made['id']}/test")).status_code == 204
    async with db.as_tenant((await cast.tenant("nova")).id):
        await webhook_outbox._spread_some(clock.now())
    whole = (await alice.get(log)).json()["items"]
    assert len(whole) == 3
    first = (await alice.get(f"{log}?limit=2")).json()
    rest = (await alice.get(log, params={"limit": 2, "after": first["next"]})).json()
    assert (len(first["items"]), first["items"] + rest["items"]) == (2, whole)
    for wrong in ("0", "201", "x"):
        refused = await alice.get(f"{log}?limit={wrong}")
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["limit"]), wrong
