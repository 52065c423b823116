"""Rules of account groups over JSON."""

import pytest

from core import db
from tests import cast
from tests.web.api.conftest import Caller

pytestmark = pytest.mark.anyio
FRENCH = {
    "match": "all",
    "blocks": [{"match": "all", "conditions": [{"on": "country", "operator": "is", "values": ["FR"]}]}],
}


async def group_id() -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM account_groups WHERE name = 'Empty group'"))


async def test_a_rule_is_looked_at_saved_read_and_explained(caller: Caller) -> None:
    alice, path = await caller("alice"), f"/groups/{await group_id()}"
    offered = {one["name"]: one for one in (await alice.get("/groups/conditions")).json()["items"]}
    assert offered["country"]["options"]["FR"] == "France"
    assert offered["users"]["operators"] == ["is", "at_least", "at_most"]
    assert "services" not in offered
    assert (await alice.get(f"{path}/rule")).json()["rule"] is None
    found = (await alice.post(f"{path}/rule/preview", json=FRENCH)).json()
    assert (found["fits"], found["joins"], found["leaves"], found["joining_next"]) == (2, 2, 0, None)
    assert {client["login"] for client in found["joining"]} == {"dupont", "elodie"}
    kept = (await alice.put(f"{path}/rule", json=FRENCH | {"version": 0})).json()
    assert kept["rule"] == FRENCH
    assert (kept["sentence"], kept["version"], kept["joined"], kept["trouble"]) == ("Country is France", 1, 2, "")
    assert (await alice.put(f"{path}/rule", json=FRENCH | {"version": 0})).status_code == 409
    why = (await alice.get(f"/clients/1001{path}/why")).json()
    assert why["blocks"][0]["reasons"] == [{"text": "Country is France", "value": "France", "holds": True}]
    [member] = [one for one in (await alice.get("/clients/1001/groups")).json()["items"] if one["is_by_rule"]]
    assert (member["is_manual"], member["added_by"]) == (False, "")
    assert (await alice.get(path)).json()["has_rule"] is True


async def test_what_cannot_be_is_named_by_its_place(caller: Caller) -> None:
    alice, path = await caller("alice"), f"/groups/{await group_id()}/rule"
    wrong = {"blocks": [{"conditions": [{"on": "country", "operator": "is", "values": ["XX"]}]}]}
    for answer in (
        await alice.post(f"{path}/preview", json=wrong),
        await alice.put(path, json=wrong | {"version": 0}),
    ):
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"blocks.0.conditions.0.values"}
    for wrong in ({"blocks": [{"match": "none"}]}, {"blocks": "x"}, {"blocks": [{"conditions": [{"of": 1}]}]}):
        assert (await alice.post(f"{path}/preview", json=wrong)).status_code == 422
    assert (await alice.get(f"/clients/1001/groups/{await group_id()}/why")).status_code == 404


async def test_clients_are_excepted_and_let_back(caller: Caller) -> None:
    alice, path = await caller("alice"), f"/groups/{await group_id()}"
    await alice.put(f"{path}/rule", json=FRENCH | {"version": 0})
    answer = await alice.post(f"{path}/exclusions", json={"codes": [1001, 99]})
    assert answer.json() == {"changed": 1, "unknown": [99]}
    [out] = (await alice.get(f"{path}/exclusions")).json()["items"]
    assert out["code"] == 1001
    assert (await alice.get(path)).json()["members"] == 1
    answer = await alice.post(f"{path}/exclusions/delete", json={"codes": [1001]})
    assert answer.json() == {"changed": 1, "unknown": []}


async def test_a_key_needs_all_three_scopes_and_its_maker_all_clients(caller: Caller) -> None:
    path = f"/groups/{await group_id()}/rule"
    part = await caller("alice", scopes={"group:read", "group:update"})
    assert (await part.post(f"{path}/preview", json=FRENCH)).status_code == 403
    lea = await caller("lea")
    assert (await lea.get(path)).status_code == 403
    sam = await caller("sam")
    assert (await sam.get(path)).status_code == 200
