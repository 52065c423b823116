"""`comptoir billing-run`: what is due, charged here and now with its progress, or only looked at."""

import sys
from typing import Any

import rich_click as click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from core import actor, db, task_runs
from core.actor import Actor
from core.billing import billing_run as runs
from core.errors import Conflict
from core.settings import Settings
from core.tasks import Task
from tenants import provider_list, providers
from web.cli import ground, say

COLUMNS = {
    "provider": "Provider",
    "state": "State",
    "expenses": "Expenses",
    "invoices": "Invoices",
    "parked": "Waiting for money",
    "skipped": "Left out",
}
LOOKED_AT = {
    "provider": "Provider",
    "due": "Services due",
    "ending": "Services that end",
    "uninvoiced": "Charges without an invoice",
    "amounts": "Amounts in smallest units",
}


@click.command()
@click.argument("codes", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def billing_run(codes: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Charge and invoice what is due today at these providers, at all active ones without a CODE.

    It is the run of every night; what was done before is not done again. Exit status 1 when one does not end well.
    """

    async def whole(_settings: Settings) -> list[dict[str, Any]]:
        found = await _providers(codes)
        if dry_run:
            return [await _look(code, tenant_id) for code, tenant_id in found]
        with _progress(is_quiet=as_json) as progress:
            return [await _run(code, tenant_id, progress) for code, tenant_id in found]

    rows = ground.within(whole)
    if as_json:
        say.as_json(rows)
    else:
        say.table(LOOKED_AT if dry_run else COLUMNS, rows, empty="There is no active provider.")
    if any(row.get("state") in ("failed", "cancelled") for row in rows):
        sys.exit(1)


async def _providers(codes: tuple[str, ...]) -> list[tuple[str, int]]:
    async with db.as_platform():
        rows = await provider_list.all_of_them(by=ground.operator())
    active = {row["code"]: row["id"] for row in rows if row["state"] == "active"}
    for code in codes:
        if code not in active:
            raise say.Trouble(f"There is no active provider {code!r}.")
    return [(code, active[code]) for code in codes or sorted(active)]


async def _by() -> Actor:
    return actor.system(await providers.current(), name=ground.operator().name)


async def _look(code: str, tenant_id: int) -> dict[str, Any]:
    async with db.as_tenant(tenant_id):
        seen = await runs.preview(by=await _by())
    amounts = {row["currency"]: int(row["units"]) for row in seen.sums}
    return {
        "provider": code,
        "due": seen.due,
        "ending": seen.ending,
        "uninvoiced": seen.uninvoiced,
        "amounts": amounts,
    }


async def _run(code: str, tenant_id: int, progress: Progress) -> dict[str, Any]:
    nothing = dict.fromkeys(COLUMNS, 0) | {"provider": code, "state": "nothing due"}
    try:
        async with db.as_tenant(tenant_id):
            task_id = await runs.start(by=await _by())
    except Conflict as conflict:
        return nothing | {"state": conflict.message}
    bar = progress.add_task(code, total=None)
    task = await task_runs.carry_out(task_id, tenant_id, tell=lambda now: _show(progress, bar, now))
    return nothing | {"state": task.state, "skipped": task.skipped} | dict(task.outcome)


def _show(progress: Progress, bar: TaskID, task: Task) -> None:
    progress.update(bar, total=task.total, completed=task.handled)


def _progress(*, is_quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=say.errors, disable=is_quiet or not say.errors.is_terminal)
