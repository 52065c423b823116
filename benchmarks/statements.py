"""What a list costs in the database: its statements, explained with their real arguments under the wall."""

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

import msgspec
from asyncpg import Record

from benchmarks.cases import Case
from core import db
from core.accounts import client_list
from core.actor import Actor
from core.scope import Scope
from web.staff.client_index import COUNTED

REPEATS = 5
Statement = tuple[str, tuple[Any, ...]]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of all statements of one list together; `plan` names the slowest one's steps."""

    ms: float
    planning_ms: float
    statements: int
    rows: int
    plan: str


async def cost(case: Case, *, by: Actor) -> Cost:
    """Explain what this list asks, several times, in a scope of its own."""
    async with db.as_tenant(by.tenant.id):
        with recording() as asked:
            rows = await ask(case, by=by)
        runs = [[await explain(statement) for statement in asked] for _ in range(REPEATS)]
    slowest = max(range(len(asked)), key=lambda place: float(runs[0][place]["Execution Time"]))
    return Cost(
        ms=round(median(sum(plan["Execution Time"] for plan in run) for run in runs), 3),
        planning_ms=round(median(sum(plan["Planning Time"] for plan in run) for run in runs), 3),
        statements=len(asked),
        rows=rows,
        plan=summary(runs[0][slowest]["Plan"]),
    )


async def ask(case: Case, *, by: Actor) -> int:
    """Ask as the page does: the rows, and how many there are where the page says so."""
    found = await client_list.page(case.filter, by=by, sort=case.sort, after=case.after)
    await client_list.total(case.filter, found, by=by, most=COUNTED + 1)
    return len(found.rows)


@contextmanager
def recording() -> Iterator[list[Statement]]:
    """Gather every statement of the scopes inside the block."""
    asked: list[Statement] = []
    fetch = Scope.fetch

    async def recorded(self: Scope, sql: str, *arguments: Any) -> list[Record]:
        asked.append((sql, arguments))
        return await fetch(self, sql, *arguments)

    with patch.object(Scope, "fetch", recorded):
        yield asked


async def explain(statement: Statement) -> dict[str, Any]:
    """How a statement was carried out, with its times."""
    sql, arguments = statement
    text = await db.value(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", *arguments)
    found: dict[str, Any] = msgspec.json.decode(text)[0]
    return found


def summary(plan: dict[str, Any]) -> str:
    """The steps of a plan, the outermost first, with the indexes they use."""
    step = plan["Node Type"] + (f" {plan['Index Name']}" if "Index Name" in plan else "")
    return " < ".join([step, *(summary(inner) for inner in plan.get("Plans", []))])
