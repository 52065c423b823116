"""The settings of one installation, read once from the environment (`COMPTOIR_*`) and checked."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

PREFIX = "COMPTOIR_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field, one variable: `database_url` is read from `COMPTOIR_DATABASE_URL`.

    Without `database_url` an embedded PostgreSQL is started under `home`.
    """

    home: Path = Path(".comptoir")
    """Where the embedded database, its passwords and the demo's mail live."""
    database_url: str = ""
    """The application role's address, `postgresql://comptoir_app:...@host/comptoir`."""
    database_owner_url: str = ""
    """The owner role's address; used by migrations only."""
    database_worker_url: str = ""
    """The worker role's address; it sees nothing but the queue of jobs."""
    database_listen_url: str = ""
    """A direct address for LISTEN when `database_url` goes through a transaction pooler; "off" disables it."""
    database_pool_size: int = 10
    """Connections of one process to the database."""
    database_statement_cache: int = 256
    """Prepared statements kept per connection; 0 behind PgBouncer in transaction mode."""
    secret_key: str = ""
    """At least 32 characters; seals plugin secrets and signs form tokens. The demo makes its own."""
    base_host: str = "localhost"
    """The platform's own host name; providers are opened as names below it."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = 8000
    """The port to listen on."""
    workers: int = 1
    """Server processes."""
    secure_cookies: bool = True
    """False only for plain http during development: cookies then lose `Secure` and the `__Host-` prefix."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, comma separated."""
    smtp_url: str = ""
    """`smtp://user:password@host:587` (STARTTLS when offered) or `smtps://`; empty: mail waits."""
    mail_from: str = "no-reply@localhost"
    """The sender of what the product itself mails."""
    mail_catcher: bool = False
    """Serve the demo's caught mail at /mail on the platform's host."""
    private_mail_servers: tuple[str, ...] = ()
    """Mail servers in private networks that providers may name as their own, comma separated."""
    vies_url: str = "https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number"
    """Where VAT numbers of the European Union are asked about; empty: nobody is asked, and all pay tax."""
    reach_loopback: bool = False
    """True only where webhooks are tried out: they may then be sent to this computer itself."""
    password_checks: int = 2
    """How many passwords one process hashes at the same time; each takes 64 MiB for some 50 ms."""


def load(environ: Mapping[str, str]) -> Settings:
    """The settings from the environment; raises `BadSettings` naming the variable that is wrong."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        variable = PREFIX + field.name.upper()
        if variable in environ:
            text = environ[variable]
            values[field.name] = _listed(text) if field.type == tuple[str, ...] else text
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from error
    unknown = {name for name in environ if name.startswith(PREFIX)} - set(variables())
    if unknown:
        raise BadSettings(f"unknown settings: {', '.join(sorted(unknown))}")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise BadSettings("COMPTOIR_SECRET_KEY needs at least 32 characters")
    return settings


class BadSettings(Exception):
    """A setting is missing or cannot be read; the message names it."""


def variables() -> list[str]:
    """The names of all variables, for documentation and `comptoir doctor`."""
    return [PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)]


def new_secret() -> str:
    """A fresh secret key: 43 characters of a cryptographic source."""
    return secrets.token_urlsafe(32)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
