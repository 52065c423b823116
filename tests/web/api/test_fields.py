"""The fields that a provider defines, over JSON: made and changed, and in the clients of the API."""

import pytest

pytestmark = pytest.mark.anyio

LEVEL = {
    "kind": "choice",
    "label": "Level",
    "labels": {"fr": "Niveau"},
    "options": [{"label": "Gold", "labels": {"fr": "Or"}}, {"label": "Silver"}],
}


async def test_a_field_is_made_changed_archived_and_deleted(caller):
    alice = await caller("alice")
    made = await alice.post("/fields", json=LEVEL)
    assert made.status_code == 201, made.text
    here = made.headers["location"].removeprefix("/api/v1")
    field = made.json()
    assert (field["key"], [option["key"] for option in field["options"]]) == ("level", ["gold", "silver"])
    assert (await alice.get(here)).json() == field
    assert (await alice.get("/fields")).json()["items"] == [field]
    changed = await alice.patch(here, json={"version": 1, "is_archived": True})
    assert (changed.json()["is_archived"], changed.json()["options"]) == (True, field["options"])
    late = await alice.patch(here, json={"version": 1, "label": "Grade"})
    assert (late.status_code, late.json()["current"]["version"]) == (409, 2)
    assert (await alice.post(f"{here}/move", json={"steps": -1})).status_code == 204
    assert (await alice.delete(here)).status_code == 204
    assert (await alice.get(here)).status_code == 404


async def test_what_cannot_be_a_field_is_named(caller):
    alice = await caller("alice")
    answer = await alice.post("/fields", json=LEVEL | {"labels": {"fr": "x" * 61}, "options": []})
    assert (answer.status_code, sorted(answer.json()["errors"])) == (422, ["labels.fr", "options"])
    assert (await alice.post("/fields", json={"kind": "text", "label": 7})).status_code == 422
    assert (await (await caller("sam")).post("/fields", json=LEVEL)).status_code == 403


async def test_clients_are_read_written_listed_and_asked_for_by_fields(caller):
    alice = await caller("alice")
    for new in (LEVEL, {"kind": "number", "label": "Seats"}, {"kind": "yes_no", "label": "Reseller"}):
        assert (await alice.post("/fields", json=new)).status_code == 201
    nothing = {"level": None, "seats": None, "reseller": None}
    assert (await alice.get("/clients/1001")).json()["fields"] == nothing
    sent = {"level": "gold", "seats": 12.5, "reseller": True}
    changed = await alice.patch("/clients/1001", json={"version": 1, "fields": sent})
    kept = {"level": "gold", "seats": "12.5", "reseller": "yes"}
    assert changed.json()["fields"] == kept
    late = await alice.patch("/clients/1001", json={"version": 1, "fields": {"level": "silver"}})
    assert (late.status_code, late.json()["current"]["fields"]) == (409, kept)
    wrong = await alice.patch("/clients/1001", json={"version": 2, "fields": {"level": "lead", "x": 1}})
    assert (wrong.status_code, sorted(wrong.json()["errors"])) == (422, ["fields.level", "fields.x"])
    query = {"custom.level": "gold", "custom.seats.from": "12", "fields": "login,field:level,field:seats"}
    items = (await alice.get("/clients", params=query)).json()["items"]
    assert [(item["code"], item["own"]) for item in items] == [(1001, {"level": "gold", "seats": "12.5"})]
    for strange in ({"custom": "x"}, {"custom.nothing": "1"}, {"custom.seats.to": "x"}, {"fields": "field:x"}):
        answer = await alice.get("/clients", params=strange)
        assert answer.status_code == 422, strange
    entry = (await alice.get("/clients/1001/activity")).json()["items"][0]
    assert entry["changes"]["internal"][1] == {"Level": "Gold", "Seats": "12.5", "Reseller": True}
