"""The benchmark of the dunning run: accounts that owe, each reminded, charged a fee and suspended.

Every account of one provider has two or three services and one charge that nobody paid. The database is filled
anew each time, since what was done to an account is not done again.
"""

import asyncio
import time
from datetime import date, timedelta
from typing import Any

import msgspec
from rich.console import Console

from benchmarks import billing_run, ground, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from core import clock, db
from core.actor import Actor, system
from core.billing import dunning_policies, dunning_run
from core.billing.dunning_policies import NewPolicy
from core.billing.dunning_timeline import Step
from core.settings import Settings
from web import composition

PER_SECOND = 100
DAYS = {"remind": 3, "fee": 7, "suspend": 14}
OWED = """
    INSERT INTO expenses (client_id, account_id, key, kind, text, day, currency, net_units, tax_category,
        gross_units, created_at, created_by)
    SELECT a.client_id, a.id, 'owed-' || a.id, 'service', 'Hosting', $1, j.currency, 1000, 'O', 1000, $2, 'bench'
      FROM client_projects a JOIN projects j ON j.id = a.project_id JOIN clients c ON c.id = a.client_id
     WHERE c.status = 'active'
"""


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    scale = msgspec.structs.replace(options.scale, kind="dunning")
    ground.filled(standing, scale, fresh=True, console=console)
    found = asyncio.run(_measured(standing.settings(scale)))
    slowest = min(one["accounts_per_s"] for one in found["steps"].values())
    return working.head(
        "dunning", scale=scale, **found, targets={f"{PER_SECOND} accounts/s": slowest >= PER_SECOND}
    )


async def _measured(settings: Settings) -> dict[str, Any]:
    first = clock.now().date() - timedelta(days=30)
    async with composition.running(settings):
        composition.settle()
        (tenant,) = await billing_run.furnished()
        by = system(tenant)
        async with db.as_tenant(tenant.id):
            await dunning_policies.create(_policy(), by=by)
            await db.execute(OWED, first, clock.now())
            owing = int(await db.value("SELECT count(*) FROM expenses"))
        await billing_run.analyse(settings)
        steps = {name: await _run(first + timedelta(days=days), owing, by=by) for name, days in DAYS.items()}
    return {"owing": owing, "steps": steps}


def _policy() -> NewPolicy:
    steps = [
        Step(day=day, action=name, amounts={"EUR": 4000} if name == "fee" else {})  # type: ignore[arg-type]
        for name, day in DAYS.items()
    ]
    return NewPolicy(
        name="Benchmark", steps=tuple(steps), is_on_workdays=False, terms_days=0, covers_postpaid=True
    )


async def _run(day: date, owing: int, *, by: Actor) -> dict[str, float]:
    """Look at what is due on a day, then do it."""
    with clock.moved(timedelta(days=(day - clock.now().date()).days)):
        began = time.perf_counter()
        async with db.as_tenant(by.tenant.id):
            await dunning_run.preview(by=by)
        looked = time.perf_counter()
        outcome: dict[str, Any] = dict.fromkeys(("remind", "fee", "suspend", "end", "held"), 0)
        ids = [0]
        while ids:
            async with db.as_tenant(by.tenant.id):
                ids, _results = await dunning_run.advance(day, ids[-1], outcome, None, by=by)
        took = time.perf_counter() - looked
    assert sum(outcome.values()) == owing, outcome
    return {
        "preview_s": round(looked - began, 2),
        "seconds": round(took, 1),
        "accounts_per_s": round(owing / took),
    }
