"""Makes the database and its four roles, on the embedded cluster and on a server of somebody else's.

    comptoir_owner    owns the database and all in it; migrations only
    comptoir_app      the application: owns nothing, and row-level security holds for it
    comptoir_worker   sees the schema `queue` and nothing else
    comptoir_backup   reads everything

All of it can be run again: what is missing is made, what is there stays. When the role that was given may not do
it, `CannotProvision` lists the statements for somebody who may.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

from core import provision_sql as sql
from core.embedded import Cluster
from core.provision_sql import APP, BACKUP, OWNER, ROLES, WORKER

__all__ = ["APP", "BACKUP", "OWNER", "ROLES", "WORKER", "Addresses", "CannotProvision"]

_NO_BYPASS = (
    f"{BACKUP} may not pass over row-level security, because only a superuser may grant that: pg_dump will refuse"
    f" to run as this role. Let a superuser run ALTER ROLE {BACKUP} BYPASSRLS, or back up as the server's provider"
    " recommends."
)


class CannotProvision(Exception):
    """The role we are connected as may not do it. The message lists every statement that is left to be run.

    `server` are those for any database of the server, `inside` those for the new database itself.
    """

    def __init__(self, *, database: str, server: Sequence[str], inside: Sequence[str]) -> None:
        lines = [*(f"{statement};" for statement in server), f"\\connect {sql.name(database)}"]
        lines += [f"{statement};" for statement in inside]
        super().__init__(
            "This role may not prepare the database. Ask an administrator of the server to run the following in"
            " psql, then try again:\n\n" + "\n".join(lines)
        )
        self.server = tuple(server)
        self.inside = tuple(inside)


@dataclass(frozen=True)
class Addresses:
    """Where each role connects to. `remarks` are sentences for the administrator: what works, but not fully."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    worker: str = field(repr=False)
    backup: str = field(repr=False)
    remarks: tuple[str, ...] = ()

    def on(self, database: str) -> "Addresses":
        """The same roles on another database of the same server."""
        return replace(
            self,
            owner=address(self.owner, database=database),
            app=address(self.app, database=database),
            worker=address(self.worker, database=database),
            backup=address(self.backup, database=database),
        )


async def initialise(admin_url: str, *, database: str = "comptoir", passwords: Mapping[str, str]) -> Addresses:
    """Makes what is missing of roles, database and rights, and sets the passwords (by role name, all four).

    Raises CannotProvision, and ValueError for a password that is missing, empty or not ASCII.
    """
    addresses = _addresses(admin_url, database=database, passwords=passwords)
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute("SELECT pg_advisory_lock(hashtext('comptoir:provision'))")
        left = await _prepare_server(admin, addresses, database=database, passwords=passwords)
        unread = await _run(admin, await sql.bypass(admin)) if not left else await sql.bypass(admin)
        if left:
            raise CannotProvision(database=database, server=[*left, *unread], inside=sql.inside(database))
        await _prepare_inside([addresses.owner, address(admin_url, database=database)], database=database)
    finally:
        await admin.close()
    return replace(addresses, remarks=(_NO_BYPASS,) if unread else ())


async def clone(admin_url: str, *, template: str, database: str) -> None:
    """Copies a database nobody is connected to."""
    admin = await asyncpg.connect(admin_url)
    try:
        await copy(admin, template=template, database=database)
    finally:
        await admin.close()


async def copy(admin: asyncpg.Connection, *, template: str, database: str) -> None:
    """Copies the files of a database, and the rights on it, which PostgreSQL leaves out."""
    made_of = f"OWNER {OWNER} TEMPLATE {sql.name(template)} STRATEGY FILE_COPY"
    for statement in (f"CREATE DATABASE {sql.name(database)} {made_of}", *sql.rights_on(database)):
        await admin.execute(statement)


async def drop(admin_url: str, database: str) -> None:
    """Removes a database, ending the sessions in it; nothing happens when there is none."""
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {sql.name(database)} WITH (FORCE)")
    finally:
        await admin.close()


def local(
    home: Path,
    *,
    database: str = "comptoir",
    prefer: Path | None = None,
    options: Mapping[str, str] | None = None,
) -> tuple[Cluster, Addresses]:
    """Starts the embedded cluster of `home` and prepares it. From the main thread, outside of any event loop."""
    cluster = _cluster(home, prefer=prefer, options=options).start()
    try:
        passwords = {role: cluster.password(role) for role in ROLES}
        return cluster, asyncio.run(initialise(cluster.admin_url, database=database, passwords=passwords))
    except BaseException:
        cluster.stop()
        raise


