"""The benchmark of exporting clients: 100,000 and all of the biggest provider, as CSV and as XLSX."""

import asyncio
from typing import Any

import msgspec
from rich.console import Console

from benchmarks import ground, signed_in, working
from benchmarks.client_list import Options
from benchmarks.ground import Ground
from benchmarks.working import Watch
from core import db, sheets
from core.accounts import exports
from core.accounts.client_choice import Choice
from core.accounts.client_filter import ClientFilter
from core.settings import Settings
from web import composition

SECONDS = 10.0
"""The promise for 100,000 rows."""
FLAT_MB = 100.0
SOME = 100_000


def measure(options: Options, standing: Ground, console: Console) -> dict[str, Any]:
    """Measure, and return the figures ready for JSON. In the main thread."""
    ground.filled(standing, options.scale, fresh=options.is_fresh, console=console)
    found = asyncio.run(_measured(standing.settings(options.scale), options.scale.biggest))
    return working.head(
        "export",
        scale=options.scale,
        exports=found,
        targets={
            f"100,000 rows within {SECONDS:.0f} s": all(
                one["seconds"] * SOME / one["rows"] <= SECONDS for one in found.values()
            ),
            f"memory flat: no growth above {FLAT_MB:.0f} MB": all(
                one["peak_mb"] <= FLAT_MB for one in found.values()
            ),
        },
    )


async def _measured(settings: Settings, biggest: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async with composition.running(settings):
        by = (await signed_in.owner(settings)).actor
        for rows in sorted({min(SOME, biggest), biggest}):
            for form in sheets.FORMATS:
                async with db.as_tenant(by.tenant.id):
                    everybody = Choice(filter=ClientFilter())
                    export = await exports.of_clients(everybody, exports.USUAL, form, by=by)
                limited = msgspec.structs.replace(export, sql=f"{export.sql} LIMIT {rows:d}")
                with Watch() as cost:
                    file = await exports.written(limited, by.tenant.id)
                size = file.seek(0, 2)
                file.close()
                found[f"{form}_{rows}"] = {"rows": rows, "bytes": size} | cost.figures(rows)
    return found
