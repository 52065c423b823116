"""The calling of plugins: only those that are on for this provider, each in time and contained.

pluggy alone lets one raising plugin end the whole call, awaits nothing and knows no time-outs, so the calls are
ours: one plugin after the other, two seconds for each and five for all. Whatever a plugin does wrong is counted
and logged, and the page and the other plugins go on. `after` only writes jobs, one per plugin, so that a plugin
that fails is repeated alone.
"""

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import asyncpg
import msgspec
import structlog

from core import breaker, clock, db, hook_jobs, plugin_calls, plugin_registry, policies, sealing
from core.actor import Actor, Tenant
from core.breaker import PluginHealth
from core.errors import Conflict, Invalid, Refusal
from core.hookspecs import Context, Veto, Who
from core.plugin_calls import PluginFailed
from core.plugin_registry import Implementation
from core.settings import Settings

UNTOUCHABLE = frozenset({"id", "code", "tenant_id", "version", "password", "password_hash"})
WITHHELD = frozenset({"password", "password_hash", "confirmation"})

log = structlog.get_logger(__name__)


class Resting(PluginFailed):
    """The plugin failed too often and is not called for a while."""


def load(settings: Settings, *, extra: Mapping[str, object] | None = None) -> list[str]:
    """Load the installed plugins and their editions; returns what is broken, a line each."""
    sealing.configure(settings.secret_key)
    broken = plugin_registry.load(extra)
    policies.load(plugin_registry.editions())
    breaker.forget_all()
    return broken


def is_heard(hook: str, *, by: Actor) -> bool:
    """Whether a plugin would answer. For work on many rows, which need not be told to nobody one by one."""
    return bool(_on(hook, by.tenant))


def heard(hook: str, *, by: Actor) -> list[str]:
    """The names of the plugins that would answer, to `ask` them one by one."""
    return [found.plugin for found in _on(hook, by.tenant)]


async def validate(hook: str, *, by: Actor, **arguments: Any) -> dict[str, str]:
    """The errors that plugins find, by field of the first argument; those of no field of it stand under ""."""
    subject = next(iter(arguments.values()))
    errors: dict[str, str] = {}
    async for _, answer in _answers(hook, by, arguments):
        for field, message in answer.items():
            errors.setdefault(field if field in subject else "", message)
    return errors


async def provide(hook: str, *, by: Actor, **arguments: Any) -> list[Any]:
    """What the plugins bring, in one list."""
    return [item for _name, item in await provide_named(hook, by=by, **arguments)]


async def provide_named(hook: str, *, by: Actor, **arguments: Any) -> list[tuple[str, Any]]:
    """The same, each thing with the name of the plugin that brought it."""
    return [(found.plugin, item) async for found, answer in _answers(hook, by, arguments) for item in answer]


async def ask(
    hook: str,
    plugin: str,
    *,
    by: Actor,
    dry_run: bool = False,
    seconds: float = plugin_calls.CALL_SECONDS,
    **arguments: Any,
) -> Any:
    """What one plugin answers in time. `PluginFailed` when it is off or fails; not called: `Busy`, `Resting`."""
    found = next((one for one in _on(hook, by.tenant) if one.plugin == plugin), None)
    deadline = time.monotonic() + seconds
    if found is None:
        raise PluginFailed(f"{hook}: it is off")
    if not _is_let_through(by.tenant, found, deadline):
        raise Resting(f"{hook}: it rests after failures")
    try:
        return await _asked(found, by, arguments, deadline, dry_run=dry_run, seconds=seconds)
    except PluginFailed as error:
        _log(found, by.tenant.id, error)
        raise


async def ask_anyway(hook: str, plugin: str, *, by: Actor, **arguments: Any) -> Any:
    """What one plugin says about itself, also while it rests after failures. `PluginFailed` as above."""
    found = next((one for one in _on(hook, by.tenant) if one.plugin == plugin), None)
    if found is None:
        raise PluginFailed(f"{hook}: it is off")
    settings = await hook_jobs.settings_for(found, by.tenant.id)
    ctx = _context(by, arguments, settings=settings)
    return await plugin_calls.call(
        found, breaker.Breaker(), ctx, _shown(arguments), seconds=plugin_calls.CALL_SECONDS
    )


async def before(
    hook: str, *, by: Actor, accept: Callable[[dict[str, Any]], object] | None = None, **arguments: Any
) -> dict[str, Any]:
    """The first argument as the plugins patched it. A veto is raised as `Invalid`, or `Conflict` for a
    deletion, a closing or a merger.

    A patch may only change fields that are there, and keeps their type; `accept` may refuse it by raising (the
    caller's own validation). A patch that is refused counts as the plugin's failure and is left out.
    """
    name, subject = next(iter(arguments.items()))
    patched = dict(subject)
    deadline = time.monotonic() + plugin_calls.WHOLE_SECONDS
    for implementation in _on(hook, by.tenant):
        if not _is_let_through(by.tenant, implementation, deadline):
            continue
        try:
            async with db.savepoint():
                patch = await _asked(implementation, by, arguments | {name: patched}, deadline)
                await _check_transaction(by.tenant)
                patched = _patched(patched, patch or {}, accept)
        except Veto as veto:
            raise _refusal(hook, veto) from veto
        except _Misbehaved as error:
            watched = breaker.breaker_of(by.tenant.id, implementation.plugin)
            watched.failed(time.monotonic(), 0, f"{hook}: {error}")
            _log(implementation, by.tenant.id, error)
        except PluginFailed as error:
            _log(implementation, by.tenant.id, error)
    return patched


