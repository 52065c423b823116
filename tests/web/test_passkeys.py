"""Passkeys on pages: adding one, the list, and signing in, with an authenticator in software."""

import pytest
import time_machine

from core import clock, db
from core.accounts.signin import RECENT
from tests import cast
from tests.authenticator import Authenticator
from tests.visitor import PASSWORD, Visitor
from tests.web.test_portal import give_passwords

pytestmark = pytest.mark.anyio
ORIGIN = "http://nova.localhost"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def add(somebody: Visitor, *, name: str = "Phone", origin: str = ORIGIN) -> Authenticator:
    key = Authenticator(origin)
    asked = await somebody.post("/account/passkeys/options")
    assert asked.status_code == 200, somebody.text(asked)
    assert asked.headers["content-type"].startswith("application/json")
    added = await somebody.post("/account/passkeys", {"name": name, "answer": key.make(asked.text)})
    assert "The passkey was added." in somebody.text(await somebody.follow(added))
    return key


async def enter(somebody: Visitor, key: Authenticator, *, wanted: str = "", **wrong: object):
    asked = await somebody.post("/sign-in/passkey/options")
    return await somebody.post("/sign-in/passkey", {"answer": key.use(asked.text, **wrong), "next": wanted})


async def test_a_passkey_is_added_named_and_removed(alice: Visitor) -> None:
    page = await alice.get("/account/passkeys")
    assert "No passkey yet" in alice.text(page)
    assert "It works on nova.localhost" in alice.text(page)
    await add(alice)
    page = await alice.get("/account/passkeys")
    assert "not used yet" in alice.text(page)
    async with db.as_tenant((await cast.tenant("nova")).id):
        number = await db.value("SELECT id FROM passkeys")
    page = await alice.get(f"/account/passkeys/{number}")
    assert 'value="Phone"' in page.text
    refused = await alice.post(f"/account/passkeys/{number}", {"name": ""})
    assert refused.status_code == 422
    assert 'id="error-name"' in refused.text
    page = await alice.follow(await alice.post(f"/account/passkeys/{number}", {"name": "Blue phone"}))
    assert "Blue phone" in alice.text(page)
    gone = await alice.follow(await alice.post(f"/account/passkeys/{number}/remove"))
    assert "No passkey yet" in alice.text(gone)
    assert (await alice.get(f"/account/passkeys/{number}")).status_code == 404


async def test_one_signs_in_with_it_and_lands_where_one_wanted(alice: Visitor) -> None:
    key = await add(alice)
    browser = alice.another()
    assert 'data-passkey="get"' in (await browser.get("/sign-in")).text
    landed = await enter(browser, key, wanted="/staff/groups")
    assert (landed.status_code, landed.headers["location"]) == (303, "/staff/groups")
    assert (await browser.get("/staff/clients")).status_code == 200
    assert "last used" in browser.text(await browser.get("/account/passkeys"))
    away = await enter(alice.another(), key, wanted="https://evil.example/")
    assert away.headers["location"] == "/staff"


async def test_users_of_clients_have_them_too_and_read_of_them_in_their_log(visitor: Visitor) -> None:
    await give_passwords()
    jean = await visitor.sign_in(cast.email("dupont"))
    assert 'href="/account/passkeys"' in (await jean.get("/")).text
    key = await add(jean, name="Laptop")
    landed = await enter(jean.another(), key)
    assert landed.headers["location"] == "/"
    log = jean.text(await jean.get("/log"))
    assert "Jean Dupont added the passkey Laptop" in log
    assert "Passkey: Laptop" in log


@pytest.mark.parametrize("name", ["olga", "rita"])
async def test_operators_and_resellers_have_them_on_the_platforms_host(visitor: Visitor, name: str) -> None:
    somebody = await visitor.another("").sign_in(cast.email(name))
    key = await add(somebody, origin="http://localhost")
    landed = await enter(somebody.another(), key)
    assert landed.headers["location"] == "/platform"


