"""What a command stands on: the settings, and a database that runs.

Without COMPTOIR_DATABASE_URL the database is the embedded one under `home`: a running one is used, else it is
started for as long as the command lasts. Its secret key is made at the first start and kept beside it.
"""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core import actor, db, provision, schema, settings
from core.actor import Actor
from core.provision import Addresses
from core.settings import Settings
from tenants import isolation
from tenants.providers import THE_PLATFORM
from web import composition

T = TypeVar("T")


@contextmanager
def ready(**given: Any) -> Iterator[Settings]:
    """Settings with the addresses of a database that runs. Call it outside of any event loop, in the main thread.

    `given` are settings from the command line; None leaves one as the environment has it.
    """
    named = {name: value for name, value in given.items() if value is not None}
    found = msgspec.structs.replace(settings.load(os.environ), **named)
    if found.database_url:
        yield found
        return
    if (addresses := provision.running(found.home)) is not None:
        yield completed(found, addresses)
        return
    with embedded(found) as complete:
        yield complete


@contextmanager
def embedded(found: Settings) -> Iterator[Settings]:
    """Start the embedded database under `home`, bring it up to date, and stop it at the end."""
    cluster, addresses = provision.local(found.home)
    try:
        asyncio.run(schema.migrate(addresses.owner, isolate=isolation.enforce))
        yield completed(found, addresses)
    finally:
        cluster.stop()


def within(call: Callable[[Settings], Awaitable[T]]) -> T:
    """Run the call with everything started, as the server has it; `call` opens its scopes."""

    async def whole(found: Settings) -> T:
        async with composition.running(found):
            return await call(found)

    with ready() as found:
        return asyncio.run(whole(found))


def on_platform(call: Callable[[Actor], Awaitable[T]]) -> T:
    """Run the call as the operator, in the platform's scope."""

    async def whole(_settings: Settings) -> T:
        async with db.as_platform():
            return await call(operator())

    return within(whole)


def completed(found: Settings, addresses: Addresses) -> Settings:
    """The settings with what an embedded database adds to them."""
    return msgspec.structs.replace(
        found,
        database_url=addresses.app,
        database_owner_url=addresses.owner,
        database_worker_url=addresses.worker,
        secret_key=found.secret_key or kept_secret(found.home),
    )


def kept_secret(home: Path) -> str:
    """The installation's own secret key; made at the first call, readable by its owner only."""
    file = home / "secret_key"
    if not file.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fresh, "w") as written:
            written.write(settings.new_secret())
    return file.read_text().strip()


def pass_on(found: Settings) -> None:
    """Let the processes that we start read the same settings."""
    os.environ.update(as_environment(found))


def as_environment(found: Settings) -> dict[str, str]:
    """The variables from which `settings.load` reads these settings again."""
    variables = {}
    for field in msgspec.structs.fields(Settings):
        value = getattr(found, field.name)
        if value != field.default:
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            variables[settings.PREFIX + field.name.upper()] = text
    return variables


def has_mail() -> bool:
    """Whether a mail server is set; without one, links are shown to be handed over."""
    return bool(settings.load(os.environ).smtp_url)


def operator() -> Actor:
    """Whoever may start this command acts as the platform's operator."""
    return actor.system(THE_PLATFORM, name=f"command line ({getpass.getuser()})")
