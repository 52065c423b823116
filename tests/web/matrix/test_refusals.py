"""Whoever may not, cannot: each route of the table refuses in the same way, and nothing is written.

A thing of another provider is answered byte for byte like one that does not exist.
"""

import itertools
import re

import pytest

from core import db, policies
from core.permissions import Permission
from tests import cast
from tests.web.matrix.references import no_things, own_things, owned_places, places_of, put_in, same_things
from tests.web.matrix.row import Row
from tests.web.matrix.table import ROWS
from tests.web.matrix.world import Somebody, World, about, changed

pytestmark = pytest.mark.anyio

CLOSED = [row for row in ROWS if row.needs != "public"]
PERMITTED = [row for row in ROWS if row.needs_permission]
SIGNED = {"/callbacks/{plugin}", "/unsubscribe/{token}"}
"""What others post to: no form of a page, but a body with a signature, or an address that is sealed."""
FORMS = [row for row in ROWS if row.method == "POST" and not row.is_json and row.path not in SIGNED]
TOKEN = re.compile(r'[0-9a-f]{64}|(?<=name="once" value=")[0-9a-f]{32}')


@pytest.fixture
def template(noting):
    return noting


async def refused(
    world: World, row: Row, somebody: Somebody, things: dict, *, status: int, **how
) -> tuple[str, list[str]]:
    """Call the row; what was answered, and what is wrong about it."""
    send = put_in(await body_of(world, row, somebody), things)
    before = await world.fingerprint()
    answer = await world.call(row, somebody, things=things, send=send, **how)
    wrong = []
    if answer.status_code != status:
        wrong.append(f"{row.name}: not {status} but {about(answer)} {how or ''}")
    if differs := changed(before, await world.fingerprint()):
        wrong.append(f"{row.name}: wrote {differs} {how or ''}")
    return answer.text + answer.headers.get("location", ""), wrong


async def body_of(world: World, row: Row, somebody: Somebody) -> dict:
    """The row's body; without what is prepared by doing something."""
    is_prepared = "!first_code" in str(row.send) or "!enrolled" in str(row.send)
    return {} if row.send is None or is_prepared else await world.filled(row, somebody) or {}


async def test_signed_out_a_page_leads_to_sign_in_and_the_api_is_a_401(world):
    wrong = []
    for row in CLOSED:
        stranger = Somebody("" if row.hosts == "platform" else "nova")
        text, found = await refused(
            world, row, stranger, no_things(world, row), status=401 if row.is_json else 303
        )
        wrong += found
        if not row.is_json and not text.endswith("/sign-in") and "/sign-in?next=" not in text:
            wrong.append(f"{row.name}: leads to {text}")
        if row.is_json and '"status":401' not in text:
            wrong.append(f"{row.name}: not a problem: {text[:100]}")
    assert not wrong, "\n".join(wrong)


async def test_a_session_is_no_key_and_a_key_no_session(world):
    alice, key, wrong = await world.person("alice"), await world.key_of("alice"), []
    for row in CLOSED:
        if row.hosts == "platform" or row.path == "/api/v1/openapi.json":
            continue
        somebody, status = (alice, 401) if row.is_json else (key, 403 if row.is_write else 303)
        _text, found = await refused(world, row, somebody, no_things(world, row), status=status)
        wrong += found
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("area", sorted({row.area for row in ROWS} - {"operator"}))
async def test_what_belongs_to_another_provider_does_not_exist(world, area):
    wrong = []
    for row in ROWS:
        if row.area == area and owned_places(row):
            wrong += await as_if_it_did_not_exist(world, row, by=row.by or "", owner="bob")
    assert not wrong, "\n".join(wrong)


async def as_if_it_did_not_exist(world: World, row: Row, *, by: str, owner: str) -> list[str]:
    """Ask for another one's thing and for none, in each place that names one: the same bytes, and nothing done."""
    wrong, theirs = [], world.actors[owner].tenant.id
    somebody = await (world.for_row if row.is_write else world.same_for_row)(row, by)
    own = {}
    if len(places_of(row)) > 1:
        own = await (own_things if row.is_write else same_things)(world, row, by or "alice")
    body = await body_of(world, row, somebody)
    for place in owned_places(row):
        texts = []
        for thing in (*await world.same((place.kind,), owner), world.nobodys(place.kind)):
            things = own | {place.name: thing}
            before = await world.fingerprint(theirs)
            answer = await world.call(row, somebody, things=things, send=put_in(body, things))
            # The tokens of a form are new each time, or made of digits that may happen to hold those of the id.
            text = TOKEN.sub("TOKEN", answer.text)
            texts.append(f"{answer.status_code} {text}".replace(str(thing), "IT"))
            if differs := changed(before, await world.fingerprint(theirs)):
                wrong.append(f"{row.name}: wrote {differs} of another provider")
        if place.is_in_path and not texts[0].startswith("404"):
            wrong.append(f"{row.name}: {place.kind} of another provider: {texts[0][:60]}")
        if texts[0] != texts[1]:
            wrong.append(f"{row.name}: {place.kind} differs:\n{texts[0][:1500]}\n---\n{texts[1][:1500]}")
    return wrong


