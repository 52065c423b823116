"""Account groups, projects, attitudes, staff, roles and activity over JSON."""

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "new", "change"),
    [
        ("/groups", {"name": "Wholesale"}, {"description": "Buys a lot"}),
        ("/projects", {"name": "Nova Lite", "site": "lite.example", "currency": "CHF"}, {"name": "Nova Light"}),
        ("/attitudes", {"name": "Loyal", "color": "green"}, {"color": "teal"}),
    ],
)
async def test_a_resource_is_made_read_changed_and_deleted(caller, path, new, change):
    alice = await caller("alice")
    made = await alice.post(path, json=new)
    assert made.status_code == 201, made.text
    here = made.headers["location"].removeprefix("/api/v1")
    assert here == f"{path}/{made.json()['id']}"
    assert (await alice.get(here)).json() == made.json()
    assert made.json() in (await alice.get(path)).json()["items"]
    changed = await alice.patch(here, json=change | {"version": 1})
    assert changed.json() == made.json() | change | {"version": 2}
    late = await alice.patch(here, json=change | {"version": 1})
    assert (late.status_code, late.json()["current"]["version"]) == (409, 2)
    assert "name_folded" not in late.json()["current"]
    assert (await alice.delete(here)).status_code == 204
    assert (await alice.get(here)).status_code == 404


@pytest.mark.parametrize(
    ("path", "name"), [("/groups", "VIP CIRCLE"), ("/projects", "nova"), ("/attitudes", "vip")]
)
async def test_a_name_that_is_taken_is_an_error_of_its_field(caller, path, name):
    alice = await caller("alice")
    answer = await alice.post(path, json={"name": name})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["name"])


async def test_clients_go_into_a_group_and_out(caller):
    alice = await caller("alice")
    empty = next(it for it in (await alice.get("/groups")).json()["items"] if it["name"] == "Empty group")
    here = f"/groups/{empty['id']}"
    answer = await alice.post(f"{here}/members", json={"codes": [1001, 1002, 77]})
    assert answer.json() == {"changed": 2, "unknown": [77]}
    assert (await alice.post(f"{here}/members", json={"codes": [1001]})).json()["changed"] == 0
    assert (await alice.get(here)).json()["members"] == 2
    answer = await alice.post(f"{here}/members/delete", json={"codes": [1001, 1003]})
    assert answer.json() == {"changed": 1, "unknown": []}
    assert (await alice.post("/groups/5/members", json={"codes": [1001]})).status_code == 404


async def test_another_project_is_made_the_default_one(caller):
    alice = await caller("alice")
    listed = (await alice.get("/projects")).json()["items"]
    default, other = sorted(listed, key=lambda project: not project["is_default"])
    assert (await alice.delete(f"/projects/{default['id']}")).status_code == 409
    assert (await alice.post(f"/projects/{other['id']}/default")).status_code == 204
    assert (await alice.get(f"/projects/{other['id']}")).json()["is_default"] is True


async def test_attitudes_are_ordered_replaced_and_made_the_default(caller):
    alice = await caller("alice")
    first, second, *_rest = (await alice.get("/attitudes")).json()["items"]
    assert (await alice.post(f"/attitudes/{second['id']}/move", json={"steps": -1})).status_code == 204
    assert (await alice.get("/attitudes")).json()["items"][0]["id"] == second["id"]
    assert (await alice.post(f"/attitudes/{second['id']}/default")).status_code == 204
    assert (await alice.delete(f"/attitudes/{first['id']}")).status_code == 409
    here = f"/attitudes/{first['id']}"
    assert (await alice.delete(here, params={"replacement": second["id"]})).status_code == 422
    assert (await alice.delete(here, params={"replacement_id": second["id"]})).status_code == 204
    assert (await alice.get("/clients/1001")).json()["attitude_id"] == second["id"]


async def test_staff_and_roles_are_read_and_somebody_is_invited(caller):
    alice = await caller("alice")
    lea = next(it for it in (await alice.get("/staff")).json()["items"] if it["name"] == "Lea")
    assert (lea["role"], len(lea["project_ids"])) == ("support", 1)
    assert (await alice.get(f"/staff/{lea['id']}")).json() == lea
    roles = {role["key"]: role for role in (await alice.get("/roles")).json()["items"]}
    assert "client:read" in roles["auditor"]["permissions"]
    new = {"email": "nina@nova.example", "name": "Nina", "role": "support"}
    made = await alice.post("/staff", json=new)
    assert (made.status_code, made.json()["is_invited"]) == (201, True)
    assert (await alice.get(made.headers["location"].removeprefix("/api/v1"))).json() == made.json()


async def test_a_key_gives_no_role_that_may_do_more_than_the_key(caller):
    key = await caller("alice", scopes={"staff:manage", "staff:read"})
    answer = await key.post("/staff", json={"email": "eve@nova.example", "name": "Eve", "role": "owner"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["role"])


async def test_activity_is_filtered_and_paged_to_its_end(caller):
    alice = await caller("alice")
    for number in range(60):
        await alice.patch("/clients/1001", json={"version": number + 1, "note": f"Note {number}"})
    seen, cursor = [], ""
    while cursor is not None:
        page = (await alice.get("/activity", params={"client": 1001, "after": cursor})).json()
        seen += [entry["id"] for entry in page["items"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 62
    sentence = (await alice.get("/activity?action=client:updated")).json()["items"][0]["text"]
    assert sentence == "Alice changed the client Jean Dupont"
    for query in ({"action": "no:such"}, {"day_from": "soon"}, {"after": "nonsense"}, {"client": "0"}):
        answer = await alice.get("/activity", params=query)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, list(query))


async def test_me_tells_who_is_calling_and_what_he_may(caller):
    me = (await (await caller("lea", scopes={"client:read"})).get("/me")).json()
    assert (me["name"], me["role"], me["scopes"], me["permissions"]) == (
        "Lea",
        "support",
        ["client:read"],
        ["client:read"],
    )
    assert (me["provider"]["code"], me["provider"]["edition"]) == ("nova", "corporate")
    assert len(me["project_ids"]) == 1
    assert me["group_ids"] is None
