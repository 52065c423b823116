"""Writes that are sent twice with the same key."""

import asyncio
from datetime import timedelta

import pytest

from core import clock, db, idempotency
from tests import cast

pytestmark = pytest.mark.anyio

NEW = {"login": "once", "email": "once@client.example", "country": "FR", "contact_person": "Once Only"}
KEY = {"Idempotency-Key": "order-1"}


async def count_of(name="once", code="nova"):
    tenant = await cast.tenant(code)
    async with db.as_tenant(tenant.id):
        return await db.value("SELECT count(*) FROM clients WHERE login = $1", name)


def told(answer):
    """Everything that must be the same the second time."""
    return answer.status_code, answer.content, answer.headers["content-type"], answer.headers.get("location")


async def test_the_same_request_acts_once_and_is_answered_alike(caller):
    alice = await caller("alice")
    first, second = [await alice.post("/clients", json=NEW, headers=KEY) for _time in range(2)]
    assert first.status_code == 201
    assert told(first) == told(second)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert await count_of() == 1


async def test_a_deletion_is_answered_alike_as_well(caller):
    alice = await caller("alice")
    first, second = [await alice.delete("/clients/1001", headers=KEY) for _time in range(2)]
    assert (first.status_code, second.status_code, second.content) == (204, 204, b"")
    assert (await alice.delete("/clients/1001")).status_code == 404


@pytest.mark.parametrize("change", ["body", "path", "method", "query"])
async def test_a_key_is_for_one_request(caller, change):
    alice = await caller("alice")
    assert (await alice.post("/clients", json=NEW, headers=KEY)).status_code == 201
    method, path, body = "POST", "/clients", NEW
    if change == "body":
        body = NEW | {"login": "twice"}
    elif change == "path":
        path = "/groups"
    elif change == "method":
        method, path = "DELETE", "/clients/1001"
    else:
        path = "/clients?x=1"
    answer = await alice.request(method, path, json=body, headers=KEY)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["Idempotency-Key"])
    assert await count_of("twice") == 0


async def test_of_twenty_at_once_one_acts_and_all_are_answered_alike(caller):
    alice = await caller("alice")
    all_of_them = await asyncio.gather(*(alice.post("/clients", json=NEW, headers=KEY) for _time in range(20)))
    assert {told(answer) for answer in all_of_them} == {told(all_of_them[0])}
    assert all_of_them[0].status_code == 201
    assert sum("idempotent-replayed" not in answer.headers for answer in all_of_them) == 1
    assert await count_of() == 1


async def test_after_a_refusal_the_key_is_free(caller):
    alice = await caller("alice")
    refused = await alice.post("/clients", json=NEW | {"country": "XX"}, headers=KEY)
    assert refused.status_code == 422
    again = await alice.post("/clients", json=NEW, headers=KEY)
    assert (again.status_code, await count_of()) == (201, 1)


async def test_of_twenty_refused_at_once_each_is_refused_and_the_key_is_free(caller):
    alice = await caller("alice")
    wrong = NEW | {"email": "nowhere"}
    all_of_them = await asyncio.gather(*(alice.post("/clients", json=wrong, headers=KEY) for _time in range(20)))
    assert {answer.status_code for answer in all_of_them} == {422}
    assert (await alice.post("/clients", json=NEW, headers=KEY)).status_code == 201


async def test_the_key_of_one_caller_is_nothing_to_another(caller):
    alice, second, bob = await caller("alice"), await caller("alice"), await caller("bob")
    assert (await alice.post("/groups", json={"name": "One"}, headers=KEY)).status_code == 201
    assert (await second.post("/groups", json={"name": "Two"}, headers=KEY)).status_code == 201
    assert (await bob.post("/groups", json={"name": "One"}, headers=KEY)).status_code == 201


async def test_a_right_that_was_lost_is_missed_before_the_answer_is_repeated(caller):
    max_ = await caller("max")
    assert (await max_.post("/clients", json=NEW, headers=KEY)).status_code == 201
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute("UPDATE staff SET role = 'auditor' WHERE role = 'manager'")
    answer = await max_.post("/clients", json=NEW, headers=KEY)
    assert (answer.status_code, "idempotent-replayed" in answer.headers) == (403, False)


async def test_after_a_day_the_key_is_free_and_the_answer_goes(caller):
    alice = await caller("alice")
    await alice.post("/groups", json={"name": "One"}, headers=KEY)
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        await db.execute("UPDATE idempotent_answers SET created_at = created_at - interval '25 hours'")
    assert (await alice.post("/groups", json={"name": "Two"}, headers=KEY)).status_code == 201
    async with db.as_tenant(tenant.id):
        await idempotency.purge(clock.now())
        assert await db.value("SELECT count(*) FROM idempotent_answers") == 1
        await idempotency.purge(clock.now() + timedelta(hours=25))
        assert await db.value("SELECT count(*) FROM idempotent_answers") == 0


@pytest.mark.parametrize("key", [b"", b"x" * 256, b"two words", b"\xc3\xa9"])
async def test_a_key_that_cannot_be_is_refused(caller, key):
    alice = await caller("alice")
    answer = await alice.post("/clients", json=NEW, headers={"Idempotency-Key": key})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["Idempotency-Key"])
    assert await count_of() == 0


async def test_reading_needs_no_key_and_keeps_none(caller):
    alice = await caller("alice")
    for _time in range(2):
        assert "idempotent-replayed" not in (await alice.get("/clients", headers=KEY)).headers
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        assert await db.value("SELECT count(*) FROM idempotent_answers") == 0


async def test_without_a_key_of_the_api_nothing_is_claimed(caller):
    nobody = await caller(None)
    assert (await nobody.post("/clients", json=NEW, headers=KEY)).status_code == 401


async def test_money_that_is_moved_twice_within_moments_needs_a_key(caller, monkeypatch):
    alice = await caller("alice")
    tenant = await cast.tenant("nova")
    async with db.as_tenant(tenant.id):
        account_id = await db.value("SELECT id FROM client_projects ORDER BY id LIMIT 1")
        await db.execute("UPDATE client_projects SET is_postpaid = true WHERE id = $1", account_id)
    place, charge = f"/balances/{account_id}/expenses", {"text": "Help", "units": 1000}
    assert (await alice.post(place, json=charge | {"units": -1})).status_code == 422
    first, second = [await alice.post(place, json=charge) for _time in range(2)]
    assert (first.status_code, second.status_code) == (201, 409)
    assert "Idempotency-Key" in second.json()["detail"]
    assert (await alice.post(place, json=charge, headers=KEY)).status_code == 201, "it is meant"
    monkeypatch.setattr(idempotency, "AGAIN", timedelta(0))
    assert (await alice.post(place, json=charge)).status_code == 201, "later it is another one"
