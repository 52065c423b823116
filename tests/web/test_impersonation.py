"""Entering with a client's rights, on pages: the question, the banner, what is closed, and the way back."""

import re
from datetime import timedelta

import pytest
import time_machine

from core import clock, db
from core.accounts import links, signin
from core.actor import system
from tests import cast
from tests.visitor import PASSWORD

pytestmark = pytest.mark.anyio
HERE = "/staff/clients/1001/enter"
WHY = {"reason": "Ticket 12"}
INSIDE = "comptoir-inside"
PARTS = {"hx-request": "true", "hx-request-type": "partial"}


@pytest.fixture
async def max_(visitor):
    return await visitor.sign_in(cast.email("max"))


async def inside(somebody, path: str = HERE):
    answer = await somebody.post(path, WHY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), somebody.text(answer)[:500]
    assert somebody.client.cookies.get(INSIDE)
    return somebody


async def act(somebody, path: str, data: dict | None = None, **options):
    """Send a form of a page inside, with its token."""
    page = await somebody.client.get("/")
    token = re.search(r'action="/inside/leave".*?name="_csrf" value="([^"]+)"', page.text, re.DOTALL)
    assert token, page.text[:500]
    return await somebody.client.post(path, data={"_csrf": token[1]} | (data or {}), **options)


async def told(action: str) -> list:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        return await db.fetch("SELECT * FROM audit_entries WHERE action = $1 ORDER BY at, id", action)


def banner(page) -> str:
    found = re.search(r'(?s)<div class="inside".*?</div>', page.text)
    return found[0] if found else ""


async def test_the_banner_and_the_way_back_to_the_filtered_list(max_):
    back = "/staff/clients?country=FR&sort=name"
    chosen = await max_.get("/staff/enter", params={"code": "1001", "back": back})
    page = await max_.follow(chosen)
    assert "Jean Dupont" in max_.text(page) and 'name="reason"' in page.text and 'name="code"' not in page.text
    action = re.search(r'action="(/staff/clients/1001/enter[^"]*)"', page.text)
    await inside(max_, action[1].replace("&amp;", "&"))
    page = await max_.get("/")
    assert "Jean Dupont" in banner(page) and "30 minutes left" in banner(page)
    left = await act(max_, "/inside/leave")
    assert left.headers["location"] == back
    assert not max_.client.cookies.get(INSIDE)
    assert banner(await max_.get("/")) == ""
    assert [entry["actor_name"] for entry in await told("impersonation:ended")] == ["Max"]


async def test_the_banner_stands_on_pages_error_pages_and_parts(max_):
    await inside(max_)
    for path, status in (("/", 200), ("/nowhere-at-all", 404), ("/account", 403), ("/account/sessions", 403)):
        page = await max_.get(path)
        assert page.status_code == status, path
        assert "Jean Dupont" in banner(page), path
    assert banner(await max_.get("/staff/clients")) == "", "another tab goes on as staff"


async def test_looking_never_enters(max_):
    for path in ("/staff/enter?code=1001", HERE):
        await max_.get(path)
    assert await told("impersonation:started") == []
    for method in ("PUT", "PATCH", "DELETE"):
        assert (await max_.client.request(method, HERE)).status_code in (404, 405)
    for options in (
        {},
        {"headers": {"sec-fetch-site": "cross-site"}},
        {"headers": {"origin": "http://evil.example"}},
    ):
        data = WHY if not options else WHY | {"_csrf": await max_.token()}
        assert (await max_.client.post(HERE, data=data, **options)).status_code == 403
    assert await told("impersonation:started") == []


async def test_without_a_reason_the_form_says_so(max_):
    page = await max_.post(HERE, {"reason": " "})
    assert page.status_code == 422 and 'id="error-reason"' in page.text
    assert not max_.client.cookies.get(INSIDE)


