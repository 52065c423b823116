"""The names a provider is reached under: one below the platform's own host, and its own ones."""

from typing import Any

from asyncpg import Record, UniqueViolationError
from piccolo import columns

from core import clock, db, policies
from core.accounts import project_checks
from core.actor import PLATFORM, Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.freshness import forget_tenant
from core.i18n import _
from core.permissions import Permission
from tenants import addresses, providers


class Host(db.Shared, tablename="hosts"):
    """A name in DNS, without a port. One of a provider's is primary: it stands in links that leave the house."""

    name = columns.Text(primary_key=True)
    provider_id = columns.BigInt()
    is_primary = columns.Boolean()
    created_at = columns.Timestamptz()


def checked(checks: Checks, field: str, name: str) -> str:
    """A host name as it is kept; notes an error for what cannot be one, and for what is ours to give."""
    host = project_checks.host_name(name)
    if not host and name.strip().rstrip(".").rpartition(".")[2].isdecimal():
        checks.error(field, _("Please give a name, not a number."))
    elif not host:
        checks.error(field, _("This does not look like a host name, such as billing.example.com."))
    elif host == addresses.platform_name() or host.endswith(f".{addresses.platform_name()}"):
        checks.error(field, _("Names below the platform's own are given by the provider's code."))
    return host


async def every(provider_id: int) -> list[Record]:
    """The names of a provider, the primary one first. For the platform, and for the provider itself."""
    return await db.fetch(
        "SELECT name, is_primary, created_at FROM hosts WHERE provider_id = $1 ORDER BY is_primary DESC, name",
        provider_id,
    )


async def primary(provider_id: int) -> str:
    """The name that stands in links to the provider."""
    found = await db.value("SELECT name FROM hosts WHERE provider_id = $1 AND is_primary", provider_id)
    return str(found) if found else ""


async def add(provider_id: int, name: str, *, is_primary: bool = False, by: Actor) -> str:
    """Let the provider be reached under one more name; returns it as it is kept."""
    policies.require(by, Permission.PROVIDER_OPEN)
    row = await providers.held(provider_id, by=by)
    checks = Checks()
    host = checked(checks, "host", name)
    checks.done()
    if is_primary:
        await db.execute("UPDATE hosts SET is_primary = false WHERE provider_id = $1 AND is_primary", provider_id)
    await insert(provider_id, host, field="host", is_primary=is_primary)
    await _note("host:added", row, by=by, new={"host": host})
    return host


async def make_primary(provider_id: int, name: str, *, by: Actor) -> None:
    """Let links that leave the house lead to this name."""
    policies.require(by, Permission.PROVIDER_OPEN)
    row = await providers.held(provider_id, by=by)
    before = await primary(provider_id)
    await _get(provider_id, name)
    await db.execute("UPDATE hosts SET is_primary = false WHERE provider_id = $1 AND is_primary", provider_id)
    await db.execute("UPDATE hosts SET is_primary = true WHERE name = $1", name)
    await _note("host:made_primary", row, by=by, old={"host": before}, new={"host": name})


async def remove(provider_id: int, name: str, *, by: Actor) -> None:
    """Take a name away. The primary one stays, so that the provider is always reached under one."""
    policies.require(by, Permission.PROVIDER_OPEN)
    row = await providers.held(provider_id, by=by)
    if (await _get(provider_id, name))["is_primary"]:
        raise Conflict(_("This is the name that links lead to. Choose another one for that first."))
    await db.execute("DELETE FROM hosts WHERE name = $1", name)
    await _note("host:removed", row, by=by, old={"host": name})
    await db.execute("UPDATE project_hosts SET state = 'failed', reason = 'withdrawn' WHERE name = $1", name)
    await forget_tenant(provider_id)


async def insert(provider_id: int, host: str, *, field: str, is_primary: bool = False) -> None:
    """Write a name; raises `Invalid` for the field when somebody has it."""
    try:
        async with db.savepoint():
            await db.execute(
                "INSERT INTO hosts (name, provider_id, is_primary, created_at) VALUES ($1, $2, $3, $4)",
                host,
                provider_id,
                is_primary,
                clock.now(),
            )
    except UniqueViolationError as error:
        raise Invalid({field: _("%(host)s is taken.") % {"host": host}}) from error
    await forget_tenant(PLATFORM)


async def _get(provider_id: int, name: str) -> Record:
    found = await db.row("SELECT * FROM hosts WHERE provider_id = $1 AND name = $2", provider_id, name)
    if found is None:
        raise NotFound
    return found


async def _note(action: str, row: Record, *, by: Actor, **changes: Any) -> None:
    await forget_tenant(PLATFORM)
    await providers.note(action, row, by=by, **changes)
