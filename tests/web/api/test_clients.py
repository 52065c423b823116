"""Clients over JSON."""

import pytest

pytestmark = pytest.mark.anyio

NEW = {
    "login": "newcomer",
    "email": "new@client.example",
    "country": "FR",
    "kind": "company",
    "company_name": "Newcomer SARL",
    "phone": "01 23 45 67 89",
}


async def test_a_client_is_registered_read_changed_and_deleted(caller):
    alice = await caller("alice")
    made = await alice.post("/clients", json=NEW)
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1/clients/{made.json()['code']}"
    assert made.json()["phone"] == "+33123456789"
    assert made.json()["registered_at"].endswith("Z")
    path = made.headers["location"].removeprefix("/api/v1")
    assert (await alice.get(path)).json() == made.json()
    changed = await alice.patch(path, json={"version": 1, "note": "Calls on Mondays"})
    assert changed.status_code == 200
    assert (changed.json()["note"], changed.json()["version"]) == ("Calls on Mondays", 2)
    gone = await alice.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await alice.get(path)).status_code == 404


async def test_every_error_is_named_by_its_field_at_once(caller):
    alice = await caller("alice")
    wrong = NEW | {"login": 5, "kind": "ghost", "project_id": "x", "send_welcome": 1, "is_admin": True}
    answer = await alice.post("/clients", json={name: wrong[name] for name in wrong if name != "country"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()["errors"]) == {"login", "kind", "project_id", "send_welcome", "is_admin", "country"}
    second = await alice.post("/clients", json=NEW | {"login": "dupont", "email": "nowhere", "country": "XX"})
    assert set(second.json()["errors"]) >= {"email", "country"}
    assert len((await alice.get("/clients")).json()["items"]) == 5


async def test_a_stale_version_is_a_conflict_that_shows_what_is_saved_now(caller):
    alice = await caller("alice")
    await alice.patch("/clients/1001", json={"version": 1, "note": "First"})
    late = await alice.patch("/clients/1001", json={"version": 1, "note": "Second"})
    assert late.status_code == 409
    assert (late.json()["current"]["note"], late.json()["current"]["version"]) == ("First", 2)
    assert not {"tenant_id", "name_folded"} & set(late.json()["current"])


async def test_several_are_deleted_with_a_report_of_each(caller):
    alice = await caller("alice")
    report = (await alice.post("/clients/delete", json={"codes": [1001, 1002, 999_999, 1001]})).json()
    assert [client["login"] for client in report["removed"]] == ["dupont", "mueller"]
    assert (report["refused"], report["unknown"]) == ([], [999_999])
    assert len((await alice.get("/clients")).json()["items"]) == 3


async def test_not_more_are_deleted_at_once_than_a_request_may(caller):
    alice = await caller("alice")
    for codes in ([], list(range(1001, 1202))):
        answer = await alice.post("/clients/delete", json={"codes": codes})
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["codes"])


@pytest.mark.parametrize(
    ("query", "logins"),
    [
        ({"name": "müll"}, ["mueller"]),
        ({"email": "TAN"}, ["tanaka"]),
        ({"country": "fr", "sort": "login"}, ["dupont", "elodie"]),
        ({"kind": "company"}, ["mueller"]),
        ({"code": "1003"}, ["tanaka"]),
        ({"language": "en"}, ["o-brien"]),
        ({"status": "closed"}, []),
        ({"registered_to": "2020-01-01"}, []),
        ({"registered_from": "2020-01-01", "sort": "-code", "limit": "2"}, ["elodie", "o-brien"]),
    ],
)
async def test_the_list_is_filtered_and_sorted(caller, query, logins):
    alice = await caller("alice")
    answer = await alice.get("/clients", params=query)
    assert [client["login"] for client in answer.json()["items"]] == logins


