"""The server that is measured: the product as `comptoir serve` starts it, and beside it one page from memory.

The page from memory is the first page of clients with the very same rows and words, kept from one real request:
the same template, framework and server, without host, session, transaction and database.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from granian import Granian
from granian.constants import Interfaces, Loops
from litestar import Litestar, Response, get
from litestar.enums import MediaType

from benchmarks.signed_in import PAGE, SignedIn
from core import i18n
from core.settings import Settings
from web.cli import ground, serving
from web.kit import pages, templates

MEMORY = "/page-from-memory"
COOKIE, HOST = "BENCHMARK_COOKIE", "BENCHMARK_HOST"
START_SECONDS = 60


class Measured:
    """The product, with one more address in front of it."""

    def __init__(self) -> None:
        self.served = serving.application()
        self.memory = Litestar([page_from_memory], openapi_config=None, logging_config=None)
        self.is_recorded = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the life of the process."""
        if scope["type"] != "http" or scope["path"] != MEMORY:
            await self.served(scope, receive, send)
            return
        if not RECORDED:
            await self._record()
        await self.memory(scope, receive, send)

    async def _record(self) -> None:
        """Ask for the real page once, and keep what its template was given."""
        async with self.is_recorded:
            if not RECORDED:
                with patch.object(pages, "render", _recording):
                    await asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        headers = [(b"host", os.environ[HOST].encode()), (b"cookie", os.environ[COOKIE].encode())]
        scope = {
            "type": "http",
            "method": "GET",
            "path": PAGE,
            "raw_path": PAGE.encode(),
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "scheme": "http",
            "state": {},
        }
        await self.served(scope, _nothing, _ignored)


RECORDED: list[tuple[str, Mapping[str, Any]]] = []
"""The template and its context."""


def application() -> Measured:
    """What each process of the server runs."""
    return Measured()


@get(MEMORY)
async def page_from_memory() -> Response[str]:
    """The recorded page, rendered again."""
    template, context = RECORDED[0]
    i18n.set_current(context["locale"])
    templates.TIMEZONE.set(context["provider"].timezone)
    return Response(templates.render(template, context), media_type=MediaType.HTML)


def _recording(template: str, context: Mapping[str, Any], *, block: str | None = None) -> str:
    RECORDED.append((template, context))
    return templates.render(template, context, block=block)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _ignored(_message: dict[str, Any]) -> None:
    """The answer of the recorded request is not sent to anybody."""


@contextmanager
def serving_at(settings: Settings, visitor: SignedIn) -> Iterator[tuple[int, int]]:
    """The server in processes of its own, until the block ends; yields its port and its process id."""
    port = free_port()
    with patch.dict(os.environ):
        ground.pass_on(settings)
        environment = os.environ | {COOKIE: visitor.cookie, HOST: visitor.host, "COMPTOIR_PORT": str(port)}
    command = [sys.executable, "-m", "benchmarks.server"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server does not start")


def main() -> None:
    """Serve as `comptoir serve` does."""
    Granian(
        "benchmarks.server:application",
        factory=True,
        address="127.0.0.1",
        port=int(os.environ["COMPTOIR_PORT"]),
        interface=Interfaces.ASGI,
        workers=int(os.environ.get("COMPTOIR_WORKERS", "1")),
        loop=Loops.asyncio,
        log_access=False,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
