"""The circuit breaker and the health of one plugin for one provider, in this process.

Five failures within a minute open it, and so does a single call that did not end in time; while it is open the
plugin is not called. After half a minute one call is let through to see whether it works again. Time comes in
as an argument, in seconds of any steady clock.
"""

from collections import deque
from typing import Literal

import msgspec

FAILURES_TO_OPEN = 5
WINDOW_SECONDS = 60.0
REST_SECONDS = 30.0
CALLS_REMEMBERED = 100

State = Literal["closed", "open", "half-open"]


class PluginHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a plugin did for one provider since this process started. `p95_ms` is over the last hundred calls."""

    plugin: str
    tenant_id: int
    calls: int
    failures: int
    skipped: int
    state: State
    p95_ms: float
    last_error: str = ""


class Breaker:
    """Decides whether a plugin is called, and counts how it did."""

    def __init__(self) -> None:
        self.calls = 0
        self.failures = 0
        self.skipped = 0
        self.last_error = ""
        self._failed_at: deque[float] = deque(maxlen=FAILURES_TO_OPEN)
        self._opened_at: float | None = None
        self._probed_at: float | None = None
        self._milliseconds: deque[float] = deque(maxlen=CALLS_REMEMBERED)

    def lets_through(self, now: float) -> bool:
        """Whether to call the plugin now; of those that ask after the rest, one is let through at a time."""
        if self._opened_at is None:
            return True
        rested_since = self._opened_at if self._probed_at is None else self._probed_at
        if now - rested_since < REST_SECONDS:
            self.skipped += 1
            return False
        self._probed_at = now
        return True

    def succeeded(self, milliseconds: float) -> None:
        """The call did what it should."""
        self._count(milliseconds)
        if self._probed_at is not None:
            self._close()

    def failed(self, now: float, milliseconds: float, error: str, *, hung: bool = False) -> None:
        """The call raised, lied, or (`hung`) did not end in time."""
        self._count(milliseconds)
        self.failures += 1
        self.last_error = error[:500]
        self._failed_at.append(now)
        is_full = len(self._failed_at) == FAILURES_TO_OPEN
        if self._probed_at is not None or hung or (is_full and now - self._failed_at[0] <= WINDOW_SECONDS):
            self._opened_at = now
            self._probed_at = None

    def abandoned(self) -> None:
        """The caller went away before the plugin answered: that tells nothing about the plugin."""
        self._probed_at = None

    def state(self, now: float) -> State:
        """Closed is the good state."""
        if self._opened_at is None:
            return "closed"
        return "half-open" if now - self._opened_at >= REST_SECONDS else "open"

    def health(self, plugin: str, tenant_id: int, now: float) -> PluginHealth:
        """The figures for the health page."""
        return PluginHealth(
            plugin=plugin,
            tenant_id=tenant_id,
            calls=self.calls,
            failures=self.failures,
            skipped=self.skipped,
            state=self.state(now),
            p95_ms=_p95(self._milliseconds),
            last_error=self.last_error,
        )

    def _count(self, milliseconds: float) -> None:
        self.calls += 1
        self._milliseconds.append(milliseconds)

    def _close(self) -> None:
        self._opened_at = None
        self._probed_at = None
        self._failed_at.clear()


_breakers: dict[tuple[int, str], Breaker] = {}


def breaker_of(tenant_id: int, plugin: str) -> Breaker:
    """The breaker of a plugin for one provider; made when first asked for."""
    return _breakers.setdefault((tenant_id, plugin), Breaker())


def health_of(tenant_id: int, now: float) -> list[PluginHealth]:
    """The plugins of a provider that were called since this process started, by name."""
    found = [(plugin, breaker) for (tenant, plugin), breaker in _breakers.items() if tenant == tenant_id]
    return [breaker.health(plugin, tenant_id, now) for plugin, breaker in sorted(found, key=lambda one: one[0])]


def health_of_all(now: float) -> list[PluginHealth]:
    """The plugins of every provider that were called since this process started, those with trouble first."""
    found = [breaker.health(plugin, tenant, now) for (tenant, plugin), breaker in _breakers.items()]
    return sorted(found, key=lambda one: (one.state == "closed", not one.failures, one.plugin, one.tenant_id))


def forget_all() -> None:
    """Begin anew, when the plugins are loaded again."""
    _breakers.clear()


def _p95(milliseconds: deque[float]) -> float:
    if not milliseconds:
        return 0.0
    ordered = sorted(milliseconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 2)
