"""The one way out: to public addresses only, whatever they are written like, and no more than was meant."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core import outside

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


class Listener:
    """A server on this computer that says `answer` to each request, and keeps them."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokay"
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
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
async def test_what_leads_inside_is_refused_before_anything_is_connected_to(url: str, listener: Listener) -> None:
    with pytest.raises(outside.Refused):
        await asked(url.format(port=listener.port))
    with pytest.raises(ValueError, match="address"):
        outside.check_url(url.format(port=listener.port))
    assert listener.connections == 0


@pytest.mark.parametrize("answers", ["127.0.0.1", f"{PUBLIC} 127.0.0.1", "10.1.2.3"])
async def test_a_name_that_leads_inside_is_refused_without_a_probe(
    answers: str, listener: Listener, names: dict[str, list[str]]
) -> None:
    names["hooks.example.org"] = [answers]
    outside.check_url(f"http://hooks.example.org:{listener.port}/")
    with pytest.raises(outside.Refused):
        await asked(f"http://hooks.example.org:{listener.port}/")
    assert listener.connections == 0


async def test_a_name_that_leads_elsewhere_at_the_second_look_up_is_looked_up_once(
    listener: Listener, names: dict[str, list[str]]
) -> None:
    names["rebound.example.org"] = [PUBLIC, "127.0.0.1"]
    with pytest.raises(outside.NotReached) as failed:
        await asked(f"http://rebound.example.org:{listener.port}/", seconds=0.3)
    assert not failed.value.permanent
    assert names["rebound.example.org"] == ["127.0.0.1"]
    assert listener.connections == 0


async def test_a_redirect_is_an_answer_and_is_not_followed(
    listener: Listener, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    names["hooks.example.org"] = ["127.0.0.1"]
    listener.answer = (
        b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    )
    answer = await asked(f"http://hooks.example.org:{listener.port}/in?x=1")
    assert (answer.status, answer.is_success) == (302, False)
    assert listener.connections == 1
    head = listener.requests[0].decode()
    assert head.startswith("POST /in?x=1 HTTP/1.1\r\n")
    assert f"Host: hooks.example.org:{listener.port}\r\n" in head
    assert "User-Agent: Comptoir/" in head


async def test_no_more_of_an_answer_is_read_than_64_kb(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside, "_reaches_loopback", True)
    listener.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b"x" * 900_000
    answer = await asked(f"http://127.0.0.1:{listener.port}/")
    assert (len(answer.body), answer.is_cut, answer.is_success) == (outside.LARGEST, True, True)


@pytest.mark.parametrize(
    "broken", [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", b"nonsense\r\n\r\n", b""]
)
async def test_half_an_answer_is_none(broken: bytes, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
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
