"""The benchmark of outgoing webhooks: what they cost those who want none, and a billing run that is told.

A small verb is done again and again, in turns: without listeners at all, with the product's own and no endpoint,
and with an endpoint for everything. Then three months are charged and invoiced: the second is told to an endpoint.
"""

import asyncio
import time
from typing import Any
from unittest.mock import patch

from rich.console import Console

from benchmarks import billing_run, ground, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from core import clock, db, freshness, listening
from core.accounts import clients
from core.accounts.clients import ClientChanges
from core.actor import Actor, Tenant, system
from core.settings import Settings
from core.support import webhook_endpoints, webhook_outbox
from core.support.webhook_endpoints import EndpointValues
from web import composition

IN_A_TURN = 20
URL = "https://hooks.example.org/in"
MOST_SHARE = 0.05
"""A verb may be so much slower where nobody listens than with no listeners at all."""


def measure(options: Options, standing: Ground, console: Console, *, turns: int) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale), turns))
    cheap = found["verbs"]["no_endpoint_ms"] <= found["verbs"]["no_listener_ms"] * (1 + MOST_SHARE)
    targets = {f"at most {MOST_SHARE:.0%} for who wants none": cheap}
    return working.head("webhooks", scale=options.scale, **found, targets=targets)


async def _measured(settings: Settings, turns: int) -> dict[str, Any]:
    async with composition.running(settings):
        composition.settle()
        (tenant, *_others) = await billing_run.furnished()
        await billing_run.analyse(settings)
        by = system(tenant)
        verbs = await _verbs(turns, by=by)
        months = {}
        for name, is_told in (("before", False), ("told", True), ("after", False)):
            months[name] = await _month(tenant, is_told=is_told, by=by)
    return {"verbs": verbs, "months": months}


async def _verbs(turns: int, *, by: Actor) -> dict[str, float]:
    """Milliseconds of this process's processor for one change of a client in its own transaction, in the quietest
    of turns that alternate: other work on the machine changes them least."""
    async with db.as_tenant(by.tenant.id):
        found = await db.fetch(
            f"SELECT code, version FROM clients WHERE status = 'active' ORDER BY id LIMIT {IN_A_TURN}"
        )
    versions = {row["code"]: row["version"] for row in found}
    took: dict[str, list[float]] = {"no_listener_ms": [], "no_endpoint_ms": [], "endpoint_ms": []}
    for turn in range(turns):
        for name, spent in took.items():
            await _listens(name == "endpoint_ms", by=by)
            with patch.object(listening, "_listeners", {} if name == "no_listener_ms" else listening._listeners):
                spent.append(await _turn(versions, f"{name} {turn}", by=by))
    await _listens(False, by=by)
    return {name: round(min(spent), 3) for name, spent in took.items()}


async def _turn(versions: dict[int, int], note: str, *, by: Actor) -> float:
    began = time.process_time()
    for code, version in versions.items():
        async with db.as_tenant(by.tenant.id):
            changed = await clients.update(code, ClientChanges(version=version, note=note), by=by)
        versions[code] = changed["version"]
    return (time.process_time() - began) * 1000 / len(versions)


async def _month(tenant: Tenant, *, is_told: bool, by: Actor) -> dict[str, float]:
    """Charge and invoice the next month; with an endpoint, also what is written of it is spread."""
    await _listens(is_told, by=by)
    async with db.as_tenant(tenant.id):
        day = await db.value("SELECT max(next_on) FROM service_dues")
    since, began = clock.now(), time.perf_counter()
    await billing_run.charge(tenant, day)
    invoices = await billing_run.invoice(tenant, day, since=since)
    took = time.perf_counter() - began
    async with db.as_tenant(tenant.id):
        events = await db.value("SELECT count(*) FROM webhook_events")
    began = time.perf_counter()
    await _spread(tenant)
    return {
        "invoices": invoices,
        "seconds": round(took, 2),
        "events": events,
        "spread_s": round(time.perf_counter() - began, 2),
    }


async def _spread(tenant: Tenant) -> None:
    """What the job does until nothing waits."""
    found = webhook_outbox.AT_ONCE
    while found == webhook_outbox.AT_ONCE:
        async with db.as_tenant(tenant.id):
            found = await webhook_outbox._spread_some(clock.now())


async def _listens(is_on: bool, *, by: Actor) -> None:
    """One endpoint for everything, or none."""
    async with db.as_tenant(by.tenant.id):
        await db.execute("DELETE FROM webhook_endpoints")
        await db.execute("DELETE FROM webhook_events")
        if is_on:
            await webhook_endpoints.create(EndpointValues(url=URL), by=by)
    freshness.MEMORY.forget(by.tenant.id)
