"""The rows of a provider's plugins: remembered per process, secrets sealed. The verbs are in `plugin_settings`."""

from typing import Any

import msgspec
import structlog
from piccolo.columns import JSONB, Boolean, Integer, Text, Timestamptz

from core import clock, db, freshness, plugin_forms, plugin_registry, sealing
from core.errors import EditConflict, Invalid
from core.i18n import _
from core.scope import NoScope

log = structlog.get_logger(__name__)


class PluginSetting(db.Owned, tablename="plugin_settings"):
    """One plugin of one provider; a plugin that was never touched has no row. Its key is (tenant_id, plugin)."""

    plugin = Text()
    enabled = Boolean()
    settings = JSONB()
    sealed = Text()
    updated_at = Timestamptz()
    version = Integer()


class NotSetUp(Exception):
    """The stored settings do not fit the plugin: something required is missing or cannot be unsealed."""


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it is in the database, the secrets still sealed."""

    plugin: str
    enabled: bool = False
    settings: dict[str, Any] = {}
    sealed: str = ""
    version: int = 0


async def in_force(tenant_id: int, plugin: str) -> Any:
    """The plugin's struct as its hooks get it, None without a schema; raises `NotSetUp`."""
    registered = plugin_registry.find(plugin)
    if registered is None or registered.schema is None:
        return None
    stored = (await every(tenant_id)).get(plugin, Stored(plugin=plugin))
    try:
        return plugin_forms.build(registered.schema, stored.settings | unseal(tenant_id, stored))
    except msgspec.ValidationError as error:
        raise NotSetUp(f"the settings do not fit: {error}") from error


async def is_on(tenant_id: int, plugin: str) -> bool:
    """Whether it is switched on now."""
    found = (await every(tenant_id)).get(plugin)
    return found is not None and found.enabled


async def names_on() -> frozenset[str]:
    """The plugins that are switched on, for the scope's tenant."""
    return frozenset(row["plugin"] for row in await db.fetch("SELECT plugin FROM plugin_settings WHERE enabled"))


async def write(stored: Stored) -> None:
    """One row. Two who add it at once are told apart by its version: the second gets a conflict."""
    written = await db.fetch(
        """INSERT INTO plugin_settings AS p (plugin, enabled, settings, sealed, updated_at)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant_id, plugin) DO UPDATE SET enabled = excluded.enabled,
               settings = excluded.settings, sealed = excluded.sealed, updated_at = excluded.updated_at,
               version = p.version + 1
           WHERE p.version = $6
           RETURNING p.version""",
        stored.plugin,
        stored.enabled,
        stored.settings,
        stored.sealed,
        clock.now(),
        stored.version,
    )
    if not written:
        raise EditConflict(stored.settings)


async def get(plugin: str, *, for_update: bool = False) -> Stored:
    """The row of one plugin as it is now; one that was never touched is off and has version 0."""
    lock = " FOR UPDATE" if for_update else ""
    row = await db.row(
        f"SELECT plugin, enabled, settings, sealed, version FROM plugin_settings WHERE plugin = $1{lock}", plugin
    )
    return Stored(plugin=plugin) if row is None else Stored(**dict(row))


async def every(tenant_id: int) -> dict[str, Stored]:
    """All rows of a tenant, remembered; outside of a scope one is opened for it."""
    found: dict[str, Stored] = await freshness.MEMORY.get(tenant_id, "plugins", lambda: load(tenant_id))
    return found


async def load(tenant_id: int) -> dict[str, Stored]:
    """All rows of a tenant as they are now."""
    if not is_in_scope():
        async with db.as_tenant(tenant_id):
            return await load(tenant_id)
    if db.scope().tenant_id != tenant_id:
        raise NoScope("another tenant's plugins were asked for")
    rows = await db.fetch("SELECT plugin, enabled, settings, sealed, version FROM plugin_settings")
    return {row["plugin"]: Stored(**dict(row)) for row in rows}


def is_in_scope() -> bool:
    """Whether a transaction is open around the caller."""
    try:
        return not db.scope().is_closed
    except NoScope:
        return False


def seal(tenant_id: int, plugin: str, secrets: dict[str, Any]) -> str:
    """The secrets of one plugin of one provider, unreadable elsewhere."""
    try:
        return sealing.seal(msgspec.json.encode(secrets).decode(), bound_to=_place(tenant_id, plugin))
    except sealing.NoSecretKey as error:
        raise Invalid({next(iter(secrets)): _("This installation has no key to seal secrets with.")}) from error


def unseal(tenant_id: int, stored: Stored) -> dict[str, Any]:
    """The secrets; none when they were sealed with another key, so that they can be typed in again."""
    if not stored.sealed:
        return {}
    try:
        plain = sealing.unseal(stored.sealed, bound_to=_place(tenant_id, stored.plugin))
    except (sealing.Unsealable, sealing.NoSecretKey):
        log.warning("secrets cannot be unsealed", plugin=stored.plugin, tenant=tenant_id)
        return {}
    return msgspec.json.decode(plain, type=dict[str, Any])


def _place(tenant_id: int, plugin: str) -> str:
    return f"{tenant_id}:plugin:{plugin}"
