"""Whether this installation is well: what `comptoir doctor` and the health page say, one finding a subject."""

import asyncio
import secrets
from collections.abc import Awaitable
from types import MappingProxyType
from typing import Any, Literal

import asyncpg
import msgspec

from core import freshness, mail, plugin_registry, policies, schema
from core.i18n import N_, _
from core.settings import Settings
from tenants import catalogue

OLDEST = 15
SECONDS = 5.0
LATE_SECONDS = 600
TROUBLE = (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError)

SUBJECTS = MappingProxyType(
    {
        "secret key": N_("Secret key"),
        "database": N_("Database"),
        "roles": N_("Database roles"),
        "migrations": N_("Migrations"),
        "walls": N_("Walls between providers"),
        "queue": N_("Queue of jobs"),
        "listen": N_("News between processes"),
        "plugins": N_("Plugins"),
        "mail": N_("Mail"),
    }
)
"""What is looked at: the key that programs read, and its name for people."""

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
        findings.append(_wrong("database", _("It does not answer: %(reason)s.") % {"reason": _reason(error)}))
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
        too_old = _("PostgreSQL %(version)s is too old; %(oldest)s or later is needed.")
        return _wrong("database", too_old % {"version": version, "oldest": OLDEST})
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        odd = _("The database is encoded in %(encoding)s; it has to be UTF8.")
        return _wrong("database", odd % {"encoding": encoding})
    return _ok("database", _("PostgreSQL %(version)s answers.") % {"version": version})


async def _roles(connection: Any) -> Finding:
    row = await connection.fetchrow(
        """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                  pg_get_userbyid(d.datdba) = current_user AS is_owner
             FROM pg_roles, pg_database d WHERE rolname = current_user AND d.datname = current_database()"""
    )
    powers = {
        _("a superuser"): row["rolsuper"],
        _("exempt from row-level security"): row["rolbypassrls"],
        _("allowed to make roles"): row["rolcreaterole"],
        _("the owner of the database"): row["is_owner"],
    }
    found = [power for power, has in powers.items() if has]
    if found:
        mighty = _("The application connects as %(role)s, which is: %(powers)s.")
        return _wrong("roles", mighty % {"role": row["rolname"], "powers": ", ".join(found)})
    known = [catalogue.APPLICATION, catalogue.WORKER, catalogue.BACKUP, "comptoir_owner"]
    there = await connection.fetch("SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)", known)
    if missing := sorted(set(known) - {role["rolname"] for role in there}):
        lacking = _("Missing: %(names)s. Run comptoir database init.")
        return _wrong("roles", lacking % {"names": ", ".join(missing)})
    return _ok("roles", _("The application is %(role)s, without special powers.") % {"role": row["rolname"]})


async def _migrations(connection: Any) -> Finding:
    if pending := await schema.pending(connection):
        lacking = _("Missing: %(names)s. Run comptoir database migrate.")
        return _wrong("migrations", lacking % {"names": ", ".join(pending)})
    return _ok("migrations", _("All %(count)s are applied.") % {"count": len(schema.names())})


async def _walls(connection: Any) -> Finding:
    if gaps := await catalogue.findings(connection):
        return _wrong("walls", "; ".join(gaps))
    tables = await catalogue.tenant_tables(connection)
    return _ok("walls", _("All %(count)s tables of the tenants are guarded.") % {"count": len(tables)})


async def _queue(settings: Settings) -> Finding:
    if not settings.database_worker_url:
        return _wrong("queue", _("COMPTOIR_DATABASE_WORKER_URL is not set: no job is done."))
    figures = await queue(settings)
    if figures.oldest_seconds > LATE_SECONDS:
        minutes = figures.oldest_seconds // 60
        message = _("A job waits for %(minutes)s minutes. Is a worker on?") % {"minutes": minutes}
        return Finding(subject="queue", state="warning", message=message)
    return _ok("queue", _("It is reached. Jobs that wait: %(count)s.") % {"count": figures.waiting})


async def _listen(settings: Settings) -> Finding:
    """Whether a notification sent through the application's address arrives at the one for listening."""
    if settings.database_listen_url == "off":
        return Finding(
            subject="listen", state="warning", message=_("Switched off: nothing is remembered between requests.")
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
            "listen", _("A notification did not arrive: give COMPTOIR_DATABASE_LISTEN_URL a direct address.")
        )
    finally:
        await listener.close()
    return _ok("listen", _("Changes reach every process at once."))


async def _notify(url: str, word: str) -> None:
    connection = await asyncpg.connect(url, statement_cache_size=0)
    try:
        await connection.execute(f"SELECT pg_notify('{freshness.CHANNEL}', '{word}')")
    finally:
        await connection.close()


async def _mail(settings: Settings) -> Finding:
    trouble = await mail.check(settings)
    if trouble is None:
        return _ok("mail", _("The mail server answers."))
    if not settings.smtp_url:
        return Finding(subject="mail", state="warning", message=trouble)
    return _wrong("mail", trouble)


def _plugins() -> list[Finding]:
    broken = [_wrong("plugins", f"{name}: {reason}") for name, reason in sorted(plugin_registry.broken().items())]
    if not policies.editions():
        return [*broken, _wrong("plugins", _("No edition is installed."))]
    return broken or [_ok("plugins", _("All %(count)s are ready.") % {"count": len(plugin_registry.every())})]


def _secret_key(settings: Settings) -> Finding:
    if not settings.secret_key:
        return _wrong(
            "secret key", _("COMPTOIR_SECRET_KEY is not set: secrets cannot be kept, nor forms protected.")
        )
    return _ok("secret key", _("It is set."))


def _ok(subject: str, message: str) -> Finding:
    return Finding(subject=subject, state="ok", message=message)


def _wrong(subject: str, message: str) -> Finding:
    return Finding(subject=subject, state="wrong", message=message)


def _reason(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")
