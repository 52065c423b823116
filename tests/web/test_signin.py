"""The pages of signing in, from the front door: cookies, refusals, the second step, forgotten passwords."""

import re

import pyotp
import pytest

from core import db
from core.accounts import links
from core.actor import visitor as nobody
from core.settings import Settings
from tests import cast
from tests.core.accounts.test_links import carry_out, queued
from tests.core.accounts.test_signin import enroll
from tests.letters import waiting
from tests.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.anyio

ALICE = {"email": "alice@nova.example", "password": PASSWORD}
NEW_PASSWORD = "purple turnips dance at noon"
COOKIE = "comptoir-session"


def session_of(visitor: Visitor) -> str | None:
    return visitor.client.cookies.get(COOKIE)


async def test_the_right_password_leads_to_the_work_and_sets_a_cookie_nobody_can_read(visitor: Visitor) -> None:
    response = await visitor.post("/sign-in", ALICE)
    assert (response.status_code, response.headers["location"]) == (303, "/staff")
    (cookie,) = [value for value in response.headers.get_list("set-cookie") if value.startswith(COOKIE)]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert (await visitor.get("/account")).status_code == 200
    assert (await visitor.get("/sign-in")).headers["location"] == "/staff"


async def test_the_page_that_was_asked_for_comes_after_signing_in_and_no_foreign_one(visitor: Visitor) -> None:
    asked = await visitor.get("/account/sessions")
    assert asked.headers["location"] == "/sign-in?next=/account/sessions"
    page = await visitor.follow(asked)
    assert 'name="next" value="/account/sessions"' in page.text
    response = await visitor.post("/sign-in", ALICE | {"next": "/account/sessions"})
    assert response.headers["location"] == "/account/sessions"
    for foreign in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        response = await visitor.another().post("/sign-in", ALICE | {"next": foreign})
        assert response.headers["location"] == "/staff"


async def test_unknown_wrong_and_disabled_are_one_answer(visitor: Visitor) -> None:
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute("UPDATE people SET is_disabled = true WHERE name = 'Sam'")
    pages = set()
    for email, password in (
        ("alice@nova.example", "wrong"),
        ("nobody@nova.example", PASSWORD),
        ("sam@nova.example", PASSWORD),
    ):
        response = await visitor.another().post("/sign-in", {"email": email, "password": password})
        assert response.status_code == 422
        pages.add(re.sub(r'name="_csrf" value="[^"]+"', "", response.text).replace(email, ""))
    assert len(pages) == 1
    assert session_of(visitor) is None


