"""One call of one plugin: in time, contained, and its answer checked.

A plain function runs in a daemon thread, because nothing else bounds one that blocks; an `async def` runs as a
task of its own, so that neither its context variables nor a swallowed cancellation reach the caller. What does
not end in time is cancelled and left behind. An `async def` that blocks (`time.sleep`) is the one thing that
cannot be bounded inside a process.
"""

import asyncio
import copy
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from contextvars import copy_context
from typing import Any

import msgspec

from core.breaker import Breaker
from core.channel_contract import Later, Refused
from core.hookspecs import Context, Veto
from core.plugin_registry import Implementation

CALL_SECONDS = 2.0
WHOLE_SECONDS = 4.5
AFTER_SECONDS = 20.0
GRACE_SECONDS = 0.25
THREADS_OF_A_PLUGIN = 4
"""Calls of one plugin for one provider that may run in threads at the same time."""
MOST_THREADS = 200
"""The same, of all plugins and providers of this process."""
LONGEST_ANSWER = 50
MOST_IDS = 1000
MOST_RECONCILED = 5000

_threads: Counter[tuple[int, str]] = Counter()
_counting = threading.Lock()


class PluginFailed(Exception):
    """A plugin raised, did not end in time, or answered something that the hook does not allow."""


class Hung(PluginFailed):
    """It did not end in time."""


class Busy(PluginFailed):
    """It was not called, because earlier calls still run. That says nothing about the plugin: later it may be."""


async def call(
    implementation: Implementation,
    breaker: Breaker,
    ctx: Context,
    arguments: Mapping[str, Any],
    *,
    seconds: float,
) -> Any:
    """The checked answer of the plugin; raises `PluginFailed` (`Busy` when it was not called), the `Veto` of a
    `before_*` hook, or what the other side of a channel said: `Refused`, `Later`."""
    started = time.monotonic()
    try:
        answer = _checked(implementation, await _answer(implementation, ctx, arguments, seconds))
    except (Veto, Refused, Later) as said:
        if not implementation.hook.startswith("before_" if isinstance(said, Veto) else "send_"):
            raise _noted(implementation, breaker, started, said) from said
        breaker.succeeded(_since(started))
        raise
    except Busy:
        breaker.abandoned()
        raise
    except Exception as error:
        raise _noted(implementation, breaker, started, error) from error
    except BaseException:
        breaker.abandoned()
        raise
    breaker.succeeded(_since(started))
    return answer


async def _answer(
    implementation: Implementation, ctx: Context, arguments: Mapping[str, Any], seconds: float
) -> Any:
    everything = {"ctx": ctx, **arguments}
    given = {name: _copied(everything[name]) for name in implementation.arguments}
    if implementation.is_async:
        return await _in_time(asyncio.create_task(_contained(implementation.function(**given))), seconds)
    return await _in_time(_in_thread(implementation, given, ctx.provider.id), seconds)


def _checked(implementation: Implementation, answer: Any) -> Any:
    """The answer, rebuilt as the type the hook promises; nothing becomes the empty one."""
    if implementation.hook.startswith("after_") or answer is None:
        return None
    rebuilt = msgspec.convert(msgspec.to_builtins(answer), implementation.answer)
    most = MOST_IDS if isinstance(rebuilt, set) else LONGEST_ANSWER
    most = MOST_RECONCILED if implementation.hook == "reconcile_payments" else most
    if isinstance(rebuilt, (list, dict, set)) and len(rebuilt) > most:
        raise PluginFailed(f"answered {len(rebuilt)} things; {most} is the most")
    return rebuilt


async def _contained(work: Awaitable[Any]) -> Any:
    """Keep what would end the event loop from reaching it."""
    try:
        return await work
    except (Exception, asyncio.CancelledError):
        raise
    except BaseException as stop:
        raise PluginFailed(f"raised {type(stop).__name__}") from stop


def _in_thread(implementation: Implementation, given: dict[str, Any], tenant_id: int) -> "asyncio.Future[Any]":
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    context = copy_context()

    def work() -> None:
        try:
            settle: Callable[[], None] = _settlement(future, context.run(implementation.function, **given), None)
        except BaseException as error:
            settle = _settlement(future, None, error)
        finally:
            _leave(tenant_id, implementation.plugin)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle)

    _enter(tenant_id, implementation.plugin)
    threading.Thread(target=work, name=f"plugin-{implementation.plugin}", daemon=True).start()
    return future


def _enter(tenant_id: int, plugin: str) -> None:
    with _counting:
        if _threads[tenant_id, plugin] >= THREADS_OF_A_PLUGIN or _threads.total() >= MOST_THREADS:
            raise Busy("its earlier calls still run")
        _threads[tenant_id, plugin] += 1


def _leave(tenant_id: int, plugin: str) -> None:
    with _counting:
        _threads[tenant_id, plugin] -= 1
        if not _threads[tenant_id, plugin]:
            del _threads[tenant_id, plugin]


def _settlement(future: "asyncio.Future[Any]", answer: Any, error: BaseException | None) -> Callable[[], None]:
    def settle() -> None:
        if future.done():
            return
        if error is None:
            future.set_result(answer)
        elif isinstance(error, Exception) and not isinstance(error, StopIteration):
            future.set_exception(error)
        else:
            future.set_exception(PluginFailed(f"raised {type(error).__name__}"))

    return settle


async def _in_time(future: "asyncio.Future[Any]", seconds: float) -> Any:
    try:
        await asyncio.wait({future}, timeout=seconds)
    except BaseException:
        future.cancel()
        raise
    if not future.done():
        future.cancel()
        await asyncio.wait({future}, timeout=GRACE_SECONDS)
        future.add_done_callback(_forget)
        raise Hung(f"did not end within {seconds:.1f} s")
    if future.cancelled():
        raise PluginFailed("cancelled itself")
    return future.result()


def _forget(future: "asyncio.Future[Any]") -> None:
    """Look at what a call left behind raised, so that asyncio does not report it as never seen."""
    if not future.cancelled():
        future.exception()


def _copied(value: Any) -> Any:
    """A plugin works on its own copy: what it changes in it changes nothing."""
    return value if isinstance(value, Context) else copy.deepcopy(value)


def _noted(implementation: Implementation, breaker: Breaker, started: float, error: Exception) -> PluginFailed:
    message = f"{implementation.hook}: {_reason(error)}"
    breaker.failed(time.monotonic(), _since(started), message, hung=isinstance(error, Hung))
    return Hung(message) if isinstance(error, Hung) else PluginFailed(message)


def _reason(error: Exception) -> str:
    if isinstance(error, PluginFailed):
        return str(error)
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # its own __str__ may raise as well
        return type(error).__name__


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