@pytest.mark.parametrize("name", ["project", "group", "attitude"])
async def test_the_list_is_filtered_by_what_a_client_belongs_to(caller, name):
    alice = await caller("alice")
    listed = (await alice.get(f"/{name}s")).json()["items"]
    for item in listed:
        found = (await alice.get("/clients", params={name: item["id"]})).json()["items"]
        count = item.get("clients", item.get("members", 5 if item.get("is_default") else 0))
        assert len(found) == count, item


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": "ghost"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"code": "x"}, "code"),
        ({"code": "1.0"}, "code"),
        ({"code": "99999999999999999999"}, "code"),
        ({"country": "XX"}, "country"),
        ({"registered_from": "yesterday"}, "registered_from"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"sort": "password_hash"}, "sort"),
        ({"sort": "name; DROP TABLE clients"}, "sort"),
        ({"fields": "name,password_hash"}, "fields"),
        ({"after": "nonsense"}, "after"),
        ({"after": "WzEsMl0", "before": "WzEsMl0"}, "before"),
        ({"tenant_id": "2"}, "tenant_id"),
    ],
)
async def test_a_parameter_that_cannot_be_is_refused_by_name(caller, query, field):
    alice = await caller("alice")
    answer = await alice.get("/clients", params=query)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


async def test_a_parameter_is_given_once(caller):
    alice = await caller("alice")
    answer = await alice.get("/clients?code=1001&code=1002")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["code"])


async def test_the_fields_of_the_list_can_be_chosen(caller):
    alice = await caller("alice")
    answer = await alice.get("/clients", params={"fields": "name,groups,project_id", "code": 1001})
    (client,) = answer.json()["items"]
    assert set(client) == {"id", "code", "name", "groups", "project_id"}
    assert client["groups"] == ["VIP circle"]


@pytest.mark.parametrize("sort", ["name", "-name", "code", "-registered", "country", "-kind", "status", "email"])
async def test_paging_shows_every_client_once_whatever_is_added_meanwhile(caller, sort):
    alice = await caller("alice")
    address, seen, added = f"/clients?sort={sort}&limit=2", [], 0
    while address:
        page = await alice.get(address)
        assert page.status_code == 200
        seen += [client["code"] for client in page.json()["items"]]
        assert bool(page.json()["next"]) == ('rel="next"' in page.headers.get("link", ""))
        address = next_of(page)
        added += 1
        await alice.post("/clients", json=NEW | {"login": f"late{added}", "email": f"late{added}@client.example"})
        assert added < 30
    assert len(seen) == len(set(seen))
    assert set(seen) >= {1001, 1002, 1003, 1004, 1005}


async def test_paging_backwards_leads_to_the_page_before(caller):
    alice = await caller("alice")
    first = (await alice.get("/clients?sort=code&limit=2")).json()
    second = (await alice.get("/clients", params={"sort": "code", "limit": 2, "after": first["next"]})).json()
    back = await alice.get("/clients", params={"sort": "code", "limit": 2, "before": second["previous"]})
    assert back.json()["items"] == first["items"]
    assert (back.json()["previous"], first["previous"]) == (None, None)


async def test_the_groups_and_the_activity_of_a_client(caller):
    alice = await caller("alice")
    assert [group["name"] for group in (await alice.get("/clients/1001/groups")).json()["items"]] == ["VIP circle"]
    await alice.patch("/clients/1001", json={"version": 1, "note": "Seen"})
    entries = (await alice.get("/clients/1001/activity")).json()["items"]
    assert entries[0]["action"] == "client:updated"
    assert entries[0]["changes"] == {"note": ["", "Seen"]}
    assert (entries[0]["actor_kind"], entries[0]["actor_name"]) == ("api_key", "Alice")


async def test_who_is_limited_to_a_project_sees_only_its_clients(caller):
    lea = await caller("lea")
    assert [client["login"] for client in (await lea.get("/clients")).json()["items"]] == ["mueller"]
    assert (await lea.get("/clients/1001")).status_code == 404
    assert (await lea.patch("/clients/1001", json={"version": 1, "note": "x"})).status_code == 404


def next_of(page):
    """The address of the next page, from the Link header; "" at the end."""
    for link in page.headers.get("link", "").split(", "):
        address, _semicolon, relation = link.partition("; ")
        if relation == 'rel="next"':
            return address.strip("<>")
    return ""