async def test_what_belongs_to_another_reseller_does_not_exist(world):
    wrong = []
    for row in ROWS:
        if row.area != "operator" or not policies.allows(world.actors["rita"], row.needs):
            continue
        for place in owned_places(row):
            wrong += await as_if_it_did_not_exist(world, row, by="rita", owner="olga") if place.is_in_path else []
    assert not wrong, "\n".join(wrong)


async def test_without_the_permission_it_is_a_403(world):
    probe, wrong = await a_probe(world), []
    everything = policies.permissions_of(world.actors["alice"])
    for row in PERMITTED:
        if row.hosts == "platform":
            continue
        await world.admin.execute(
            "UPDATE roles SET permissions = $1 WHERE name = 'Probe'", sorted(everything - {row.needs})
        )
        somebody = probe["key"] if row.is_json else probe["session"]
        text, found = await refused(world, row, somebody, await same_things(world, row, "alice"), status=403)
        wrong += found
        if row.is_json and f'"permission":"{row.needs}"' not in text:
            wrong.append(f"{row.name}: does not name the permission: {text[:200]}")
    assert not wrong, "\n".join(wrong)


async def test_a_key_without_the_scope_is_a_403(world):
    key, wrong = await world.key_of("alice"), []
    everything = policies.permissions_of(world.actors["alice"])
    for row in PERMITTED:
        if row.is_json:
            scopes = sorted(everything - {row.needs})
            await world.admin.execute("UPDATE api_keys SET scopes = $1 WHERE name LIKE 'key-%'", scopes)
            wrong += (await refused(world, row, key, await same_things(world, row), status=403))[1]
    assert not wrong, "\n".join(wrong)


async def a_probe(world: World) -> dict[str, Somebody]:
    """Somebody at Nova in a role of its own, which each route takes one permission from; and his key."""
    staff_id, alice = await world.own("staff"), world.actors["alice"]
    everything = sorted(policies.permissions_of(alice))
    role_id = await world.own("role")
    await world.admin.execute(
        "UPDATE roles SET name = 'Probe', permissions = $2 WHERE id = $1", role_id, everything
    )
    await world.admin.execute("UPDATE staff SET role = '', role_id = $2 WHERE id = $1", staff_id, role_id)
    await world.admin.execute(
        "UPDATE people SET email = 'probe@nova.example', password_hash = 'x' FROM staff"
        " WHERE staff.id = $1 AND people.id = person_id",
        staff_id,
    )
    cast.PEOPLE["probe"] = ("nova", "Probe")
    try:
        return {"session": await world.person("probe"), "key": await world.key_of("probe")}
    finally:
        del cast.PEOPLE["probe"]


async def test_on_the_platform_a_reseller_without_the_permission_gets_a_403(world):
    wrong, refusing = [], []
    rita = await world.person("rita")
    for row in PERMITTED:
        if row.hosts == "platform" and not policies.allows(world.actors["rita"], row.needs):
            refusing.append(row.needs)
            wrong += (await refused(world, row, rita, await same_things(world, row, "olga"), status=403))[1]
    assert not wrong, "\n".join(wrong)
    assert {Permission.RESELLER_MANAGE, Permission.PLATFORM_HEALTH} <= set(refusing)


async def test_what_the_edition_lacks_says_which_edition_has_it(world):
    await world.admin.execute("UPDATE providers SET edition = 'advanced' WHERE code = 'acme'")
    wrong = []
    for name, lacks in (("zoe", ("groups", "projects")), ("bob", ("projects",))):
        for row in ROWS:
            if row.feature not in lacks:
                continue
            edition = policies.edition_with(row.feature)
            title = next(one.title for one in policies.editions() if one.name == edition)
            somebody = await world.same_for_row(row, name)
            text, found = await refused(world, row, somebody, no_things(world, row), status=403)
            wrong += found
            told = f'"feature":"{row.feature}","edition":"{edition}"' if row.is_json else title
            if told not in text:
                wrong.append(f"{row.name}: does not say {told}: {text[:300]}")
    assert not wrong, "\n".join(wrong)


LACKED = (
    ("GET", "/api/v1/clients?project=1", None),
    ("GET", "/api/v1/clients?group=1", None),
    ("GET", "/api/v1/clients?fields=code,groups", None),
    ("GET", "/api/v1/clients?fields=code,project_id", None),
    ("POST", "/api/v1/clients", {"project_id": 1}),
    ("PATCH", "/api/v1/clients/{client}", {"version": 1, "project_id": 1}),
    ("POST", "/api/v1/staff", {"email": "x@y.example", "name": "X", "role": "support", "group_ids": [1]}),
    ("POST", "/api/v1/staff", {"email": "x@y.example", "name": "X", "role": "support", "project_ids": [1]}),
    ("GET", "/staff/clients?project=1", None),
    ("GET", "/staff/clients?group=1", None),
)


