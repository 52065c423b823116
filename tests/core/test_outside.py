"""The one way out: to public addresses only, whatever they are written like, and no more than was meant."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core import outside
from tests.receiver import Receiver, receiving, status

pytestmark = pytest.mark.anyio

PUBLIC = "203.0.114.7"
INSIDE = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://sub.localhost.:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f.1:{port}/",
    "http://127。0。0。1:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://224.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "https://name:word@example.org/",
    "http://a b/",
    "http://x:99999/",
    "//example.org/",
    "http://example.org\\@127.0.0.1:{port}/",
    "",
    "http://" + "a" * 3000,
    "http://a\x00b/",
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop that looks names up by `socket`, whose answers are faked here."""
    return "asyncio"


@pytest.fixture
async def listener() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names lead to, one look-up after the other; the last one stays."""
    known: dict[str, list[str]] = {}

    def found(host: str, port: int, *_others: Any, **_more: Any) -> list[Any]:
        addresses = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses.split()]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return known


async def asked(url: str, *, seconds: float = 5) -> outside.Answer:
    async with outside.client(seconds=seconds) as http:
        return await http.post(url, content=b"{}")


@pytest.mark.parametrize("url", INSIDE)
async def test_what_leads_inside_is_refused_before_anything_is_connected_to(url: str, listener: Receiver) -> None:
    with pytest.raises(outside.Refused):
        await asked(url.format(port=listener.port))
    with pytest.raises(ValueError, match="address"):
        outside.check_url(url.format(port=listener.port))
    assert listener.connections == 0


@pytest.mark.parametrize("answers", ["127.0.0.1", f"{PUBLIC} 127.0.0.1", "10.1.2.3"])
async def test_a_name_that_leads_inside_is_refused_without_a_probe(
    answers: str, listener: Receiver, names: dict[str, list[str]]
) -> None:
    names["hooks.example.org"] = [answers]
    outside.check_url(f"http://hooks.example.org:{listener.port}/")
    with pytest.raises(outside.Refused):
        await asked(f"http://hooks.example.org:{listener.port}/")
    assert listener.connections == 0


async def test_a_name_that_leads_elsewhere_at_the_second_look_up_is_looked_up_once(
    listener: Receiver, names: dict[str, list[str]]
) -> None:
    names["rebound.example.org"] = [PUBLIC, "127.0.0.1"]
    with pytest.raises(outside.NotReached) as failed:
        await asked(f"http://rebound.example.org:{listener.port}/", seconds=0.3)
    assert not failed.value.permanent
    assert names["rebound.example.org"] == ["127.0.0.1"]
    assert listener.connections == 0


async def test_a_redirect_is_an_answer_and_is_not_followed(
    listener: Receiver, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    names["hooks.example.org"] = ["127.0.0.1"]
    listener.answer = status(302, "Location: http://10.0.0.1/", "Set-Cookie: a=b")
    answer = await asked(f"http://hooks.example.org:{listener.port}/in?x=1")
    assert (answer.status, answer.is_success) == (302, False)
    assert listener.connections == 1
    sent = listener.requests[0]
    assert sent.line == "POST /in?x=1 HTTP/1.1"
    assert sent.headers["host"] == f"hooks.example.org:{listener.port}"
    assert sent.headers["user-agent"].startswith("Comptoir/")


async def test_no_more_of_an_answer_is_read_than_64_kb(
    listener: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    listener.answer = status(200, body="x" * 900_000)
    answer = await asked(f"http://127.0.0.1:{listener.port}/")
    assert (len(answer.body), answer.is_cut, answer.is_success) == (outside.LARGEST, True, True)


@pytest.mark.parametrize(
    "broken", [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", b"nonsense\r\n\r\n", b""]
)
async def test_half_an_answer_is_none(broken: bytes, listener: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    listener.answer = broken
    with pytest.raises(outside.NotReached) as failed:
        await asked(f"http://127.0.0.1:{listener.port}/")
    assert not failed.value.permanent


async def test_loopback_alone_opens_where_things_are_tried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    outside.check_url("http://127.0.0.1:9/")
    outside.check_url("http://localhost:9/")
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "file:///etc/passwd"):
        with pytest.raises(ValueError, match="address"):
            outside.check_url(url)
