"""A server on this computer that stands for somebody's: it keeps what it gets, and answers what a test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

OKAY = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nokay"


def status(code: int, *headers: str, body: str = "") -> bytes:
    """An answer with this status."""
    lines = [f"HTTP/1.1 {code} Said", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Request(msgspec.Struct, frozen=True):
    """What came: the first line, the headers in small letters, the body."""

    line: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """`answers` are given first, one a request, and then `answer`; None never answers."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[Request] = []
        self.answers: list[bytes | None] = []
        self.answer: bytes | None = OKAY
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            line, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            pairs = [one.partition(": ") for one in rest]
            headers = {name.lower(): value for name, _colon, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.requests.append(Request(line, headers, body))
            answer = self.answers.pop(0) if self.answers else self.answer
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """One that runs until the block ends."""
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