@pytest.mark.parametrize(("method", "path", "body"), LACKED)
async def test_what_the_edition_lacks_is_lacking_in_fields_columns_and_filters_too(world, method, path, body):
    new = {"login": "someone", "email": "s@c.example", "country": "FR", "contact_person": "S"}
    zoe, key, client = await world.person("zoe"), await world.key_of("zoe"), await world.own("client", "zoe")
    body = new | body if path == "/api/v1/clients" and body else body
    before = await world.fingerprint()
    headers = {"authorization": f"Bearer {key.key}"}
    if path.startswith("/staff"):
        headers = {"cookie": f"comptoir-session={zoe.token}"}
    url = f"http://petit.localhost{path.format(client=client)}"
    answer = await world.client.request(method, url, headers=headers, json=body)
    assert answer.status_code == 403, answer.text[:500]
    assert "Advanced" in answer.text or "Corporate" in answer.text or '"edition":"' in answer.text
    assert changed(before, await world.fingerprint()) == []


async def test_what_belongs_to_the_platform_is_not_on_a_providers_host_nor_the_reverse(world):
    alice, olga, wrong = await world.person("alice"), await world.person("olga"), []
    for row in ROWS:
        if row.hosts == "any":
            continue
        at_home = Somebody("nova") if row.hosts == "platform" else Somebody("")
        signed_in = alice if row.hosts == "platform" else olga
        for somebody in (at_home, signed_in):
            wrong += (await refused(world, row, somebody, no_things(world, row), status=404))[1]
    assert not wrong, "\n".join(wrong)


async def test_a_session_is_worth_nothing_on_another_host(world):
    alice, wrong = await world.person("alice"), []
    for row in CLOSED:
        if row.method == "GET" and not row.is_json and row.hosts != "platform":
            _text, found = await refused(world, row, alice, no_things(world, row), status=303, host="acme")
            wrong += found
    assert not wrong, "\n".join(wrong)


FORGERIES = (
    {"csrf": "0" * 64},
    {"csrf": '"><script>alert(1)</script>'},
    {"headers": {"sec-fetch-site": "cross-site"}},
    {"headers": {"sec-fetch-site": "same-site"}},
    {"headers": {"origin": "http://evil.example"}},
    {"headers": {"origin": "http://acme.localhost"}},
)


async def test_a_form_that_is_not_from_our_own_page_is_a_403(world):
    """Each form without a token and with somebody else's, and with one of the forgeries in turn."""
    wrong, other = [], await world.person("max")
    for row, forgery in zip(FORMS, itertools.cycle(FORGERIES), strict=False):
        somebody = await world.same_for_row(row)
        things = no_things(world, row)
        body, before = put_in(await body_of(world, row, somebody), things), await world.fingerprint()
        for how in ({"csrf": ""}, {"csrf": world.token(other)}, forgery):
            answer = await world.call(row, somebody, things=things, send=body, **how)
            if answer.status_code != 403 or "alert(1)" in answer.text:
                wrong.append(f"{row.name}: {how}: {about(answer)}")
        if differs := changed(before, await world.fingerprint()):
            wrong.append(f"{row.name}: wrote {differs}")
    assert not wrong, "\n".join(wrong)


async def test_a_tenant_named_in_a_request_has_no_effect(world):
    alice, acme = await world.key_of("alice"), world.actors["bob"].tenant.id
    headers = {
        "authorization": f"Bearer {alice.key}",
        "x-tenant-id": str(acme),
        "x-forwarded-host": "acme.localhost",
    }
    answer = await world.client.get("http://nova.localhost/api/v1/me", headers=headers)
    assert answer.json()["provider"]["code"] == "nova"
    for query in (f"tenant_id={acme}", f"provider={acme}", f"tenant_id=1&tenant_id={acme}", f"tenant_id[]={acme}"):
        listed = await world.client.get(f"http://nova.localhost/api/v1/clients?{query}", headers=headers)
        assert listed.status_code == 422, query
    for field in ("tenant_id", "provider_id", "is_admin", "registered_address", "code"):
        body = {"login": "x", "email": "x@y.example", "country": "FR", "contact_person": "X", field: acme}
        answer = await world.client.post("http://nova.localhost/api/v1/clients", headers=headers, json=body)
        assert answer.status_code == 422, field
        assert field in answer.json()["errors"]
    async with db.as_tenant(acme):
        assert await db.value("SELECT count(*) FROM clients WHERE login = 'x'") == 0
