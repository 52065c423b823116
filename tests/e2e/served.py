"""The whole product behind a real port: uvicorn in a thread of its own, and a way to run verbs beside it.

Chromium resolves every name below `localhost` to this machine, so that each provider has its host.
"""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import msgspec
import uvicorn

from core import actor, db
from core.accounts import clients, sessions
from core.accounts.clients import NewClient
from core.actor import Actor
from core.settings import Settings
from core.worker import work
from tenants import onboarding, providers
from tenants.demo.cast import DemoProvider, Member
from tenants.demo.filling import add_clients
from tests import cast
from tests.visitor import PASSWORD
from web.cli.serving import Served as Application

T = TypeVar("T")
PATIENCE = 60
AXE = next((Path(__file__).parent / "vendor").glob("axe-core@*.min.js"))
AXE_PATH = "/axe.min.js"


class WithAxe:
    """The application, and axe at an address of its own: a browser keeps it, compiled, from page to page.

    A static file is asked of the application once: each new browser fetches all of them again, and gets what
    was answered then.
    """

    def __init__(self, app: Any) -> None:
        axe = [(b"content-type", b"text/javascript"), (b"cache-control", b"max-age=3600, immutable")]
        self.app = app
        self.answers: dict[tuple[str, bytes], list[Any]] = {
            (AXE_PATH, b""): [
                {"type": "http.response.start", "status": 200, "headers": axe},
                {"type": "http.response.body", "body": AXE.read_bytes()},
            ]
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/static/", AXE_PATH)) or _is_partial(scope):
            await self.app(scope, receive, send)
            return
        asked = scope["path"], scope["query_string"]
        said = self.answers.get(asked) or await self._said(scope, receive)
        if said[0]["status"] == 200:
            self.answers[asked] = said
        for message in said:
            await send(message)

    async def _said(self, scope: Any, receive: Any) -> list[Any]:
        said: list[Any] = []

        async def keep(message: Any) -> None:
            said.append(message)

        await self.app(scope, receive, keep)
        return said


def _is_partial(scope: Any) -> bool:
    names = {name for name, _value in scope["headers"]}
    return scope["method"] != "GET" or bool(names & {b"range", b"if-none-match", b"if-modified-since"})


class Served:
    """A running server. `do` runs an async function in its loop, outside of any scope."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self.settings, self._loop = settings, loop

    def url(self, code: str = "", path: str = "") -> str:
        """An address on the host of a provider, or of the platform."""
        name = f"{code}.localhost" if code and code != "platform" else "localhost"
        return f"http://{name}:{self.settings.port}{path}"

    def do(self, call: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Run a verb, and wait for it."""

        async def whole() -> T:
            return await call(*arguments, **named)

        return asyncio.run_coroutine_threadsafe(whole(), self._loop).result(PATIENCE)

    def within(self, code: str, call: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Run a verb in the scope of a provider, by the system unless `by` is given; `by=None` leaves it out."""

        async def whole() -> T:
            place = await cast.tenant(code)
            by = {"by": named.pop("by", actor.system(place))}
            async with db.as_tenant(place.id):
                return await call(*arguments, **named, **(by if by["by"] is not None else {}))

        return self.do(whole)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker beside the server, until the block ends."""
        stop = asyncio.Event()
        at_work = asyncio.run_coroutine_threadsafe(work(self.settings, stop=stop), self._loop)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(stop.set)
            at_work.result(PATIENCE)

    def token(self, code: str, email: str) -> str:
        """The token of a new session of somebody."""

        async def opened() -> str:
            place = await cast.tenant(code)
            async with db.as_tenant(place.id):
                person = await db.row("SELECT id, name FROM people WHERE email_folded = $1", email)
                assert person, f"nobody at {code} has the address {email}"
                by = msgspec.structs.replace(actor.visitor(place, address="127.0.0.1"), name=person["name"])
                client_id = await db.value(
                    "SELECT client_id FROM memberships WHERE person_id = $1 ORDER BY NOT is_owner LIMIT 1",
                    person["id"],
                )
                return await sessions.open_session(
                    person["id"], by=by, agent="Chrome/156 Linux", client_id=client_id
                )

        return self.do(opened)

    def waiting(self, mark: str) -> list[str]:
        """The kinds of the jobs that wait, of those that name `mark`."""

        async def read() -> list[str]:
            worker = await asyncpg.connect(self.settings.database_worker_url)
            rows = await worker.fetch(
                "SELECT entrypoint FROM queue.pgqueuer WHERE convert_from(payload, 'UTF8') LIKE $1", f"%{mark}%"
            )
            await worker.close()
            return sorted(row["entrypoint"] for row in rows)

        return self.do(read)

    def register(self, code: str, login: str, name: str, **more: Any) -> int:
        """A client for one test; returns its code."""
        given = {"login": login, "email": f"{login}@client.example", "country": "FR", "contact_person": name}
        created = self.within(code, clients.create, NewClient(**(given | more)))
        return int(created["code"])

    def open_provider(
        self, code: str, *, edition: str = "corporate", locale: str = "en", invented: int = 0
    ) -> str:
        """A provider of its own for one test, with some invented clients; returns its owner's address."""
        self.do(_open, code, edition, locale)
        if invented:
            self.do(_fill, code, invented)
        return f"owner@{code}.example"


async def _open(code: str, edition: str, locale: str) -> None:
    new = onboarding.NewProvider(
        code=code,
        name=code.capitalize(),
        edition=edition,
        owner_name="Olivia Owner",
        owner_email=f"owner@{code}.example",
        owner_password=PASSWORD,
        timezone="Europe/Paris",
        locale=locale,
        color="purple",
    )
    async with db.as_platform():
        await onboarding.open_provider(new, by=_operator())


async def _fill(code: str, count: int) -> None:
    place = await cast.tenant(code)
    invented = DemoProvider(
        code=code,
        name=place.name,
        edition=place.edition,
        country="FR",
        locale=place.locale,
        timezone="Europe/Paris",
        color="purple",
        clients=count,
        seed=7,
        projects=((place.name, "", "EUR"),),
        members=(Member(login="owner", name="Olivia Owner", role="owner"),),
    )
    async with db.as_tenant(place.id):
        project_id = await db.value("SELECT id FROM projects LIMIT 1")
        await add_clients(invented, [project_id], [])


def _operator() -> Actor:
    return actor.system(providers.THE_PLATFORM)


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Serve on a free port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        complete = msgspec.structs.replace(settings, port=listening.getsockname()[1], host="127.0.0.1")
        loop = asyncio.new_event_loop()
        config = uvicorn.Config(
            WithAxe(Application(complete)), lifespan="on", log_level="warning", access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(
            target=loop.run_until_complete, args=(server.serve(sockets=[listening]),), name="served", daemon=True
        )
        thread.start()
        try:
            _wait_for(server, thread)
            yield Served(complete, loop)
        finally:
            server.should_exit = server.force_exit = True
            thread.join(PATIENCE)


def _wait_for(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive(), "the server did not start"