async def after(hook: str, *, by: Actor, **arguments: Any) -> None:
    """Write a job for each plugin that implements the hook, in this transaction."""
    for implementation in _on(hook, by.tenant):
        key = f"{implementation.plugin}-{hook}-{secrets.token_hex(8)}"
        ctx = _context(by, arguments, settings=None, key=key)
        await hook_jobs.call_later(implementation, ctx, _shown(arguments))


def health(tenant_id: int) -> list[PluginHealth]:
    """How the plugins of a provider did since this process started; those never called are left out."""
    return breaker.health_of(tenant_id, time.monotonic())


def describe() -> list[dict[str, Any]]:
    """All installed plugins for `comptoir plugins --json`, broken ones with what is wrong with them."""
    ready = [
        {
            "plugin": registered.info.name,
            "kind": registered.info.kind,
            "title": registered.info.title,
            "version": registered.info.version,
            "needs_feature": registered.info.needs_feature,
            "hooks": list(registered.hooks),
            "settings": list(registered.schema.__struct_fields__) if registered.schema else [],
            "error": "",
        }
        for registered in plugin_registry.every()
    ]
    empty: dict[str, Any] = {
        "kind": "",
        "title": "",
        "version": "",
        "needs_feature": None,
        "hooks": [],
        "settings": [],
    }
    broken = plugin_registry.broken().items()
    return ready + [{"plugin": name, **empty, "error": reason} for name, reason in sorted(broken)]


class _Misbehaved(Exception):
    """A plugin wants to change what it may not, or leaves the transaction in disorder."""


async def _answers(
    hook: str, by: Actor, arguments: Mapping[str, Any]
) -> AsyncIterator[tuple[Implementation, Any]]:
    """The plugins' answers, one after the other; those that fail or have none are left out."""
    deadline = time.monotonic() + plugin_calls.WHOLE_SECONDS
    for implementation in _on(hook, by.tenant):
        if not _is_let_through(by.tenant, implementation, deadline):
            continue
        try:
            answer = await _asked(implementation, by, arguments, deadline)
        except PluginFailed as error:
            _log(implementation, by.tenant.id, error)
            continue
        if answer:
            yield implementation, answer


def _on(hook: str, tenant: Tenant) -> list[Implementation]:
    """Who implements the hook, is switched on for this provider, and has the feature it needs."""
    return [
        implementation
        for implementation in plugin_registry.implementations(hook)
        if implementation.plugin in tenant.plugins and _is_in_edition(implementation.plugin, tenant)
    ]


def _is_in_edition(plugin: str, tenant: Tenant) -> bool:
    registered = plugin_registry.find(plugin)
    if registered is None:
        return False
    needed = registered.info.needs_feature
    return needed is None or policies.has_feature(tenant, needed)


def _is_let_through(tenant: Tenant, implementation: Implementation, deadline: float) -> bool:
    now = time.monotonic()
    return now < deadline and breaker.breaker_of(tenant.id, implementation.plugin).lets_through(now)


async def _asked(
    implementation: Implementation,
    by: Actor,
    arguments: Mapping[str, Any],
    deadline: float,
    *,
    dry_run: bool = False,
    seconds: float = plugin_calls.CALL_SECONDS,
) -> Any:
    settings = await hook_jobs.settings_for(implementation, by.tenant.id)
    ctx = msgspec.structs.replace(_context(by, arguments, settings=settings), dry_run=dry_run)
    seconds = min(seconds, max(0.05, deadline - time.monotonic()))
    watched = breaker.breaker_of(by.tenant.id, implementation.plugin)
    return await plugin_calls.call(implementation, watched, ctx, _shown(arguments), seconds=seconds)


def _context(by: Actor, arguments: Mapping[str, Any], *, settings: Any, key: str = "") -> Context:
    client, inside = arguments.get("client") or {}, by.impersonator
    return Context(
        provider=by.tenant,
        actor=Who(kind=by.kind, name=by.name, id=by.staff_id or by.person_id),
        now=clock.now(),
        impersonator=Who(kind="staff", name=inside.name, id=inside.staff_id) if inside else None,
        project=client.get("project_id"),
        request_id=by.request_id,
        locale=by.locale,
        settings=settings,
        key=key,
    )


def _shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments without what no plugin is shown."""
    return {
        name: {field: item for field, item in value.items() if field not in WITHHELD}
        if isinstance(value, Mapping)
        else value
        for name, value in arguments.items()
    }


def _patched(
    subject: dict[str, Any], patch: dict[str, Any], accept: Callable[[dict[str, Any]], object] | None
) -> dict[str, Any]:
    for field, value in patch.items():
        if field not in subject or field in UNTOUCHABLE:
            raise _Misbehaved(f"may not set {field!r}")
        if subject[field] is not None and type(value) is not type(subject[field]):
            raise _Misbehaved(f"{field!r} must stay a {type(subject[field]).__name__}")
    patched = subject | patch
    if patch and accept is not None:
        try:
            accept(patched)
        except (Refusal, ValueError, TypeError) as error:
            raise _Misbehaved(f"the patch is not valid: {error}") from error
    return patched


async def _check_transaction(tenant: Tenant) -> None:
    """The plugin must leave the transaction sound and the provider's own."""
    try:
        found = await db.value("SELECT current_setting('app.tenant_id', true)")
    except asyncpg.PostgresError as error:
        raise _Misbehaved("left the transaction broken") from error
    if found != str(tenant.id):
        raise _Misbehaved("tried to leave the provider's scope")


def _refusal(hook: str, veto: Veto) -> Refusal:
    if hook.endswith(("_deleted", "_closed", "_merged", "_cleared")) and not veto.field:
        return Conflict(veto.message)
    return Invalid({veto.field: veto.message})


def _log(implementation: Implementation, tenant_id: int, error: Exception) -> None:
    log.warning("plugin failed", plugin=implementation.plugin, tenant=tenant_id, reason=str(error))
