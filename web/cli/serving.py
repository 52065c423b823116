"""`comptoir serve` and `comptoir work`: the server, and the worker that does what waits for after a commit.

The server's processes are granian's. One worker runs inside `comptoir serve`, in a thread with an event loop of
its own, so that one machine needs one command; more of them are started with `comptoir work`.
"""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import asyncpg
import rich_click as click
import structlog
from granian import Granian
from granian.constants import Interfaces, Loops

from core import schema, settings
from core.settings import Settings
from tenants import addresses
from web import composition
from web.app import create_app
from web.cli import ground, say
from web.cli.say import Trouble

STOP_SECONDS = 30

log = structlog.get_logger(__name__)


@click.command()
@click.option("--host", help="The address to listen on; COMPTOIR_HOST when left out.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port; COMPTOIR_PORT when left out.")
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes; COMPTOIR_WORKERS when left out.")
@click.option("--jobs/--no-jobs", default=True, show_default=True, help="Do jobs here too.")
def serve(host: str | None, port: int | None, workers: int | None, jobs: bool) -> None:
    """Serve the pages and the API, and do the jobs."""
    with ground.ready(host=host, port=port, workers=workers) as found:
        require_free_port(found)
        asyncio.run(_check(found))
        say.done(f"Serving {addresses.link()} on {found.host}:{found.port}. Ctrl-C stops it.")
        if jobs:
            with working(found):
                listen(found)
        else:
            listen(found)


@click.command()
@click.option("--concurrency", type=click.IntRange(2, 100), default=8, show_default=True, help="Jobs at one time.")
def work(concurrency: int) -> None:
    """Do jobs until stopped; begun ones are finished first."""

    async def whole(found: Settings) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        composition.settle()
        say.done("Doing jobs. Ctrl-C stops it.")
        await composition.labour(found, stop=stop, concurrency=concurrency)

    ground.within(whole)


def listen(found: Settings) -> None:
    """Serve until Ctrl-C or SIGTERM, in processes that read these settings from their environment."""
    ground.pass_on(found)
    Granian(
        "web.cli.serving:application",
        factory=True,
        address=found.host,
        port=found.port,
        interface=Interfaces.ASGI,
        workers=found.workers,
        loop=Loops.asyncio,
        log_access=False,
        respawn_failed_workers=True,
        websockets=False,
    ).serve()


def require_free_port(found: Settings) -> None:
    """Refuse when somebody listens there already: told here in a line rather than by every process."""
    with socket.socket(socket.AF_INET6 if ":" in found.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((found.host, found.port))
        except OSError as error:
            raise Trouble(
                f"Port {found.port} of {found.host} cannot be used: {error.strerror or error}."
            ) from error


def application() -> "Served":
    """The application of one server process."""
    return Served(settings.load(os.environ))


class Served:
    """The application with what it stands on: started before the first request, stopped after the last."""

    def __init__(self, found: Settings) -> None:
        self.settings = found
        self.app = create_app(found)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, or the life of the process."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        async with AsyncExitStack() as ground_floor:
            try:
                await ground_floor.enter_async_context(composition.running(self.settings, verify=False))
            except Exception as error:
                log.exception("the server process cannot start")
                await receive()
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            composition.settle()
            await self.app(scope, receive, send)


@contextmanager
def working(found: Settings) -> Iterator[None]:
    """A worker beside what the block does. It is stopped at the end, and given time to finish what it began."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def whole() -> None:
        try:
            async with composition.running(found, verify=False):
                composition.settle()
                await composition.labour(found, stop=stop)
        except Exception:
            log.exception("the worker ended")

    thread = threading.Thread(target=loop.run_until_complete, args=(whole(),), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_SECONDS)
        if not thread.is_alive():
            loop.close()


async def _check(found: Settings) -> None:
    """Whether the server would start: better told here in a line than by every process of it."""
    connection = await asyncpg.connect(found.database_url, statement_cache_size=0)
    try:
        if missing := await schema.pending(connection):
            raise Trouble(f"The database lacks {', '.join(missing)}: run comptoir database migrate first.")
    finally:
        await connection.close()
    async with composition.running(found) as broken:
        for line in broken:
            say.remark(line)