def running(home: Path, *, database: str = "comptoir") -> Addresses | None:
    """The addresses of the embedded cluster of `home` while another process runs it; None when none does."""
    cluster = _cluster(home)
    if not cluster.is_running:
        return None
    passwords = {role: cluster.password(role) for role in ROLES}
    return _addresses(cluster.admin_url, database=database, passwords=passwords)


def erase(home: Path) -> None:
    """Removes the embedded cluster of `home` with all its data, wherever they are kept."""
    _cluster(home).erase()


def address(url: str, *, database: str, role: str = "", password: str = "") -> str:
    """`url` with another database, and another role when one is named; host and options stay."""
    parts = urlsplit(url)
    login, _at, host = parts.netloc.rpartition("@")
    if role:
        login = f"{quote(role, safe='')}:{quote(password, safe='')}"
    named = {"user", "password", "database", "dbname"}
    options = [(key, value) for key, value in parse_qsl(parts.query) if key not in named]
    path, query = "/" + quote(database, safe=""), urlencode(options, safe="/", quote_via=quote)
    return urlunsplit((parts.scheme, f"{login}@{host}", path, query, ""))


def _cluster(home: Path, *, prefer: Path | None = None, options: Mapping[str, str] | None = None) -> Cluster:
    return Cluster(home / "postgresql", bin=prefer, options=options)


def _addresses(admin_url: str, *, database: str, passwords: Mapping[str, str]) -> Addresses:
    for role in ROLES:
        if not passwords.get(role) or not passwords[role].isascii():
            raise ValueError(f"The role {role} needs a password of ASCII characters.")
    owner, app, worker, backup = (
        address(admin_url, database=database, role=role, password=passwords[role]) for role in ROLES
    )
    return Addresses(owner=owner, app=app, worker=worker, backup=backup)


async def _prepare_server(
    admin: asyncpg.Connection, addresses: Addresses, *, database: str, passwords: Mapping[str, str]
) -> list[str]:
    """Roles and database; returns the statements that were refused, with those that come after them."""
    left = await _set_passwords(admin, addresses, passwords)
    left += await _run(admin, await sql.roles(admin, passwords))
    wanted = await sql.database(admin, database)
    if left:
        return [*left, *wanted]
    if wanted:
        await _join_the_owner(admin)
    return await _run(admin, wanted)


async def _set_passwords(
    admin: asyncpg.Connection, addresses: Addresses, passwords: Mapping[str, str]
) -> list[str]:
    """Sets the passwords of roles that exist; returns the statements that were refused and would be needed."""
    left = []
    urls = dict(zip(ROLES, (addresses.owner, addresses.app, addresses.worker, addresses.backup), strict=True))
    for role, statement in (await sql.passwords(admin, passwords)).items():
        if await _run(admin, [statement]) and not await _can_sign_in(urls[role]):
            left.append(statement)
    return left


async def _run(admin: asyncpg.Connection, statements: Sequence[str]) -> list[str]:
    """Runs the statements until one is refused; returns that one and all after it."""
    for position, statement in enumerate(statements):
        try:
            await admin.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            return list(statements[position:])
    return []


async def _join_the_owner(admin: asyncpg.Connection) -> None:
    """Only a superuser or a member may give a database to the owner. If this is refused, the next step says so."""
    if not await admin.fetchval(sql.is_member(admin), OWNER):
        with suppress(asyncpg.InsufficientPrivilegeError):
            await admin.execute(f"GRANT {OWNER} TO CURRENT_USER")


async def _can_sign_in(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        return False
    except (asyncpg.InvalidCatalogNameError, asyncpg.InsufficientPrivilegeError):
        return True  # Both are said only after the password was found right.
    await connection.close()
    return True


async def _prepare_inside(urls: Sequence[str], *, database: str) -> None:
    """As the owner, who may do all of it unless the server was upgraded from before 15; else as the admin."""
    for url in urls:
        try:
            connection = await asyncpg.connect(url)
        except asyncpg.InsufficientPrivilegeError:
            continue
        try:
            if not await sql.is_right_inside(connection):
                await _run(connection, sql.inside(database))
            if await sql.is_right_inside(connection):
                return
        finally:
            await connection.close()
    raise CannotProvision(database=database, server=(), inside=sql.inside(database))