async def test_an_old_sign_in_has_to_be_shown_again_and_the_fifth_wrong_one_ends_it(max_):
    token = await max_.token()
    with time_machine.travel(clock.now() + signin.RECENT + timedelta(minutes=1), tick=True):
        page = await max_.get(HERE)
        assert 'name="code"' in page.text
        data = {"_csrf": token} | WHY
        page = await max_.client.post(HERE, data=data)
        assert page.status_code == 422 and 'id="error-code"' in page.text and "Ticket 12" in page.text
        for _wrong in range(4):
            page = await max_.client.post(HERE, data=data | {"code": "wrong"})
            assert page.status_code == 422 and "This is not your password." in page.text
            assert "wrong" not in page.text.partition("<main")[2].partition("</main>")[0].replace("is-wrong", "")
        page = await max_.client.post(HERE, data=data | {"code": "wrong"})
        assert page.headers["location"] == "/sign-in"
        assert (await max_.get("/staff")).headers["location"].startswith("/sign-in")
    assert await told("impersonation:started") == []


async def test_the_right_password_enters_under_a_new_token_of_the_session(max_):
    before, token = max_.client.cookies["comptoir-session"], await max_.token()
    with time_machine.travel(clock.now() + signin.RECENT + timedelta(minutes=1), tick=True):
        answer = await max_.client.post(HERE, data={"_csrf": token, "code": PASSWORD} | WHY)
        assert answer.headers["location"] == "/"
        assert max_.client.cookies["comptoir-session"] != before
        assert "Jean Dupont" in banner(await max_.get("/"))


CLOSED = (
    ("/account/password", {"current": PASSWORD, "password": "x", "password_again": "x"}),
    ("/account", {"name": "Somebody", "locale": "fr", "theme": "dark"}),
    ("/account/sessions/end-others", {}),
    ("/account/two-factor/begin", {}),
    ("/account/two-factor", {"code": "1"}),
    ("/account/two-factor/off", {"secret": PASSWORD}),
)


async def test_what_is_the_clients_own_is_closed_and_kept(max_):
    await inside(max_)
    for path, data in CLOSED:
        answer = await act(max_, path, data)
        assert answer.status_code == 403, path
        assert "inside a client’s account" in max_.text(answer)
    kept = await told("impersonation:refused")
    assert [entry["changes"]["request"][1] for entry in kept] == [f"POST {path}" for path, _data in CLOSED]
    assert all(entry["actor_name"] == "Max" and entry["client_id"] for entry in kept)


async def test_nobody_enters_twice_from_another_tab(max_):
    await inside(max_)
    page = await max_.get("/staff/clients/1002/enter")
    assert "Another window is inside the account of Jean Dupont" in max_.text(page)
    token = re.search(r'action="/staff/leave.*?name="_csrf" value="([^"]+)"', page.text, re.DOTALL)[1]
    answer = await max_.client.post("/staff/clients/1002/enter", data={"_csrf": token} | WHY)
    assert answer.status_code == 403
    [entry] = await told("impersonation:refused")
    assert (entry["actor_name"], entry["changes"]["request"][1]) == ("Max", "POST /staff/clients/1002/enter")
    left = await max_.client.post("/staff/leave?back=/staff/clients/1002/enter", data={"_csrf": token})
    assert left.headers["location"] == "/staff/clients/1002/enter"
    await inside(max_, "/staff/clients/1002/enter")


async def test_half_an_hour_later_every_page_leads_back(max_):
    await inside(max_, HERE + "?back=/staff/clients?country=FR")
    stolen = max_.client.cookies[INSIDE]
    with time_machine.travel(clock.now() + timedelta(minutes=31), tick=True):
        part = await max_.get("/", headers=PARTS)
        assert (part.status_code, part.headers["hx-redirect"]) == (401, "/staff/clients?country=FR")
        max_.client.cookies.set(INSIDE, stolen, domain="nova.localhost")
        answer = await max_.get("/account")
        assert answer.headers["location"] == "/staff/clients?country=FR"
        assert not max_.client.cookies.get(INSIDE)
        page = await max_.follow(answer)
        assert "Half an hour is over" in max_.text(page)
        assert (await max_.get("/account")).status_code == 200


async def test_the_cookie_alone_is_worth_nothing(max_):
    await inside(max_)
    thief = max_.another()
    thief.client.cookies.set(INSIDE, max_.client.cookies[INSIDE])
    assert banner(await thief.get("/")) == ""
    assert (await thief.get("/account")).headers["location"].startswith("/sign-in")


async def test_signing_out_inside_leaves_and_no_more(max_):
    await inside(max_)
    answer = await act(max_, "/sign-out")
    assert answer.headers["location"] == "/staff/clients/1001"
    assert (await max_.get("/staff")).status_code == 200


