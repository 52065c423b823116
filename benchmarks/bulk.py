"""The benchmark of one change of many clients: of all of the biggest provider, as a task."""

import asyncio
from typing import Any

from rich.console import Console

from benchmarks import ground, signed_in, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.working import Watch
from core import db
from core.accounts import bulk, client_choice
from core.accounts.bulk import Change
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.settings import Settings
from web import composition

FLAT_MB = 100.0
ROWS_PER_S = 2000
"""What is to be reached: 300,000 clients in two minutes and a half."""


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale)))
    acts = {name: one for name, one in found.items() if name != "count"}
    return working.head(
        "bulk",
        scale=options.scale,
        acts=found,
        targets={
            f"{ROWS_PER_S} clients/s": all(one["rows_per_s"] >= ROWS_PER_S for one in acts.values()),
            f"memory flat: no growth above {FLAT_MB:.0f} MB": all(
                one["peak_mb"] <= FLAT_MB for one in acts.values()
            ),
        },
    )


async def _measured(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    everybody = Choice(filter=ClientFilter())
    async with composition.running(settings), working.worker_of(settings):
        by = (await signed_in.owner(settings)).actor
        async with db.as_tenant(by.tenant.id):
            with Watch() as cost:
                count = await client_choice.count(everybody, by=by)
            group = await db.value("SELECT id FROM account_groups ORDER BY name_folded LIMIT 1")
        found["count"] = cost.figures(count)
        for change in (Change(act="language", language="it"), Change(act="group_add", group=group)):
            with Watch() as cost:
                async with db.as_tenant(by.tenant.id):
                    task_id = await bulk.begin(change, everybody, by=by)
                task = await working.ended(task_id, by.tenant.id)
            assert task.handled == count
            found[change.act] = cost.figures(count)
    return found
