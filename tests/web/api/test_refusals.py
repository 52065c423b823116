"""Who is refused, and how: without a key, without the right, without the edition, and other providers' things."""

import pytest

from core import db, policies
from core.accounts import api_keys
from core.permissions import Permission, feature_of
from tests import cast
from tests.web.matrix import table
from web.app import create_routes

pytestmark = pytest.mark.anyio

BODIES = {(row.method, row.path.removeprefix("/api/v1")): row.send for row in table.of("api")}
"""What is sent; refused before anything of it is read, or looked up."""
NEW_CLIENT = {"login": "x1", "email": "x@y.example", "country": "FR", "contact_person": "X"}
EDITIONS = {"projects": "corporate"}
"""The edition that has a feature, where it is not Advanced."""

PLATFORM = {
    str(permission)
    for permission in Permission
    if permission.split(":")[0] in ("platform", "provider", "reseller")
}


def operations():
    """Every route of the API but its description: method, path below /api/v1, permission."""
    return sorted(
        (method, route.path_format.removeprefix("/api/v1"), str(handler.opt["permission"]))
        for route in create_routes().routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods - {"OPTIONS"}
        if handler.opt.get("area") == "api" and handler.include_in_schema is not False
    )


OPERATIONS = operations()
GUARDED = [operation for operation in OPERATIONS if operation[2] != "signed-in"]


def path_of(path, number=1001):
    return "/".join(str(number) if part.startswith("{") else part for part in path.split("/"))


async def send(client, operation, number=1001, **options):
    method, path, _permission = operation
    return await client.request(method, path_of(path, number), json=BODIES.get((method, path)), **options)


async def test_without_a_key_nothing_is_answered(caller):
    nobody = await caller(None)
    for operation in OPERATIONS:
        answer = await send(nobody, operation)
        assert (answer.status_code, answer.json()["status"]) == (401, 401), operation
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("key", ["", "comptoir_", "comptoir_wrong", "x" * 5000, "\x7f", "comptoir_é"])
async def test_a_wrong_key_is_no_key(caller, key):
    nobody = await caller(None)
    answer = await nobody.get("/me", headers={"Authorization": f"Bearer {key}".encode()})
    assert answer.status_code == 401


async def test_a_revoked_key_is_dead_at_once(caller):
    alice = await caller("alice")
    key_id = (await alice.get("/me")).json()["api_key_id"]
    maker = await cast.who("alice")
    async with db.as_tenant(maker.tenant.id):
        await api_keys.revoke(key_id, by=maker)
    assert (await alice.get("/me")).status_code == 401


async def test_a_session_is_no_key(visitor):
    await visitor.sign_in(cast.email("alice"))
    for path in ("/api/v1/me", "/api/v1/clients", "http://nova.localhost//api/v1/me", "/api//v1/me"):
        assert (await visitor.get(path)).status_code == 401, path


async def test_each_operation_needs_its_scope(caller):
    for operation in GUARDED:
        others = {str(permission) for permission in Permission if permission != operation[2]}
        maker = await caller("alice", scopes=others - PLATFORM)
        answer = await send(maker, operation)
        assert answer.status_code == 403, (operation, answer.text)
        assert answer.json()["permission"] == operation[2]


async def test_a_role_limits_its_keys(caller):
    carl, accountant = await caller("carl"), await cast.who("carl")
    refused = [operation for operation in GUARDED if not policies.allows(accountant, operation[2])]
    assert len(refused) > 20
    for operation in refused:
        answer = await send(carl, operation)
        assert answer.status_code == 403, operation


async def test_what_the_edition_lacks_names_the_one_that_has_it(caller):
    zoe, bob = await caller("zoe"), await caller("bob")
    for operation in GUARDED:
        feature = feature_of(operation[2])
        if feature is None:
            continue
        answer = await send(zoe, operation)
        edition = EDITIONS.get(feature, "advanced")
        assert answer.status_code == 403, operation
        assert (answer.json()["feature"], answer.json()["edition"]) == (feature, edition)
        if feature == "projects":
            assert (await send(bob, operation)).json()["edition"] == "corporate"


@pytest.mark.parametrize(
    ("query", "feature"),
    [
        ("group=1", "groups"),
        ("project=1", "projects"),
        ("fields=groups", "groups"),
        ("fields=project_id", "projects"),
    ],
)
async def test_a_filter_and_a_field_that_the_edition_lacks_are_refused(caller, query, feature):
    answer = await (await caller("zoe")).get(f"/clients?{query}")
    assert (answer.status_code, answer.json()["feature"]) == (403, feature)


async def test_a_project_is_neither_shown_nor_taken_without_the_edition(caller):
    zoe = await caller("zoe")
    client = (await zoe.get("/clients/1001")).json()
    assert "project_id" not in client
    assert "project_id" not in (await zoe.get("/clients")).json()["items"][0]
    answer = await zoe.post("/clients", json=NEW_CLIENT | {"project_id": 5})
    assert (answer.status_code, answer.json()["feature"]) == (403, "projects")
    answer = await zoe.patch("/clients/1001", json={"version": 1, "project_id": 5})
    assert (answer.status_code, answer.json()["feature"]) == (403, "projects")


async def test_the_key_of_one_provider_opens_nothing_at_another(caller):
    alice = await caller("alice", host="acme")
    assert (await alice.get("/clients")).status_code == 401
    assert (await (await caller("alice", host="")).get("http://localhost/api/v1/me")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/clients/x", {}, 404),
        ("GET", "/clients/99999999999999999999", {}, 404),
        ("GET", "/clients/-1", {}, 404),
        ("PUT", "/clients", {}, 405),
        ("TRACE", "/me", {}, 405),
        ("POST", "/clients", {"content": b"{"}, 400),
        ("POST", "/clients", {"content": b""}, 400),
        ("POST", "/clients", {"content": b'"\\ud800"'}, 400),
        ("POST", "/clients", {"content": b'{"login": "\xff"}'}, 400),
        ("POST", "/clients", {"content": b"[" * 100_000}, 400),
        ("POST", "/clients", {"content": b"[]"}, 422),
        ("POST", "/clients", {"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ("POST", "/clients", {"data": {"login": "x"}, "headers": {}}, 415),
        ("POST", "/clients", {"content": b" " * 1_000_001}, 413),
    ],
)
async def test_what_cannot_be_read_is_a_problem_and_no_failure(caller, method, path, options, status):
    alice = await caller("alice")
    options = {"headers": {"content-type": "application/json"}} | options
    answer = await alice.request(method, path, **options)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert answer.json()["title"]
    assert "set-cookie" not in answer.headers


async def test_options_names_every_method_of_an_address(caller):
    answer = await (await caller(None)).options("/clients")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, OPTIONS, POST")