async def test_what_is_wrong_is_said_beside_the_form_and_the_password_still_works(alice: Visitor) -> None:
    key = await add(alice)
    browser = alice.another()
    refused = await enter(browser, key, flags=1)
    assert refused.status_code == 422
    assert "This passkey did not work here." in browser.text(refused)
    for answer in ("", "{}", "[]", "null", "{" * 9, "x" * 30_000, '{"response": {}}', "é\x00"):
        status = (await browser.post("/sign-in/passkey", {"answer": answer})).status_code
        assert status in (422, 429), answer[:20]
    assert (await browser.post("/sign-in/passkey", {})).status_code in (422, 429)
    other = alice.another(address="198.51.100.9")
    await other.sign_in(cast.email("alice"))


async def test_after_a_while_one_shows_again_who_one_is(alice: Visitor) -> None:
    await add(alice)
    with time_machine.travel(clock.now() + RECENT * 2, tick=True):
        page = await alice.get("/account/passkeys")
        assert "Is it you?" in alice.text(page)
        assert 'data-passkey="create"' not in page.text
        assert (await alice.post("/account/passkeys/options")).status_code == 403
        async with db.as_tenant((await cast.tenant("nova")).id):
            number = await db.value("SELECT id FROM passkeys")
        assert "Is it you?" in alice.text(await alice.get(f"/account/passkeys/{number}"))
        assert (await alice.post(f"/account/passkeys/{number}/remove")).status_code == 403
        wrong = await alice.post("/account/passkeys/prove", {"code": "wrong", "passkey": str(number)})
        assert wrong.status_code == 422
        assert 'id="error-code"' in wrong.text
        proved = await alice.post("/account/passkeys/prove", {"code": PASSWORD, "passkey": str(number)})
        assert "Remove this passkey" in alice.text(await alice.follow(proved))


async def test_a_new_password_leaves_the_passkeys_as_they_are(alice: Visitor) -> None:
    key = await add(alice)
    new = "another horse, another staple 77"
    sent = {"current": PASSWORD, "password": new, "password_again": new}
    await alice.follow(await alice.post("/account/password", sent))
    assert (await enter(alice.another(), key)).headers["location"] == "/staff"


async def test_after_the_password_a_passkey_does_for_the_code(alice: Visitor) -> None:
    key = await add(alice)
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE people SET totp_confirmed_at = now() WHERE name = 'Alice'")
    browser = await alice.another().sign_in(cast.email("alice"))
    page = await browser.get("/sign-in/code")
    assert 'data-passkey="get"' in page.text
    asked = await browser.post("/sign-in/passkey/options")
    landed = await browser.post("/sign-in/passkey", {"answer": key.use(asked.text)})
    assert landed.headers["location"] == "/staff"
    assert (await browser.get("/staff")).status_code == 200


async def test_inside_a_clients_account_nothing_of_it_is_open(alice: Visitor) -> None:
    key = await add(alice)
    asked = await alice.another().post("/sign-in/passkey/options")
    await alice.follow(await alice.post("/staff/clients/1001/enter", {"reason": "Ticket 1"}))
    for path in ("/account/passkeys", "/account/passkeys/1"):
        assert (await alice.get(path)).status_code == 403, path
    for path, sent in (
        ("/account/passkeys/options", {}),
        ("/account/passkeys", {"answer": "{}"}),
        ("/account/passkeys/prove", {"code": PASSWORD}),
        ("/account/passkeys/1/remove", {}),
        ("/sign-in/passkey", {"answer": key.use(asked.text)}),
        ("/sign-in", {"email": cast.email("max"), "password": PASSWORD}),
    ):
        token = inside_token(await alice.get("/"))
        refused = await alice.client.post(path, data={"_csrf": token} | sent)
        assert refused.status_code == 403, path
        assert "while you are inside" in alice.text(refused), path


def inside_token(page) -> str:
    return page.text.partition('name="_csrf" value="')[2].partition('"')[0]
