"""The benchmark of the list of clients: over HTTP, against its own template from memory, and in the database."""

import asyncio
import os
import platform
from contextlib import ExitStack
from typing import Any

import asyncpg
import msgspec
from rich.console import Console

from benchmarks import effort, ground, queries, signed_in, statements
from benchmarks.cases import Case, cases
from benchmarks.ground import Ground
from benchmarks.load import Load
from benchmarks.scale import Scale
from benchmarks.server import MEMORY, serving_at
from benchmarks.signed_in import PAGE, SignedIn
from benchmarks.statements import Cost
from core import db
from core.settings import Settings
from web import composition

RATIO, SLOWEST_MS, GROWTH, QUERIES = 0.45, 5.0, 1.2, 6
"""What is to be reached: at least, at most, at most, at most."""
TURNS = 4
"""A round is so many short turns of each."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How it is measured: seconds of each load, rounds of those that are compared, and by how many at once."""

    scale: Scale
    seconds: float
    rounds: int
    connections: int
    workers: int
    is_fresh: bool = False


class Asked(msgspec.Struct, kw_only=True):
    """What was learned inside the process, without any load."""

    visitor: SignedIn
    cases: list[Case]
    costs: dict[str, Cost]
    queries: dict[str, int]


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Fill what is missing, measure everything, and return the figures ready for JSON. In the main thread."""
    scales = (options.scale, options.scale.smaller())
    for scale in scales:
        ground.filled(standing, scale, fresh=options.is_fresh, console=console)
    big, small = (standing.settings(scale, workers=options.workers) for scale in scales)
    console.print("Asking the database ...")
    asked = asyncio.run(_ask(big))
    little = asyncio.run(_sign_in(small))
    with ExitStack() as stack:
        servers = [
            Server(*stack.enter_context(serving_at(settings, visitor)), visitor)
            for settings, visitor in ((big, asked.visitor), (small, little))
        ]
        console.print("Asking for pages ...")
        served = asyncio.run(_load(options, asked, servers[0], servers[1], standing))
    report = _report(options, asked) | served | {"postgresql": asyncio.run(_version(big))}
    return report | {"targets": reached(report)}


async def _ask(settings: Settings) -> Asked:
    async with composition.running(settings):
        visitor = await signed_in.owner(settings)
        async with db.as_tenant(visitor.actor.tenant.id):
            found = await cases(by=visitor.actor)
        costs = {case.name: await statements.cost(case, by=visitor.actor) for case in found}
        counted = await queries.of_pages(settings, visitor)
    return Asked(visitor=visitor, cases=found, costs=costs, queries=counted)


async def _sign_in(settings: Settings) -> SignedIn:
    async with composition.running(settings):
        return await signed_in.owner(settings)


async def _version(settings: Settings) -> str:
    connection = await asyncpg.connect(settings.database_url, statement_cache_size=0)
    try:
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


class Server(msgspec.Struct, frozen=True):
    """A running server, and who is signed in there."""

    port: int
    process: int
    visitor: SignedIn


async def _load(options: Options, asked: Asked, big: Server, small: Server, standing: Ground) -> dict[str, Any]:
    """The figures over HTTP. What is compared takes turns, so that a busy moment of the machine hits all of it."""

    def load(server: Server, path: str = PAGE) -> Load:
        return Load(
            port=server.port, path=path, headers=server.visitor.headers, connections=options.connections, times=[]
        )

    for warming in (load(big), load(small), load(big, MEMORY)):
        await warming.run(options.seconds / 2)
    memory, first, less = load(big, MEMORY), load(big), load(small)
    database = effort.postgres_of(standing.data)
    for turn in range(options.rounds * TURNS):
        compared = [(memory, big), (first, big), (less, small)]
        for one, server in compared if turn % 2 else reversed(compared):
            before = effort.spent(server.process, database)
            await one.run(options.seconds / TURNS)
            one.cpu_seconds += effort.spent(server.process, database) - before
    pages = {case.name: load(big, case.path) for case in asked.cases if case.is_served and case.path != PAGE}
    for page in pages.values():
        await page.run(options.seconds)
    per_request = [one.cpu_seconds / len(one.times) for one in (memory, first, less)]
    return {
        "template_from_memory": memory.figures(),
        "first_page": first.figures(),
        "first_page_of_the_small_database": less.figures(),
        "pages": {name: page.figures() for name, page in pages.items()},
        "ratio": round(first.rate / memory.rate, 3),
        "ratio_of_processor_time": round(per_request[0] / per_request[1], 3),
        "growth": round(less.rate / first.rate, 3),
        "growth_of_processor_time": round(per_request[1] / per_request[2], 3),
    }


def _report(options: Options, asked: Asked) -> dict[str, Any]:
    alone = {case.name: asked.costs[case.name].ms for case in asked.cases if case.is_alone}
    every = {name: cost.ms for name, cost in asked.costs.items()}
    return {
        "benchmark": "client-list",
        "scale": options.scale,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "workers": options.workers,
        "connections": options.connections,
        "database": asked.costs,
        "slowest_single_filter": max(alone, key=alone.__getitem__),
        "slowest_single_filter_ms": max(alone.values()),
        "worst_filter": max(every, key=every.__getitem__),
        "worst_filter_ms": max(every.values()),
        "queries_per_page": asked.queries,
    }


def reached(report: dict[str, Any]) -> dict[str, bool]:
    """Each target, and whether these figures reach it."""
    return {
        f"ratio of {RATIO} or more": report["ratio"] >= RATIO,
        f"no filter above {SLOWEST_MS} ms in the database": report["slowest_single_filter_ms"] <= SLOWEST_MS,
        f"cost at {report['scale'].clients:,} clients within {GROWTH} times that at "
        f"{report['scale'].smaller().clients:,}": report["growth"] <= GROWTH,
        f"{QUERIES} queries or fewer on a page of any length": max(report["queries_per_page"].values()) <= QUERIES,
    }
