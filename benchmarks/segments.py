"""The benchmark of saved filters: the first page and the count of each, at the biggest provider."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks import ground, signed_in, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.words import GROUPS
from core import db
from core.accounts import client_choice, client_list, segments
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment
from core.settings import Settings
from web import composition

SLOWEST_PAGE_MS = 20.0
SLOWEST_COUNT_MS = 1000.0
REPEATS = 11


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale)))
    return working.head(
        "segment",
        scale=options.scale,
        segments=found,
        targets={
            f"no first page above {SLOWEST_PAGE_MS:.0f} ms": all(
                one["page_ms"] <= SLOWEST_PAGE_MS for one in found.values()
            ),
            f"no exact count above {SLOWEST_COUNT_MS:.0f} ms": all(
                one["count_ms"] <= SLOWEST_COUNT_MS for one in found.values()
            ),
        },
    )


async def _measured(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with composition.running(settings):
        by = (await signed_in.owner(settings)).actor
        async with db.as_tenant(by.tenant.id):
            for name, wanted in (await _filters()).items():
                kept = await segments.create(NewSegment(name=f"{name} {time.time_ns()}", filter=wanted), by=by)
                chosen = ClientFilter(segment=kept.id)
                everybody = Choice(filter=chosen)
                found[name] = {
                    "clients": await client_choice.count(everybody, by=by),
                    "page_ms": await _ms(partial(client_list.page, chosen, by=by)),
                    "count_ms": await _ms(partial(client_choice.count, everybody, by=by)),
                }
    return found


async def _filters() -> dict[str, ClientFilter]:
    group = await db.value("SELECT id FROM account_groups WHERE name = $1", GROUPS[0][0])
    attitude = await db.value("SELECT id FROM attitudes WHERE name = 'VIP'")
    return {
        "country": ClientFilter(country="FR"),
        "country and kind": ClientFilter(country="BE", kind="company"),
        "word": ClientFilter(name="marie"),
        "attitude and group": ClientFilter(attitude=attitude, group=group),
        "closed in a country": ClientFilter(status="closed", country="CH"),
    }


async def _ms(ask: Callable[[], Awaitable[Any]]) -> float:
    times = []
    for _again in range(REPEATS):
        began = time.perf_counter()
        await ask()
        times.append(time.perf_counter() - began)
    return round(median(times) * 1000, 2)
