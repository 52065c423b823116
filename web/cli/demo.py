"""`comptoir demo`: everything on this machine, with invented data, until Ctrl-C."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby

import msgspec
import rich_click as click
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import mail_catcher, settings
from core.embedded import Cluster
from core.settings import Settings
from tenants import addresses
from tenants import demo as data
from tenants.demo import Account
from web import composition
from web.cli import ground, say, serving
from web.cli.say import Trouble


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="COMPTOIR_PORT, or 8000, when left out.")
@click.option("--reset", is_flag=True, help="Throw away what is there, and begin anew.")
@click.option("--only-fill", is_flag=True, help="Make the database and its data, and stop.")
def demo(port: int | None, reset: bool, only_fill: bool) -> None:
    """Start an embedded PostgreSQL, fill it with three providers and their clients, and serve them.

    Ctrl-C stops all of it. The data stays in COMPTOIR_HOME (.comptoir) for the next start.
    """
    found = _settings(port)
    if reset:
        forget(found)
    if not only_fill:
        serving.require_free_port(found)
    with ground.embedded(found) as ready, _catching_mail(ready) as complete:
        asyncio.run(_fill(complete))
        if only_fill:
            return
        _announce(complete)
        with serving.working(complete):
            serving.listen(complete)
    say.done("Everything is stopped. The data is kept: comptoir demo starts it again.")


def _settings(port: int | None) -> Settings:
    """Plain http on this machine, whatever else the environment says of it."""
    found = settings.load(os.environ)
    if found.database_url:
        raise Trouble("The demo has a database of its own: unset COMPTOIR_DATABASE_URL first.")
    return msgspec.structs.replace(
        found, secure_cookies=False, mail_catcher=True, vies_url="", port=port or found.port
    )


def forget(found: Settings) -> None:
    """Remove the data, the secret key and the caught mail; `AlreadyRunning` when somebody works with them."""
    Cluster(found.home / "postgresql").erase()
    shutil.rmtree(found.home / "mail", ignore_errors=True)
    (found.home / "secret_key").unlink(missing_ok=True)


@contextmanager
def _catching_mail(found: Settings) -> Iterator[Settings]:
    """A mail server that keeps every message, beside what the block does."""
    loop = asyncio.new_event_loop()
    server, url = loop.run_until_complete(mail_catcher.catch(found.home))
    thread = threading.Thread(target=loop.run_forever, name="mail", daemon=True)
    thread.start()
    try:
        yield msgspec.structs.replace(found, smtp_url=url)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


async def _fill(found: Settings) -> None:
    bar = Progress(
        TextColumn("[bold]{task.description:<44}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=say.console,
    )
    async with composition.running(found):
        with bar:
            task = bar.add_task("The database is up to date", total=data.STEPS)
            await data.fill(lambda what: bar.update(task, advance=1, description=escape(what)))
            bar.update(task, completed=data.STEPS, description="The demo is ready")


def _announce(found: Settings) -> None:
    """Every address, and who can sign in there."""
    say.console.print()
    for (place, address), logins in groupby(data.accounts(), key=_where):
        say.line(f"[bold]{escape(place):<34}[/bold] [link={address}]{address}[/link]")
        for account in logins:
            say.line(f"    [dim]{escape(account.role):<30}[/dim] {account.email}")
    say.line(f"\n[bold]{'Password of all':<34}[/bold] {data.PASSWORD}")
    say.line(f"[bold]{'Caught mail':<34}[/bold] {addresses.link(path='/platform/mail')}")
    say.line("\nCtrl-C stops all of it.")


def _where(account: Account) -> tuple[str, str]:
    return account.place, account.address
