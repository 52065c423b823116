"""Requests no browser of ours sends: made-up hosts, addresses for headers, odd forms. None is an error of ours."""

import re

import pytest

from core.accounts import passwords
from core.settings import Settings
from tests import cast
from tests.letters import waiting
from tests.visitor import Visitor
from tests.web.api.conftest import key_of

pytestmark = pytest.mark.anyio

LONG = "9" * 5000
"""More digits than Python reads as a number."""
KIND = {"content-type": "multipart/form-data; boundary=x"}
PART = 'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-99\r\n\r\nb'
PARTS = f"--x\r\n{PART}\r\n--x--\r\n"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


@pytest.mark.parametrize("host", ["nova.localhost:80@evil.example", "nova.localhost:", "nova.localhost.:8000"])
async def test_a_host_is_a_name_and_a_port(visitor: Visitor, host: str) -> None:
    known = not host.endswith("example")
    assert (await visitor.get("/", headers={"host": host})).status_code == (200 if known else 404)


async def test_an_invitation_by_the_api_leads_to_our_own_host(visitor: Visitor, database: Settings) -> None:
    headers = {"authorization": f"Bearer {await key_of('alice')}", "host": "nova.localhost:6666"}
    guest = {"email": "guest@nova.example", "name": "Guest", "role": "auditor"}
    assert (await visitor.client.post("/api/v1/staff", json=guest, headers=headers)).status_code == 201
    letters = [letter["text"] for letter in await waiting((await cast.tenant("nova")).id)]
    assert letters and not any("6666" in text for text in letters)


async def test_an_address_goes_into_a_header_as_a_header_takes_it(visitor: Visitor) -> None:
    asked = await visitor.get("/staff/roles/%0d%0aX-Evil:%201")
    assert asked.headers["location"] == "/sign-in?next=/staff/roles/%0D%0AX-Evil%3A%201"
    asked = await visitor.get("/staff/roles/%e6%97%a5&x=1")
    assert asked.headers["location"] == "/sign-in?next=/staff/roles/%E6%97%A5%26x%3D1"
    signed_in = await visitor.post("/sign-in", {"email": cast.email("alice"), "password": "", "next": "/日本"})
    assert signed_in.status_code == 422


@pytest.mark.parametrize(
    ("back", "place"),
    [
        ("/staff/日本?name=é&b=%20c", "/staff/%E6%97%A5%E6%9C%AC?name=%C3%A9&b=%20c"),
        ("//[", "/"),
        ("/\\evil", "/"),
    ],
)
async def test_the_way_back_is_kept_whatever_letters_are_in_it(visitor: Visitor, back: str, place: str) -> None:
    answer = await visitor.post("/account/language", {"locale": "en", "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, place)


async def test_a_form_in_no_known_encoding_is_refused(visitor: Visitor) -> None:
    for more in ({}, {"x-csrf-token": "made up"}):
        assert (await visitor.client.post("/sign-in", content=PARTS, headers=KIND | more)).status_code == 400


async def test_a_made_up_session_jumps_no_queue(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds a connection does not wait for a turn to hash, so nobody may take one by sending a cookie."""
    held: list[bool] = []
    look = passwords._holds_connection
    monkeypatch.setattr(passwords, "_holds_connection", lambda: held.append(look()) or held[-1])
    wrong = {"email": cast.email("alice"), "password": "wrong"}
    token = await visitor.token()
    visitor.client.cookies.set("comptoir-session", "made-up", domain="nova.localhost")
    answer = await visitor.client.post("/sign-in", data=wrong | {"_csrf": token})
    assert (answer.status_code, held) == (422, [False])


@pytest.mark.parametrize("path", ["/static/%00", "/static/" + "a" * 5000, "/static/%e6%97%a5"])
async def test_what_is_the_name_of_no_file_is_not_there(visitor: Visitor, path: str) -> None:
    assert (await visitor.get(path)).status_code == 404


async def test_a_number_of_thousands_of_digits_is_the_number_of_nothing(alice: Visitor) -> None:
    assert (await alice.get(f"/staff/clients/delete?code={LONG}")).status_code == 303
    assert (await alice.get(f"/staff/clients/groups?code={LONG}")).status_code == 303
    assert (await alice.post("/staff/clients/delete", {"code": LONG})).status_code == 303
    assert (await alice.post("/staff/clients/1001/groups", {"group": LONG})).status_code == 404
    chosen = {"code": "1001", "group": LONG, "act": "add"}
    assert (await alice.post("/staff/clients/groups", chosen)).status_code == 404


async def test_a_form_without_its_version_is_refused_and_shown_again(alice: Visitor) -> None:
    assert (await alice.post("/staff/settings", {"name": "", "country": "XX"})).status_code in (409, 422)
    assert (await alice.post("/staff/clients/1001", {"name": "", "country": "XX"})).status_code == 422
    olga = await alice.another("").sign_in(cast.email("olga"))
    address = "/platform/resellers"
    path = re.findall(rf'href="({address}/\d+)"', (await olga.get(address)).text)[0]
    assert (await olga.post(path, {"name": ""})).status_code == 422
    assert (await olga.post(path, {"name": "", "version": LONG})).status_code == 422
