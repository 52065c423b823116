"""The plugins of this process: found by entry point, checked when registered, and asked for by name.

A plugin that cannot be imported or registered is set aside with the reason, so that it takes nothing else down;
`comptoir doctor` and the health page show it.
"""

import inspect
import typing
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import msgspec
import pluggy
import structlog

from core import (
    channel_hookspecs,
    fraud_hookspecs,
    hookspecs,
    notification_kinds,
    payment_hookspecs,
    plugin_forms,
)
from core.hookspecs import Edition, Plugin
from core.notification_kinds import Kind

log = structlog.get_logger(__name__)
PAGES = (hookspecs, payment_hookspecs, channel_hookspecs, fraud_hookspecs)
"""Where hooks are specified."""


class BadPlugin(Exception):
    """A plugin breaks the contract; the message names the plugin, the hook and the argument."""


class Implementation(msgspec.Struct, frozen=True, kw_only=True):
    """One hook of one plugin. `answer` is the type that the hook's specification promises."""

    plugin: str
    hook: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    is_async: bool
    answer: Any


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin that is ready to be called."""

    info: Plugin
    hooks: tuple[str, ...]
    schema: type[msgspec.Struct] | None = None
    edition: Edition | None = None
    kinds: tuple[Kind, ...] = ()


class Registry:
    """Plugins, by name, and who implements which hook."""

    def __init__(self) -> None:
        self.plugins: dict[str, Registered] = {}
        self.broken: dict[str, str] = {}
        self._manager = pluggy.PluginManager("comptoir")
        for page in PAGES:
            self._manager.add_hookspecs(page)
        self._implementations: dict[str, list[Implementation]] = {}

    def add(self, name: str, plugin: object, *, version: str = "") -> Registered:
        """Register a module or object; raises `BadPlugin`, and then nothing of it stays."""
        try:
            self._manager.register(plugin, name)
            registered = _examined(name, version, self._hooks_of(name, plugin))
        except BadPlugin:
            self._manager.unregister(plugin)
            raise
        except ValueError as error:
            raise BadPlugin(f"plugin {name!r} is registered already") from error
        except pluggy.PluginValidationError as error:
            if self._manager.is_registered(plugin):
                self._manager.unregister(plugin)
            raise BadPlugin(f"plugin {name!r}: {' '.join(str(error).split())}") from error
        self.plugins[name] = registered
        self._implementations.clear()
        return registered

    def implementations(self, hook: str) -> list[Implementation]:
        """Those who implement the hook, in the order of their names unless they say tryfirst or trylast."""
        if hook not in self._implementations:
            caller = getattr(self._manager.hook, hook)
            self._implementations[hook] = [
                _implementation(found.plugin_name, hook, found) for found in reversed(caller.get_hookimpls())
            ]
        return self._implementations[hook]

    def check_pending(self) -> None:
        """Raise when a plugin implements a hook that does not exist: it would silently never be called."""
        self._manager.check_pending()

    def _hooks_of(self, name: str, plugin: object) -> dict[str, pluggy.HookImpl]:
        found = {}
        for caller in self._manager.get_hookcallers(plugin) or []:
            one = next(found for found in caller.get_hookimpls() if found.plugin is plugin)
            if caller.spec is None and not one.optionalhook:
                raise BadPlugin(f"plugin {name!r}: there is no hook {caller.name!r}")
            if one.wrapper or one.hookwrapper:
                raise BadPlugin(f"plugin {name!r}, hook {caller.name!r}: wrappers are not supported")
            found[caller.name] = one
        return {hook: one for hook, one in found.items() if hook in HOOKS}


HOOKS: Mapping[str, Any] = {
    name: function
    for page in PAGES
    for name, function in vars(page).items()
    if inspect.isfunction(function) and hasattr(function, "comptoir_spec")
}
"""Every hook by name, in the order of their page."""

_registry = Registry()


def load(extra: Mapping[str, object] | None = None) -> list[str]:
    """Find and register all installed plugins, and `extra` ones; returns what is broken, a line each."""
    global _registry
    registry = Registry()
    for point in sorted(entry_points(group=hookspecs.GROUP), key=lambda point: point.name, reverse=True):
        _add(registry, point.name, point.load, version=_version(point))
    given = dict(extra or {})
    for name in sorted(given, reverse=True):
        _add(registry, name, partial(given.__getitem__, name), version="")
    registry.check_pending()
    _registry = registry
    notification_kinds.bring({one.info.name: list(one.kinds) for one in registry.plugins.values()})
    return [f"{name}: {reason}" for name, reason in sorted(registry.broken.items())]


def every() -> list[Registered]:
    """All plugins that are ready, by name."""
    return sorted(_registry.plugins.values(), key=lambda registered: registered.info.name)


def find(name: str) -> Registered | None:
    """The plugin of this name, None when it is not installed or broken."""
    return _registry.plugins.get(name)


def broken() -> dict[str, str]:
    """The plugins that could not be loaded, each with the reason."""
    return dict(_registry.broken)


def editions() -> list[Edition]:
    """The editions that the plugins bring."""
    return [registered.edition for registered in every() if registered.edition is not None]


def implementations(hook: str) -> list[Implementation]:
    """Those who implement the hook, in the order they are called."""
    return _registry.implementations(hook)


def _add(registry: Registry, name: str, load_it: Callable[[], object], *, version: str) -> None:
    try:
        registry.add(name, load_it(), version=version)
    except (Exception, SystemExit) as error:
        reason = str(error) if isinstance(error, BadPlugin) else f"{type(error).__name__}: {error}"
        registry.broken[name] = reason
        log.error("plugin set aside", plugin=name, reason=reason)


def _version(point: EntryPoint) -> str:
    return point.dist.version if point.dist is not None else ""


def _examined(name: str, version: str, hooks: dict[str, pluggy.HookImpl]) -> Registered:
    info = _asked(name, "provide_plugin", hooks, Plugin)
    if info is None:
        raise BadPlugin(f"plugin {name!r} lacks the hook 'provide_plugin'")
    if info.name != name:
        raise BadPlugin(f"plugin {name!r} calls itself {info.name!r}: entry point and name must agree")
    edition = _asked(name, "provide_edition", hooks, Edition)
    if (edition is not None) != (info.kind == "edition"):
        raise BadPlugin(f"plugin {name!r}: the kind 'edition' and the hook 'provide_edition' go together")
    return Registered(
        info=msgspec.structs.replace(info, version=info.version or version),
        hooks=tuple(hook for hook in HOOKS if hook in hooks),
        schema=_schema(name, hooks),
        edition=edition,
        kinds=_kinds(name, hooks),
    )


def _asked(name: str, hook: str, hooks: dict[str, pluggy.HookImpl], kind: type[Any]) -> Any:
    if hook not in hooks:
        return None
    try:
        answer = hooks[hook].function()
        if not isinstance(answer, kind):
            raise TypeError(f"answered {answer!r:.100} instead of {kind.__name__}")
        return msgspec.convert(msgspec.to_builtins(answer), kind)
    except Exception as error:
        raise BadPlugin(f"plugin {name!r}, hook {hook!r}: {error}") from error


def _schema(name: str, hooks: dict[str, pluggy.HookImpl]) -> type[msgspec.Struct] | None:
    if "provide_settings" not in hooks:
        return None
    try:
        schema = hooks["provide_settings"].function()
        if not (isinstance(schema, type) and issubclass(schema, msgspec.Struct)):
            raise TypeError(f"answered {schema!r:.100} instead of a msgspec.Struct")
        plugin_forms.fields(schema)
    except Exception as error:
        raise BadPlugin(f"plugin {name!r}, hook 'provide_settings': {error}") from error
    return schema


def _kinds(name: str, hooks: dict[str, pluggy.HookImpl]) -> tuple[Kind, ...]:
    hook = "provide_notification_kinds"
    if hook not in hooks:
        return ()
    try:
        kinds = msgspec.convert(msgspec.to_builtins(hooks[hook].function()), tuple[Kind, ...])
        for kind in kinds:
            notification_kinds.check(kind)
            if kind.key in notification_kinds.KINDS:
                raise notification_kinds.Declared(f"there is a kind {kind.key!r} already")
    except Exception as error:
        raise BadPlugin(f"plugin {name!r}, hook {hook!r}: {error}") from error
    return kinds


def _implementation(plugin: str, hook: str, found: pluggy.HookImpl) -> Implementation:
    return Implementation(
        plugin=plugin,
        hook=hook,
        function=found.function,
        arguments=(*found.argnames, *found.kwargnames),
        is_async=inspect.iscoroutinefunction(found.function),
        answer=typing.get_type_hints(HOOKS[hook], include_extras=True)["return"],
    )
