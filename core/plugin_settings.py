"""The plugins of one provider: which are on, and how they are set up. Secrets are sealed and never shown again."""

from collections.abc import Mapping
from typing import Any

import msgspec

from core import audit, db, freshness, plugin_forms, plugin_registry, plugin_rows, policies
from core.actor import Actor, Tenant
from core.errors import EditConflict, Invalid, NotFound
from core.i18n import _
from core.permissions import Permission
from core.plugin_forms import SettingField
from core.plugin_registry import Registered
from core.plugin_rows import Stored
from core.scope import NoScope


class PluginState(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin on a provider's page. `is_in_edition` is False when it needs a feature the provider lacks."""

    name: str
    title: str
    kind: str
    description: str
    version: str
    enabled: bool
    is_in_edition: bool
    needs_feature: str | None
    has_settings: bool


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """A field with what is stored. A secret's value is always empty; `is_kept` says whether there is one."""

    field: SettingField
    value: Any
    is_kept: bool = False


async def every(*, by: Actor, tenant: Tenant | None = None) -> list[PluginState]:
    """The plugins the provider can have, editions left out, each with whether it is on."""
    tenant = _provider(by, tenant, Permission.PLUGIN_READ)
    rows = await plugin_rows.load(tenant.id)
    return [
        _state(registered, rows.get(registered.info.name), tenant)
        for registered in plugin_registry.every()
        if registered.info.kind != "edition"
    ]


async def form(plugin: str, *, by: Actor, tenant: Tenant | None = None) -> tuple[list[FormField], int]:
    """The plugin's settings as fields with their values, and the version to save against."""
    tenant = _provider(by, tenant, Permission.PLUGIN_READ)
    schema = _get(plugin).schema
    stored = await plugin_rows.get(plugin)
    if schema is None:
        return [], stored.version
    values = stored.settings
    kept = plugin_rows.unseal(tenant.id, stored)
    return [
        FormField(field=field, value="", is_kept=field.name in kept)
        if field.secret
        else FormField(field=field, value=values.get(field.name, field.default))
        for field in plugin_forms.fields(schema)
    ], stored.version


async def enable(plugin: str, *, by: Actor, tenant: Tenant | None = None) -> None:
    """Switch it on. Raises `NotInEdition`, or `Invalid` when required settings are still missing."""
    tenant = _provider(by, tenant, Permission.PLUGIN_MANAGE)
    registered = _get(plugin)
    if registered.info.needs_feature is not None:
        policies.require_feature(msgspec.structs.replace(by, tenant=tenant), registered.info.needs_feature)
    stored = await plugin_rows.get(plugin, for_update=True)
    if registered.schema is not None:
        values = stored.settings | plugin_rows.unseal(tenant.id, stored)
        if missing := plugin_forms.missing(registered.schema, values):
            raise Invalid(missing)
    await _switch(stored, True, by=by, tenant=tenant)


async def disable(plugin: str, *, by: Actor, tenant: Tenant | None = None) -> None:
    """Switch it off. Its settings stay; one that is not installed any more can be switched off too."""
    tenant = _provider(by, tenant, Permission.PLUGIN_MANAGE)
    stored = await plugin_rows.get(plugin, for_update=True)
    if not stored.version:
        _get(plugin)
    await _switch(stored, False, by=by, tenant=tenant)


async def save(
    plugin: str,
    typed: Mapping[str, Any],
    *,
    by: Actor,
    version: int | None = None,
    tenant: Tenant | None = None,
) -> None:
    """Save what was typed into the form; an empty secret keeps the stored one. Raises `Invalid` by field.

    With a `version`, raises `EditConflict` when somebody saved since it was read.
    """
    tenant = _provider(by, tenant, Permission.PLUGIN_MANAGE)
    schema = _get(plugin).schema
    if schema is None:
        raise Invalid({"": _("This plugin has no settings.")})
    stored = await plugin_rows.get(plugin, for_update=True)
    if version is not None and version != stored.version:
        raise EditConflict(stored.settings)
    kept = plugin_rows.unseal(tenant.id, stored)
    values = plugin_forms.read(schema, typed, kept)
    secret_names = plugin_forms.secrets_of(schema)
    plain = {name: value for name, value in values.items() if name not in secret_names}
    secrets = {name: value for name, value in values.items() if name in secret_names}
    sealed = plugin_rows.seal(tenant.id, plugin, secrets) if secrets else ""
    await plugin_rows.write(msgspec.structs.replace(stored, settings=plain, sealed=sealed))
    changed = {name: "•••" for name in secrets if secrets[name] != kept.get(name)}
    await audit.record(
        "plugin:set_up", "plugin", None, by=by, name=plugin, old=stored.settings, new=plain | changed
    )
    await freshness.forget_tenant(tenant.id)


def _provider(by: Actor, tenant: Tenant | None, permission: Permission) -> Tenant:
    """The provider that is meant, once the actor may and the scope is the provider's.

    Somebody of the platform names the provider; his right is `provider:plugins`.
    """
    tenant = tenant or by.tenant
    policies.require(by, Permission.PROVIDER_PLUGINS if by.tenant.is_platform else permission)
    if tenant.is_platform or db.scope().tenant_id != tenant.id:
        raise NoScope("plugins are set up inside their provider's scope")
    if not by.tenant.is_platform and by.tenant.id != tenant.id:
        raise NotFound
    return tenant


def _get(plugin: str) -> Registered:
    registered = plugin_registry.find(plugin)
    if registered is None or registered.info.kind == "edition":
        raise NotFound(_("There is no such plugin."))
    return registered


def _state(registered: Registered, stored: Stored | None, tenant: Tenant) -> PluginState:
    info = registered.info
    return PluginState(
        name=info.name,
        title=_(info.title),
        kind=info.kind,
        description=_(info.description),
        version=info.version,
        enabled=stored is not None and stored.enabled,
        is_in_edition=info.needs_feature is None or policies.has_feature(tenant, info.needs_feature),
        needs_feature=info.needs_feature,
        has_settings=registered.schema is not None,
    )


async def _switch(stored: Stored, enabled: bool, *, by: Actor, tenant: Tenant) -> None:
    if stored.enabled == enabled:
        return
    await plugin_rows.write(msgspec.structs.replace(stored, enabled=enabled))
    await audit.record(
        "plugin:enabled" if enabled else "plugin:disabled",
        "plugin",
        None,
        by=by,
        name=stored.plugin,
        old={"enabled": stored.enabled},
        new={"enabled": enabled},
    )
    await freshness.forget_tenant(tenant.id)
