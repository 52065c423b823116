"""The benchmark of groups by rule: what a rule costs over all clients of the biggest provider, and over one.

Everything is undone at the end of each case, so that the database stays as it was filled.
"""

import asyncio
import os
import platform
import time
from collections.abc import Awaitable, Callable
from typing import Any

from rich.console import Console

from benchmarks import ground, signed_in
from benchmarks.ground import Ground
from benchmarks.scale import Scale
from core import db
from core.accounts import groups, rule_changes, rule_members, rule_tests
from core.accounts.group_rules import Block, Condition, Rule
from core.accounts.groups import NewGroup
from core.actor import Actor
from core.settings import Settings
from web import composition

SLOWEST_S = 10.0
"""What a night's run over all clients may take, and the first run of a rule that half of them fit."""
SLOWEST_CHANGE_MS = 20.0
"""What one changed client may cost with one rule."""


def _on(name: str, operator: str, *values: str) -> Condition:
    return Condition(on=name, operator=operator, values=values)


RULES = {
    "country": Rule(blocks=[Block(conditions=[_on("country", "is", "FR")])]),
    "country_and_kind": Rule(
        blocks=[Block(conditions=[_on("country", "is", "FR", "BE", "CH"), _on("kind", "is", "company")])]
    ),
    "either_of_two_blocks": Rule(
        match="any",
        blocks=[
            Block(conditions=[_on("country", "is", "DE"), _on("status", "is", "active")]),
            Block(conditions=[_on("registered", "newer_than", "365"), _on("language", "is_not", "fr")]),
        ],
    ),
    "counted": Rule(blocks=[Block(conditions=[_on("payers", "at_least", "2"), _on("users", "at_most", "3")])]),
    "everybody": Rule(blocks=[Block(match="any", conditions=[_on("payers", "at_least", "0")])]),
}
"""A common country, conditions together, blocks, what has to be looked up for each client, and all clients."""


class _Undone(Exception):
    """Rolls a case back."""


def measure(scale: Scale, standing: Ground, console: Console, *, is_fresh: bool) -> dict[str, Any]:
    """Fill what is missing, measure everything, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, scale, fresh=is_fresh, console=console)
    costs = asyncio.run(_ask(standing.settings(scale)))
    nights = {name: cost["again_s"] for name, cost in costs.items()}
    half = costs["country"]["first_run_s"]
    return {
        "benchmark": "group-rules",
        "scale": scale,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "rules": costs,
        "targets": {
            f"no nightly run above {SLOWEST_S} s": max(nights.values()) <= SLOWEST_S,
            f"a common country joins within {SLOWEST_S} s": half <= SLOWEST_S,
            f"one changed client costs at most {SLOWEST_CHANGE_MS} ms": max(
                cost["one_client_ms"] for cost in costs.values()
            )
            <= SLOWEST_CHANGE_MS,
        },
    }


async def _ask(settings: Settings) -> dict[str, dict[str, Any]]:
    async with composition.running(settings):
        by = (await signed_in.owner(settings)).actor
        return {name: await _case(rule, by) for name, rule in RULES.items()}


async def _case(rule: Rule, by: Actor) -> dict[str, Any]:
    """Look at it, run it for the first time, run it again as at night, and run it for one client that changed."""
    found: dict[str, Any] = {}
    try:
        async with db.as_tenant(by.tenant.id):
            group = await groups.create(NewGroup(name="Measured"), by=by)
            tests = await rule_tests.offered(by=by)
            one = [await db.value("SELECT id FROM clients ORDER BY id DESC LIMIT 1")]
            seconds, preview = await _timed(lambda: rule_changes.preview(group["id"], rule, by=by))
            found |= {"preview_s": round(seconds, 3), "fits": preview.fits}
            seconds, pieces = await _timed(lambda: _whole(group, rule, tests, by))
            found["pieces"] = pieces
            found["first_run_s"] = round(seconds, 3)
            seconds, changed = await _timed(lambda: rule_members.apply(group, rule, tests, by=by))
            assert (changed.joined, changed.gone) == (0, 0)
            found["again_s"] = round(seconds, 3)
            seconds, _changed = await _timed(lambda: rule_members.apply(group, rule, tests, ids=one, by=by))
            found["one_client_ms"] = round(seconds * 1000, 2)
            raise _Undone
    except _Undone:
        return found


async def _whole(group: Any, rule: Rule, tests: Any, by: Actor) -> int:
    """A run to its end, as the job does it; gives the number of its statements."""
    pieces, has_more = 0, True
    while has_more:
        has_more = (await rule_members.apply(group, rule, tests, by=by)).has_more
        pieces += 1
    return pieces


async def _timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = await work()
    return time.perf_counter() - started, answer
