"""The benchmark of the search over everything: what staff of the biggest provider type, with and without HTTP."""

import asyncio
import os
import platform
import time
from statistics import median
from typing import Any
from urllib.parse import quote

from rich.console import Console

from benchmarks import ground, signed_in
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.load import Load
from benchmarks.server import serving_at
from benchmarks.signed_in import SignedIn
from core import db
from core.accounts import search
from core.settings import Settings
from web import composition

SLOWEST_MS = 10.0
"""What is to be reached by the slowest of the texts, in the database."""
REPEATS = 15
PAGE = "/staff/search?q="


async def texts() -> dict[str, str]:
    """What is typed, by what is special about it: of the provider's own clients."""
    row = await db.row("SELECT code, email, name FROM clients ORDER BY code LIMIT 1 OFFSET 42")
    assert row is not None
    words = row["name"].split()
    return {
        "one_letter": "m",
        "two_letters": "ma",
        "common_given_name": "marie",
        "two_words": f"{words[0][:3]} {words[-1]}",
        "family_name": words[-1],
        "code": str(row["code"]),
        "email_beginning": row["email"].partition("@")[0] + "@",
        "email": row["email"],
        "nobody": "qqzzxx",
        "action": "> new",
    }


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Fill what is missing, measure everything, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    settings = standing.settings(options.scale, workers=options.workers)
    visitor, typed, costs = asyncio.run(_ask(settings))
    with serving_at(settings, visitor) as (port, _process):
        served = asyncio.run(_load(options, port, visitor, typed))
    slowest = max(costs, key=costs.__getitem__)
    return {
        "benchmark": "palette",
        "scale": options.scale,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "connections": options.connections,
        "search_ms": costs,
        "slowest": slowest,
        "slowest_ms": costs[slowest],
        "pages": served,
        "targets": {f"no text above {SLOWEST_MS} ms": costs[slowest] <= SLOWEST_MS},
    }


async def _ask(settings: Settings) -> tuple[SignedIn, dict[str, str], dict[str, float]]:
    """Who asks, what is typed, and the median milliseconds of each search with all its round trips."""
    async with composition.running(settings):
        visitor = await signed_in.owner(settings)
        async with db.as_tenant(visitor.actor.tenant.id):
            typed = await texts()
        costs = {}
        for name, text in typed.items():
            times = []
            for _again in range(REPEATS):
                async with db.as_tenant(visitor.actor.tenant.id):
                    started = time.perf_counter()
                    kind, wanted = search.asked(text)
                    await search.find(wanted, by=visitor.actor, kind=kind)
                    times.append(time.perf_counter() - started)
            costs[name] = round(median(times) * 1000, 2)
    return visitor, typed, costs


async def _load(options: Options, port: int, visitor: SignedIn, typed: dict[str, str]) -> dict[str, Any]:
    headers = visitor.headers | {"HX-Request": "true", "HX-Request-Type": "partial"}
    found = {}
    for name, text in typed.items():
        one = Load(port=port, path=PAGE + quote(text), headers=headers, connections=options.connections, times=[])
        await one.run(options.seconds)
        found[name] = one.figures()
    return found
