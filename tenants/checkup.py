"""Whether this installation is well: what `comptoir doctor` and the health page say, one finding a subject."""

import asyncio
import secrets
from collections.abc import Awaitable
from typing import Any, Literal

import asyncpg
import msgspec

from core import freshness, mail, plugin_registry, policies, schema
from core.settings import Settings
from tenants import catalogue

OLDEST = 15
SECONDS = 5.0
LATE_SECONDS = 600
TROUBLE = (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)

State = Literal["ok", "warning", "wrong"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing is. A warning is worth knowing; what is wrong has to be mended."""

    subject: str
    state: State
    message: str


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of all providers: how many are due, how many of those failed before, how long the first waits."""

    waiting: int
    failed: int
    oldest_seconds: int


async def examine(settings: Settings) -> list[Finding]:
    """Look at everything; opens connections of its own, and takes a few seconds at most when nothing answers."""
    findings = [_secret_key(settings)]
    try:
        async with asyncio.timeout(SECONDS):
            connection = await asyncpg.connect(settings.database_url, statement_cache_size=0)
    except TROUBLE as error:
        findings.append(_wrong("database", f"It does not answer: {_reason(error)}."))
    else:
        try:
            for look in (_database, _roles, _migrations, _walls):
                findings.append(await _contained(look.__name__[1:], look(connection)))
        finally:
            await connection.close()
        findings.append(await _contained("queue", _queue(settings)))
        findings.append(await _contained("listen", _listen(settings)))
    return [*findings, *_plugins(), await _contained("mail", _mail(settings))]


def is_well(findings: list[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.state != "wrong" for finding in findings)


async def queue(settings: Settings) -> Queue:
    """Figures of the queue; raises what the database does when it cannot be reached."""
    connection = await asyncpg.connect(settings.database_worker_url, statement_cache_size=0, timeout=SECONDS)
    try:
        row = await connection.fetchrow(
            """SELECT count(*) AS waiting, count(*) FILTER (WHERE attempts > 0) AS failed,
                      coalesce(extract(epoch FROM now() - min(execute_after)), 0)::bigint AS oldest_seconds
                 FROM queue.pgqueuer WHERE status = 'queued' AND execute_after <= now()"""
        )
    finally:
        await connection.close()
    return Queue(**row)


async def _contained(subject: str, look: Awaitable[Finding]) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            return await look
    except TROUBLE as error:
        return _wrong(subject, f"{_reason(error)}.")


async def _database(connection: Any) -> Finding:
    number = int(await connection.fetchval("SHOW server_version_num")) // 10_000
    version = await connection.fetchval("SHOW server_version")
    if number < OLDEST:
        return _wrong("database", f"PostgreSQL {version} is too old; {OLDEST} or later is needed.")
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        return _wrong("database", f"The database is encoded in {encoding}; it has to be UTF8.")
    return _ok("database", f"PostgreSQL {version} answers.")


async def _roles(connection: Any) -> Finding:
    row = await connection.fetchrow(
        """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                  pg_get_userbyid(d.datdba) = current_user AS is_owner
             FROM pg_roles, pg_database d WHERE rolname = current_user AND d.datname = current_database()"""
    )
    powers = {
        "a superuser": row["rolsuper"],
        "exempt from row-level security": row["rolbypassrls"],
        "allowed to make roles": row["rolcreaterole"],
        "the owner of the database": row["is_owner"],
    }
    found = [power for power, has in powers.items() if has]
    if found:
        return _wrong("roles", f"The application connects as {row['rolname']}, which is {' and '.join(found)}.")
    known = [catalogue.APPLICATION, catalogue.WORKER, catalogue.BACKUP, "comptoir_owner"]
    there = await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)", known)
    if missing := sorted(set(known) - {role["rolname"] for role in there}):
        return _wrong("roles", f"Missing: {', '.join(missing)}. Run comptoir database init.")
    return _ok("roles", f"The application is {row['rolname']}, without special powers.")


async def _migrations(connection: Any) -> Finding:
    if pending := await schema.pending(connection):
        return _wrong("migrations", f"Missing: {', '.join(pending)}. Run comptoir database migrate.")
    return _ok("migrations", f"All {len(schema.names())} are applied.")


async def _walls(connection: Any) -> Finding:
    if gaps := await catalogue.findings(connection):
        return _wrong("walls", "; ".join(gaps))
    tables = await catalogue.tenant_tables(connection)
    return _ok("walls", f"All {len(tables)} tables of the tenants are guarded.")


async def _queue(settings: Settings) -> Finding:
    if not settings.database_worker_url:
        return _wrong("queue", "COMPTOIR_DATABASE_WORKER_URL is not set: no job is done.")
    figures = await queue(settings)
    if figures.oldest_seconds > LATE_SECONDS:
        minutes = figures.oldest_seconds // 60
        message = f"A job waits for {minutes} minutes. Is a worker on?"
        return Finding(subject="queue", state="warning", message=message)
    return _ok("queue", f"The worker's role reaches it; {figures.waiting} jobs wait.")


async def _listen(settings: Settings) -> Finding:
    """Whether a notification sent through the application's address arrives at the one for listening."""
    if settings.database_listen_url == "off":
        return Finding(
            subject="listen", state="warning", message="Switched off: nothing is remembered between requests."
        )
    url = settings.database_listen_url or settings.database_url
    listener = await asyncpg.connect(url, statement_cache_size=0)
    try:
        heard = asyncio.Event()
        # A tenant that there cannot be, so that nobody forgets anything.
        word = str(-secrets.randbelow(2**31) - 1)
        await listener.add_listener(
            freshness.CHANNEL, lambda _c, _p, _ch, payload: heard.set() if payload == word else None
        )
        await _notify(settings.database_url, word)
        async with asyncio.timeout(2):
            await heard.wait()
    except TimeoutError:
        return _wrong(
            "listen", "A notification did not arrive: give COMPTOIR_DATABASE_LISTEN_URL a direct address."
        )
    finally:
        await listener.close()
    return _ok("listen", "Changes reach every process at once.")


async def _notify(url: str, word: str) -> None:
    connection = await asyncpg.connect(url, statement_cache_size=0)
    try:
        await connection.execute(f"SELECT pg_notify('{freshness.CHANNEL}', '{word}')")
    finally:
        await connection.close()


async def _mail(settings: Settings) -> Finding:
    trouble = await mail.check(settings)
    if trouble is None:
        return _ok("mail", "The mail server answers.")
    if not settings.smtp_url:
        return Finding(subject="mail", state="warning", message=trouble)
    return _wrong("mail", trouble)


def _plugins() -> list[Finding]:
    broken = [_wrong("plugins", f"{name}: {reason}") for name, reason in sorted(plugin_registry.broken().items())]
    if not policies.editions():
        return [*broken, _wrong("plugins", "No edition is installed.")]
    return broken or [_ok("plugins", f"All {len(plugin_registry.every())} are ready.")]


def _secret_key(settings: Settings) -> Finding:
    if not settings.secret_key:
        return _wrong("secret key", "COMPTOIR_SECRET_KEY is not set: secrets cannot be kept, nor forms protected.")
    return _ok("secret key", "Set.")


def _ok(subject: str, message: str) -> Finding:
    return Finding(subject=subject, state="ok", message=message)


def _wrong(subject: str, message: str) -> Finding:
    return Finding(subject=subject, state="wrong", message=message)


def _reason(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
