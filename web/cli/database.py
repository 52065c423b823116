"""`comptoir database`: make the roles and the database, and bring it up to date."""

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import rich_click as click

from core import provision, schema, settings
from core.provision import Addresses
from core.settings import Settings
from tenants import isolation
from web.cli import ground, say
from web.cli.say import Trouble


@click.group()
def database() -> None:
    """Make the roles and the database, and bring it up to date."""


@database.command()
@click.option(
    "--admin-url", envvar="COMPTOIR_ADMIN_URL", required=True, help="A role that may make roles and databases."
)
@click.option("--name", default="comptoir", show_default=True, help="The name of the database.")
@click.option(
    "--env-file", type=click.Path(path_type=Path), help="Write the settings there instead of printing them."
)
def init(admin_url: str, name: str, env_file: Path | None) -> None:
    """Make the four roles and the database on a server of yours, and print the settings.

    Run again, it makes what is missing; passwords that stand in the COMPTOIR_* variables stay. When the role may
    not do it, every statement that is left is printed for somebody who may.
    """
    if env_file is not None and env_file.exists():
        raise Trouble(f"{env_file} is there already. Give another name, or take it away first.")
    found = settings.load(os.environ)
    passwords = {role: _kept_password(found, role) or settings.new_secret() for role in provision.ROLES}
    addresses = asyncio.run(provision.initialise(admin_url, database=name, passwords=passwords))
    lines = _settings(addresses, found.secret_key or settings.new_secret())
    if env_file is None:
        say.as_lines(lines)
    else:
        _write(env_file, lines)
        say.done(f"The settings are in {env_file}, readable by you only.")
    for remark in addresses.remarks:
        say.remark(remark)


@database.command()
def migrate() -> None:
    """Bring the database up to date, and check the wall between the tenants; as the owner, in one transaction."""
    found = settings.load(os.environ)
    if not found.database_url:
        with ground.ready():
            say.done("The embedded database is up to date.")
        return
    if not found.database_owner_url:
        raise Trouble("COMPTOIR_DATABASE_OWNER_URL is not set: migrations are run by the owner.")
    applied = asyncio.run(schema.migrate(found.database_owner_url, isolate=isolation.enforce))
    say.done(f"Applied: {', '.join(applied)}." if applied else "The database is up to date.")


def _settings(addresses: Addresses, secret_key: str) -> list[str]:
    return [
        f"COMPTOIR_DATABASE_URL={addresses.app}",
        f"COMPTOIR_DATABASE_OWNER_URL={addresses.owner}",
        f"COMPTOIR_DATABASE_WORKER_URL={addresses.worker}",
        f"COMPTOIR_SECRET_KEY={secret_key}",
        f"# for backups: {addresses.backup}",
    ]


def _kept_password(found: Settings, role: str) -> str:
    """The password of a role as the settings have it, so that what runs with them goes on."""
    for url in (found.database_url, found.database_owner_url, found.database_worker_url):
        parts = urlsplit(url)
        if unquote(parts.username or "") == role and parts.password:
            return unquote(parts.password)
    return ""


def _write(file: Path, lines: list[str]) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write("\n".join(lines) + "\n")