async def test_the_eleventh_try_waits_whatever_the_headers_say_and_others_go_on(visitor: Visitor) -> None:
    wrong = ALICE | {"password": "wrong"}
    for number in range(10):
        headers = {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"}
        assert (await visitor.post("/sign-in", wrong, headers=headers)).status_code == 422
    refused = await visitor.post("/sign-in", ALICE, headers={"X-Forwarded-For": "192.0.2.99"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert (await visitor.another(address="198.51.100.4").post("/sign-in", ALICE)).status_code == 303


@pytest.mark.parametrize(
    "form", [{}, {"email": "a@b.example"}, ALICE | {"is_admin": "1"}, {"email": "\x00", "password": "\x00"}]
)
async def test_an_incomplete_or_strange_form_is_refused(visitor: Visitor, form: dict[str, str]) -> None:
    response = await visitor.post("/sign-in", form)
    assert response.status_code == 422
    assert session_of(visitor) is None


async def test_a_form_without_the_right_token_is_refused(visitor: Visitor) -> None:
    token = await visitor.token()
    assert (await visitor.client.post("/sign-in", data=ALICE)).status_code == 403
    assert (await visitor.client.post("/sign-in", data=ALICE | {"_csrf": "x" * 64})).status_code == 403
    assert (await visitor.another().client.post("/sign-in", data=ALICE | {"_csrf": token})).status_code == 403
    cross_site = await visitor.client.post(
        "/sign-in", data=ALICE | {"_csrf": token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert cross_site.status_code == 403


async def test_a_token_that_was_planted_is_not_kept(visitor: Visitor) -> None:
    visitor.client.cookies.set(COOKIE, "planted", domain="nova.localhost", path="/")
    await visitor.get("/sign-in")
    assert session_of(visitor) is None
    await visitor.sign_in("alice@nova.example")
    first = session_of(visitor)
    assert first not in (None, "planted")


async def test_signing_out_kills_the_session_on_the_server(visitor: Visitor) -> None:
    await visitor.sign_in("alice@nova.example")
    token = session_of(visitor)
    response = await visitor.post("/sign-out")
    assert response.headers["location"] == "/sign-in"
    assert session_of(visitor) is None
    visitor.client.cookies.set(COOKIE, str(token), domain="nova.localhost", path="/")
    assert (await visitor.get("/account")).status_code == 303
    assert (await visitor.get("/sign-out")).status_code in (404, 405)


async def test_the_platforms_people_sign_in_on_its_own_host(visitor: Visitor) -> None:
    platform = visitor.another("")
    response = await platform.post("/sign-in", {"email": "olga@platform.example", "password": PASSWORD})
    assert response.headers["location"] == "/platform"
    assert (await platform.another().post("/sign-in", ALICE)).status_code == 422


async def test_after_the_password_only_the_page_for_the_code_opens(visitor: Visitor) -> None:
    totp, _codes = await enroll("alice")
    response = await visitor.post("/sign-in", ALICE | {"next": "/account/sessions"})
    assert response.headers["location"] == "/sign-in/code?next=%2Faccount%2Fsessions"
    pending = session_of(visitor)
    for path in ("/account", "/account/two-factor", "/staff/clients"):
        assert (await visitor.get(path)).headers["location"] == "/sign-in/code"
    page = await visitor.get(response.headers["location"])
    assert page.status_code == 200
    assert (await visitor.post("/sign-in/code", {"code": "000000"})).status_code == 422
    response = await visitor.post("/sign-in/code", {"code": totp.now(), "next": "/account/sessions"})
    assert response.headers["location"] == "/account/sessions"
    assert session_of(visitor) not in (None, pending)
    assert (await visitor.get("/account/sessions")).status_code == 200


async def test_the_fifth_wrong_code_leads_back_to_the_beginning(visitor: Visitor) -> None:
    await enroll("alice")
    await visitor.post("/sign-in", ALICE)
    statuses = [(await visitor.post("/sign-in/code", {"code": "000000"})).status_code for _try in range(5)]
    assert statuses == [422, 422, 422, 422, 303]
    assert session_of(visitor) is None
    assert (await visitor.get("/sign-in/code")).headers["location"] == "/sign-in"


async def test_a_recovery_code_opens_too_and_the_page_asks_for_one(visitor: Visitor) -> None:
    _totp, codes = await enroll("alice")
    await visitor.post("/sign-in", ALICE)
    assert "Recovery code" in visitor.text(await visitor.get("/sign-in/code?recovery=1"))
    assert (await visitor.post("/sign-in/code", {"code": codes[0]})).status_code == 303
    assert (await visitor.get("/account")).status_code == 200


async def test_a_role_that_must_have_a_second_factor_is_led_to_it(visitor: Visitor) -> None:
    async with db.as_platform():
        await db.execute("UPDATE providers SET mfa_roles = '{owner}' WHERE code = 'nova'")
    response = await visitor.post("/sign-in", ALICE)
    assert response.headers["location"] == "/account/two-factor"
    assert (await visitor.get("/account")).headers["location"] == "/account/two-factor"
    page = await visitor.follow(await visitor.post("/account/two-factor/begin"))
    secret = re.search(r"\b[A-Z2-7]{32}\b", page.text)
    assert secret is not None
    response = await visitor.post("/account/two-factor", {"code": pyotp.TOTP(secret[0]).now()})
    assert response.status_code == 200
    assert len(re.findall(r"<li>[a-z2-9]{4}(?:-[a-z2-9]{4}){3}</li>", response.text)) == 10
    assert (await visitor.get("/account")).status_code == 200


async def test_a_forgotten_password_is_chosen_anew_by_a_link(visitor: Visitor, database: Settings) -> None:
    nova = await cast.tenant("nova")
    answers = [
        visitor.text(await visitor.post("/password", {"email": email}))
        for email in ("alice@nova.example", "nobody@nova.example")
    ]
    assert answers[0] == answers[1]
    for job in await queued(database):
        await carry_out(database, job, nova.id)
    (letter,) = await waiting(nova.id)
    path = re.search(r"https?://nova\.localhost(?::\d+)?(/password/\S+)", letter["text"])
    assert path is not None
    assert visitor.text(await visitor.get(path[1])).count("alice@nova.example") == 1
    pair = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}
    different = await visitor.post(path[1], pair | {"password_again": "another one entirely"})
    assert different.status_code == 422
    assert (await visitor.post(path[1], {"password": "weak", "password_again": "weak"})).status_code == 422
    assert (await visitor.post(path[1], pair)).headers["location"] == "/sign-in"
    assert (await visitor.get(path[1])).status_code == 404
    assert (await visitor.post(path[1], pair)).status_code == 404
    await visitor.sign_in("alice@nova.example", password=NEW_PASSWORD)


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "Forwarded", "X-Host"])
async def test_no_header_puts_a_foreign_host_into_a_letter(
    visitor: Visitor, database: Settings, header: str
) -> None:
    response = await visitor.post("/password", {"email": "alice@nova.example"}, headers={header: "evil.example"})
    assert response.status_code == 200
    nova = await cast.tenant("nova")
    for job in await queued(database):
        await carry_out(database, job, nova.id)
    letters = str(await waiting(nova.id))
    assert "nova.localhost" in letters
    assert "evil" not in letters


async def test_a_foreign_host_gets_nothing(visitor: Visitor) -> None:
    response = await visitor.client.get("/sign-in", headers={"Host": "evil.example"})
    assert response.status_code == 404


async def test_a_link_of_another_provider_is_as_good_as_none(visitor: Visitor) -> None:
    acme = await cast.tenant("acme")
    async with db.as_tenant(acme.id):
        bob = await db.value("SELECT id FROM people WHERE name = 'Bob'")
        token = await links.create("password", bob, by=nobody(acme))
    foreign, unknown = await visitor.get(f"/password/{token}"), await visitor.get(f"/password/{'x' * 43}")
    assert (foreign.status_code, foreign.text.replace(token, "x" * 43)) == (404, unknown.text)