async def test_the_language_inside_is_of_the_browser_alone(max_):
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        before = await db.fetch("SELECT * FROM people ORDER BY id")
    await inside(max_)
    assert (await act(max_, "/account/language", {"locale": "fr", "back": "/"})).status_code == 303
    async with db.as_tenant(nova.id):
        assert await db.fetch("SELECT * FROM people ORDER BY id") == before


ELSEWHERE = ["//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil", "\x00"]


@pytest.mark.parametrize("back", ELSEWHERE)
async def test_the_way_back_leads_nowhere_else(max_, back):
    answer = await max_.client.post(HERE, params={"back": back}, data=WHY | {"_csrf": await max_.token()})
    assert answer.status_code == 303
    assert (await act(max_, "/inside/leave")).headers["location"] == "/staff/clients/1001"


async def test_the_portal_is_the_clients_and_his_log_tells_of_the_visit(max_):
    await inside(max_)
    page = await max_.get("/")
    assert page.status_code == 200 and 'href="/account"' not in page.text
    page = await max_.get("/profile")
    assert "dupont@client.example" in page.text and banner(page)
    answer = await act(
        max_, "/profile", {"phone": "+33123456789", "version": "1", "contact_person": "Jean Dupont"}
    )
    assert answer.status_code == 303, max_.text(answer)[:600]
    [entry] = [entry for entry in await told("client:updated") if entry["impersonation_id"]]
    assert (entry["actor_name"], entry["actor_kind"], entry["subject_name"]) == ("Max", "staff", "Jean Dupont")
    refused = await act(max_, "/profile", {"email": "mine@evil.example", "version": "2"})
    assert refused.status_code == 403 and banner(refused)
    page = await max_.get("/log")
    log = re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2].partition("</main>")[0])
    assert "Nova entered the account of Jean Dupont" in log and "Ticket 12" in log
    assert "inside the client’s account" in log and "Max" not in log
    assert (await act(max_, "/choose", {"client": "1002"})).status_code in (403, 404)


async def test_beside_a_visit_no_key_is_made_and_no_client_deleted(max_):
    owner = await max_.another().sign_in(cast.email("alice"))
    await inside(owner)
    token = re.search(r'name="_csrf" value="([^"]+)"', (await owner.get("/staff/settings")).text)[1]
    for path, data in (
        ("/staff/api-keys", {"name": "Back door", "scopes": "client:read"}),
        ("/staff/clients/delete", {"codes": "1002"}),
    ):
        answer = await owner.client.post(path, data={"_csrf": token} | data)
        assert answer.status_code == 403, path
        assert "Leave it first." in owner.text(answer)
    kept = [entry["changes"]["request"][1] for entry in await told("impersonation:refused")]
    assert kept == ["POST /staff/api-keys", "POST /staff/clients/delete"]
    assert (await owner.get("/staff/clients")).status_code == 200, "another tab goes on as staff"
    await act(owner, "/inside/leave")
    token = re.search(r'name="_csrf" value="([^"]+)"', (await owner.get("/staff/settings")).text)[1]
    made = await owner.client.post(
        "/staff/api-keys", data={"_csrf": token, "name": "Key", "scopes": "client:read"}
    )
    assert made.status_code == 200, owner.text(made)[:500]


async def test_no_password_is_chosen_and_nobody_signs_in_from_inside(max_):
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        person_id = await db.value("SELECT id FROM people WHERE email_folded = 'dupont@client.example'")
        token = await links.create("password", person_id, by=system(nova))
        before = await db.fetch("SELECT * FROM people ORDER BY id")
    await inside(max_)
    new = {"password": "another horse, another staple 77", "password_again": "another horse, another staple 77"}
    for path, data in (
        (f"/password/{token}", new),
        ("/sign-in", {"email": cast.email("alice"), "password": PASSWORD}),
    ):
        answer = await act(max_, path, data)
        assert answer.status_code == 403, path
        assert banner(answer)
    async with db.as_tenant(nova.id):
        assert await db.fetch("SELECT * FROM people ORDER BY id") == before


async def test_a_page_of_an_error_leads_back_into_the_portal(max_):
    await inside(max_)
    page = await max_.get("/nowhere-at-all")
    assert re.search(r'<a class="btn" href="/">', page.text)
