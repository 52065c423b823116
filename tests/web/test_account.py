"""The pages of one's own account: profile, password, sessions, two-step sign-in, language and appearance."""

import re

import pyotp
import pytest

from core import db
from tests import cast
from tests.visitor import PASSWORD, Visitor
from web.account.sessions import device

pytestmark = pytest.mark.anyio

NEW_PASSWORD = "purple turnips dance at noon"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in("alice@nova.example")


async def test_nothing_of_it_is_for_visitors(visitor: Visitor) -> None:
    for path in ("/account", "/account/sessions", "/account/two-factor"):
        assert (await visitor.get(path)).headers["location"].startswith("/sign-in")
    for path in ("/account", "/account/password", "/account/sessions/1/end", "/account/sessions/end-others",
                 "/account/two-factor", "/account/two-factor/codes", "/account/two-factor/off"):  # fmt: skip
        assert (await visitor.post(path, {"code": "1"})).headers["location"] == "/sign-in"


async def test_the_profile_is_saved_and_the_next_page_speaks_the_new_language(alice: Visitor) -> None:
    form = {"name": "Alice <b>Martin</b>", "email": "evil@nova.example", "locale": "fr", "theme": "dark"}
    page = await alice.follow(await alice.post("/account", form))
    assert '<html lang="fr"' in page.text
    assert 'data-bs-theme="dark"' in page.text
    assert "Alice &lt;b&gt;Martin&lt;/b&gt;" in page.text
    assert 'value="alice@nova.example"' in page.text
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT count(*) FROM people WHERE email = 'evil@nova.example'") == 0
    assert '<html lang="fr"' in (await alice.follow(await alice.post("/sign-out"))).text


@pytest.mark.parametrize(
    "form",
    [
        {"name": " ", "locale": "en", "theme": "auto"},
        {"name": "Alice", "locale": "xx", "theme": "auto"},
        {"name": "Alice", "locale": "en", "theme": "auto", "role": "owner"},
        {"name": "A\x00", "locale": "en", "theme": "auto"},
        {"name": "A" * 201, "locale": "en", "theme": "auto"},
    ],
)
async def test_a_profile_with_errors_is_shown_again(alice: Visitor, form: dict[str, str]) -> None:
    assert (await alice.post("/account", form)).status_code == 422
    assert 'value="Alice"' in (await alice.get("/account")).text


async def test_the_password_is_changed_and_the_other_browser_is_out(alice: Visitor) -> None:
    other = await alice.another().sign_in("alice@nova.example")
    before = alice.client.cookies.get("comptoir-session")
    pair = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    for wrong in (
        {"current": "wrong", **pair},
        {"current": PASSWORD, "password": NEW_PASSWORD, "password_again": "x"},
        {"current": PASSWORD, "password": "alice@nova.example", "password_again": "alice@nova.example"},
        {"current": PASSWORD},
    ):
        assert (await alice.post("/account/password", wrong)).status_code == 422
    assert (await alice.post("/account/password", {"current": PASSWORD, **pair})).status_code == 303
    assert alice.client.cookies.get("comptoir-session") != before
    assert (await alice.get("/account")).status_code == 200
    assert (await other.get("/account")).status_code == 303


async def test_sessions_are_listed_and_ended(alice: Visitor) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
    other = alice.another()
    await other.post(
        "/sign-in", {"email": "alice@nova.example", "password": PASSWORD}, headers={"User-Agent": firefox}
    )
    page = await alice.get("/account/sessions")
    assert "Firefox 144, Linux" in page.text
    found = re.search(r"/account/sessions/(\d+)/end\"", page.text)
    assert found is not None
    sam = await alice.another().sign_in("sam@nova.example")
    assert (await sam.post(f"/account/sessions/{found[1]}/end")).status_code == 404
    assert (await alice.post(f"/account/sessions/{found[1]}/end")).status_code == 303
    assert (await other.get("/account")).status_code == 303
    await other.sign_in("alice@nova.example")
    assert (await alice.post("/account/sessions/end-others")).status_code == 303
    assert [(await each.get("/account")).status_code for each in (alice, other, sam)] == [200, 303, 200]
    assert (await alice.post("/account/sessions/99999999999999999999/end")).status_code == 404


async def test_two_step_sign_in_is_switched_on_renewed_and_off(alice: Visitor) -> None:
    assert not re.search(r"\b[A-Z2-7]{32}\b", (await alice.get("/account/two-factor")).text)
    page = await alice.follow(await alice.post("/account/two-factor/begin"))
    assert 'class="qrline"' in page.text
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.text)
    assert secret is not None
    totp = pyotp.TOTP(secret[0])
    refused = await alice.post("/account/two-factor", {"code": "000000"})
    assert refused.status_code == 422
    assert secret[0] in refused.text
    codes = re.findall(
        r"<li>([a-z2-9-]{19})</li>", (await alice.post("/account/two-factor", {"code": totp.now()})).text
    )
    assert len(codes) == 10
    assert "10 recovery codes left" in alice.text(await alice.get("/account/two-factor"))
    assert (await alice.post("/account/two-factor/codes", {"secret": "000000"})).status_code == 422
    renewed = await alice.post("/account/two-factor/codes", {"secret": codes[0]})
    assert len(re.findall(r"<li>([a-z2-9-]{19})</li>", renewed.text)) == 10
    assert (await alice.post("/account/two-factor/off", {"secret": codes[1]})).status_code == 422
    assert (await alice.post("/account/two-factor/off", {"secret": PASSWORD})).status_code == 303
    await alice.another().sign_in("alice@nova.example")


@pytest.mark.parametrize("is_signed_in", [False, True])
async def test_language_and_appearance_can_be_chosen_by_everybody(visitor: Visitor, is_signed_in: bool) -> None:
    if is_signed_in:
        await visitor.sign_in("alice@nova.example")
    back = "/account" if is_signed_in else "/sign-in"
    page = await visitor.follow(await visitor.post("/account/language", {"locale": "fr", "back": back}))
    assert '<html lang="fr"' in page.text
    page = await visitor.follow(await visitor.post("/account/appearance", {"theme": "light", "back": back}))
    assert 'data-bs-theme="light"' in page.text
    for path, field in (("language", "locale"), ("appearance", "theme")):
        response = await visitor.post(f"/account/{path}", {field: "x", "back": back})
        assert response.status_code == 422
        response = await visitor.post(f"/account/{path}", {"back": back})
        assert response.status_code == 422
    foreign = await visitor.post("/account/language", {"locale": "en", "back": "https://evil.example"})
    assert foreign.headers["location"] == "/"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge 140, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari 18, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/141.0 Mobile Safari/537.36", "Chrome 141, Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)  # fmt: skip
async def test_a_device_is_named_as_people_say_it(agent: str, name: str) -> None:
    assert device(agent) == name
