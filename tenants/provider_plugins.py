"""A provider's plugins, as the platform switches them. What they are set up with is the provider's own affair."""

import re

from asyncpg import Record

from core import db, plugin_settings, policies
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.plugin_settings import PluginState
from tenants import providers

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


async def every(provider: Record, *, by: Actor) -> list[PluginState]:
    """The plugins the provider can have, each with whether it is on. The transaction is the provider's then."""
    policies.require(by, Permission.PROVIDER_PLUGINS)
    await db.hand_over_to(provider["id"])
    return await plugin_settings.every(by=by, tenant=await providers.current())


async def enable(provider_id: int, plugin: str, *, by: Actor) -> None:
    """Switch a plugin on; raises `NotInEdition`, and `Conflict` when it has to be set up first."""
    await _enter(provider_id, plugin, "provider:plugin_enabled", by=by)
    try:
        await plugin_settings.enable(plugin, by=by, tenant=await providers.current())
    except Invalid as error:
        raise Conflict(_("The provider has to set this plugin up first.")) from error


async def disable(provider_id: int, plugin: str, *, by: Actor) -> None:
    """Switch a plugin off; how it is set up stays."""
    await _enter(provider_id, plugin, "provider:plugin_disabled", by=by)
    await plugin_settings.disable(plugin, by=by, tenant=await providers.current())


async def _enter(provider_id: int, plugin: str, action: str, *, by: Actor) -> None:
    """Write the platform's log, and go on as the provider, whose log `plugin_settings` writes."""
    policies.require(by, Permission.PROVIDER_PLUGINS)
    row = await providers.held(provider_id, by=by)
    if not NAME.fullmatch(plugin):
        raise NotFound(_("There is no such plugin."))
    await providers.note_here(action, row, by=by, new={"plugin": plugin})
    await db.hand_over_to(provider_id)
