"""`after_*` hooks: a job for each plugin, written with the change and run after its commit, at least once.

The plugin runs outside of a transaction, so that one that waits for a network holds no row; what it asks of
`plugins.api` opens a short one of its own.
"""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import msgspec
import structlog

from core import breaker, db, i18n, jobs, plugin_calls, plugin_registry, plugin_rows
from core.hookspecs import Context
from core.plugin_calls import PluginFailed
from core.plugin_registry import Implementation

PAUSE = timedelta(seconds=30)

log = structlog.get_logger(__name__)
_job: ContextVar[jobs.Job | None] = ContextVar("plugin_job", default=None)


async def call_later(implementation: Implementation, ctx: Context, arguments: Mapping[str, Any]) -> None:
    """Write the job in this transaction. `ctx.key` is the same at each of its attempts."""
    payload = {
        "hook": implementation.hook,
        "plugin": implementation.plugin,
        "context": msgspec.to_builtins(ctx),
        "arguments": msgspec.to_builtins(arguments, enc_hook=dict),
    }
    await jobs.later("hook", payload, key=ctx.key)


@jobs.task("hook", timeout=timedelta(seconds=plugin_calls.AFTER_SECONDS * 2))
async def run(payload: dict[str, Any], job: jobs.Job) -> None:
    """Call one plugin's hook, unless it was switched off or removed meanwhile. What fails is tried again."""
    implementation = _find(payload["hook"], payload["plugin"])
    if implementation is None or not await plugin_rows.is_on(job.tenant_id, implementation.plugin):
        log.info("hook dropped, the plugin is off", plugin=payload["plugin"], tenant=job.tenant_id)
        return
    told = msgspec.convert(payload["context"], Context)
    watched = breaker.breaker_of(job.tenant_id, implementation.plugin)
    if not watched.lets_through(time.monotonic()):
        raise jobs.NotNow(PAUSE)
    ctx = msgspec.structs.replace(told, settings=await settings_for(implementation, job.tenant_id))
    token = _job.set(job)
    try:
        with i18n.speaking(ctx.locale):
            await plugin_calls.call(
                implementation, watched, ctx, payload["arguments"], seconds=plugin_calls.AFTER_SECONDS
            )
    except plugin_calls.Busy as busy:
        raise jobs.NotNow(PAUSE) from busy
    finally:
        _job.reset(token)


@asynccontextmanager
async def scope() -> AsyncIterator[None]:
    """The transaction a plugin works in: its caller's, or a short one of its job."""
    job = _job.get()
    if job is None or plugin_rows.is_in_scope():
        db.scope()
        yield
    else:
        async with job.scope():
            yield


async def settings_for(implementation: Implementation, tenant_id: int) -> Any:
    """The plugin's settings; ones that do not fit count as its failure. Call it once the breaker let through."""
    watched = breaker.breaker_of(tenant_id, implementation.plugin)
    try:
        return await plugin_rows.in_force(tenant_id, implementation.plugin)
    except plugin_rows.NotSetUp as error:
        watched.failed(time.monotonic(), 0, str(error))
        raise PluginFailed(str(error)) from error
    except BaseException:
        watched.abandoned()
        raise


def _find(hook: str, plugin: str) -> Implementation | None:
    if hook not in plugin_registry.HOOKS:
        return None
    return next((one for one in plugin_registry.implementations(hook) if one.plugin == plugin), None)
