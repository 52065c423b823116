"""The dunning run: what is to come today in all accounts of a provider, some hundreds in each transaction.

It runs every night after the billing run, and whenever somebody starts it. What it has done is noted with it, so
that the next run goes on wherever one was stopped. It stops the services of so many accounts at most; further ones
wait until somebody confirms them.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, nights, policies, task_runs, tasks
from core.actor import Actor, system
from core.billing import accounts, dunning, dunning_settings, dunning_steps, waking
from core.billing.dunning_timeline import Planned
from core.errors import Conflict, Forbidden
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Chunk, Result, Task

KIND = "dunning.run"
AT_ONCE = 200
"""Accounts with open expenses that are looked at in one transaction."""
WOKEN_AT_ONCE = 1_000
"""Accounts in which services sleep that are looked at in one transaction."""
MOST_LOOKED_AT = 5_000
"""So many such accounts are looked at for the preview."""
CANDIDATES = """
    SELECT DISTINCT e.account_id FROM expenses e
     WHERE e.covered_units < e.gross_units AND e.reversed_at IS NULL AND e.account_id > $1 AND e.day <= $2
     ORDER BY e.account_id LIMIT $3
"""
ASLEEP = """
    SELECT DISTINCT account_id, client_id FROM services WHERE suspended_for = 'dunning' AND account_id > $1
     ORDER BY account_id LIMIT $2
"""
EARLIEST = "SELECT min((s ->> 'day')::int) FROM dunning_policies d, jsonb_array_elements(d.steps) s"
STOPS = ("suspend", "end")


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a run would do today, with the plan of its account."""

    plan: dunning.Plan
    step: Planned


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do today: so many steps by action, and the first of them. `held`: so many accounts whose
    services would be stopped are beyond what one run may. `is_cut`: only the first accounts were looked at."""

    day: date
    counts: dict[str, int]
    first: list[Due]
    held: int
    is_cut: bool


class Woken(msgspec.Struct, frozen=True, kw_only=True):
    """So many services go on; `position` is where the run does."""

    services: int
    position: dict[str, int]


async def preview(*, by: Actor, size: int = 100) -> Preview:
    """Look, and change nothing."""
    _require(by)
    day = clock.today(by.tenant.timezone)
    found: list[Due] = []
    after, looked = 0, 0
    while looked < MOST_LOOKED_AT:
        ids = await _candidates(after, day)
        due = [one for plan in await _plans(ids, day, by=by) for one in _due(plan, day)]
        found += [one for one in due if not one.step.is_skipped]
        looked += len(ids)
        if len(ids) < AT_ONCE:
            break
        after = ids[-1]
    counts = {action: sum(due.step.step.action == action for due in found) for action in ("remind", "fee", *STOPS)}
    stopped = len({due.plan.account["id"] for due in found if due.step.step.action in STOPS})
    most = (await dunning_settings.decided()).most_stops
    return Preview(
        day=day, counts=counts, first=found[:size], held=max(0, stopped - most), is_cut=looked >= MOST_LOOKED_AT
    )


async def latest(*, by: Actor, size: int = 10) -> list[Task]:
    """The runs of late, the newest first."""
    _require(by)
    rows = await db.fetch("SELECT * FROM tasks WHERE kind = $1 ORDER BY id DESC LIMIT $2", KIND, size)
    return [tasks.of(row) for row in rows]


async def start(*, is_confirmed: bool = False, by: Actor) -> int:
    """Begin a run for today; returns the id of its task. `Conflict` when one is at work, or there is no policy.

    `is_confirmed`: it may stop as many accounts as it has to.
    """
    _require(by)
    if await db.value("SELECT EXISTS (SELECT FROM tasks WHERE kind = $1 AND ended_at IS NULL)", KIND):
        raise Conflict(_("A dunning run is at work already."))
    if not await db.value("SELECT EXISTS (SELECT FROM dunning_policies)"):
        raise Conflict(_("There is no policy yet, so there is nothing to do."))
    day = clock.today(by.tenant.timezone)
    title = _("Dunning of %(day)s") % {"day": day.isoformat()}
    payload = {"day": day.isoformat(), "is_confirmed": is_confirmed}
    return await tasks.start(KIND, title, total=0, payload=payload, by=by)


async def nightly(now: datetime) -> None:
    """Begin a run once a day, after the provider's midnight, where there is a policy. Called hourly."""
    by = system(await task_runs.provider())
    if await nights.is_first("dunning_run", now, by.tenant.timezone):
        with suppress(Conflict):
            await start(by=by)


@tasks.kind(KIND, N_("Dunning runs"))
async def step(task: Task, by: Actor) -> Chunk:
    """Some of the accounts in which something is open, behind those that were looked at before."""
    _require(by)
    day = date.fromisoformat(str(task.payload["day"]))
    after = int(task.position.get("after", 0))
    outcome: dict[str, Any] = dict.fromkeys(("remind", "fee", "suspend", "end", "held", "woken"), 0) | task.outcome
    asleep = int(task.position.get("asleep", 0))
    if "after" not in task.position and (woken := await _wake(asleep)) is not None:
        outcome["woken"] += woken.services
        return Chunk(position=woken.position, outcome=outcome)
    most = None if task.payload.get("is_confirmed") else (await dunning_settings.decided()).most_stops
    ids, results = await advance(day, after, outcome, most, by=by)
    is_last = len(ids) < AT_ONCE
    if is_last:
        told = {name: count for name, count in outcome.items() if count}
        await audit.record("dunning:ran", "task", task.id, by=by, name=task.title, new=told)
    return Chunk(
        results=results,
        position={"after": ids[-1] if ids else after},
        outcome=outcome,
        total=task.handled + len(results),
        is_last=is_last,
    )


async def advance(
    day: date, after: int, outcome: dict[str, Any], most: int | None, *, by: Actor
) -> tuple[list[int], list[Result]]:
    """Do what is due on the day in the next accounts behind one, and count it; returns their ids, and the results.

    Asks for no right. `most`: so many accounts are stopped at most, None for any number.
    """
    ids = await _candidates(after, day)
    return ids, await _do(await _locked(ids, day, by=by), day, outcome, most, by=by)


async def _do(
    plans: Sequence[dunning.Plan], day: date, outcome: dict[str, Any], most: int | None, *, by: Actor
) -> list[Result]:
    """Do what is due in accounts that are locked, and count it; what is beyond `most` stops is held."""
    results = []
    for plan in plans:
        for due in _due(plan, day):
            action = due.step.step.action
            if action in STOPS and most is not None and outcome["suspend"] + outcome["end"] >= most:
                outcome["held"] += 1
                results.append(_result(plan, "skipped", _("It waits until somebody confirms it.")))
                break
            done = await dunning_steps.do(plan, due.step, day, by=by)
            if done is None or due.step.is_skipped:
                continue
            outcome[action] += done.result == "done"
            reason = _("The address of the client cannot be written to.") if done.result == "failed" else ""
            results.append(_result(plan, done.result, reason))
            if done.result == "failed":
                break
    return results


def _due(plan: dunning.Plan, day: date) -> list[Due]:
    return [Due(plan=plan, step=one) for one in plan.coming if one.on == day]


def _result(plan: dunning.Plan, outcome: Any, reason: str) -> Result:
    account = plan.account
    return Result(
        outcome=outcome, reason=reason, id=account["client_id"], code=account["code"], name=account["client"]
    )


async def _candidates(after: int, day: date) -> list[int]:
    """Accounts in which something is open that can be due for a step, by their ids, behind one."""
    earliest = await db.value(EARLIEST)
    if earliest is None:
        return []
    found = await db.fetch(CANDIDATES, after, day - timedelta(days=min(0, earliest)), AT_ONCE)
    return [row["account_id"] for row in found]


async def _plans(ids: Sequence[int], day: date, *, by: Actor) -> list[dunning.Plan]:
    sql = f"{accounts.READ} WHERE a.id = ANY($1::bigint[]) ORDER BY a.id"
    found: list[Record] = await db.fetch(sql, list(ids))
    return await dunning.plans(found, day, by=by)


async def _locked(ids: Sequence[int], day: date, *, by: Actor) -> list[dunning.Plan]:
    """The plans of those accounts in which something is due today; nobody pays or charges there meanwhile."""
    due = [plan for plan in await _plans(ids, day, by=by) if _due(plan, day)]
    if not due:
        return []
    mine = [plan.account["id"] for plan in due]
    await accounts.lock_with_clients(
        {"client_id": plan.account["client_id"], "account_id": plan.account["id"]} for plan in due
    )
    return await _plans(mine, day, by=by)


async def _wake(after: int) -> Woken | None:
    """What dunning suspended where nothing is overdue any more, whatever came of that: a reversal, say.

    Looks at the next accounts behind one, None when there are no more. They are locked until the transaction ends:
    it goes on to no others.
    """
    found = await db.fetch(ASLEEP, after, WOKEN_AT_ONCE)
    if not found:
        return None
    await accounts.lock_with_clients(found)
    woken = await waking.wake([row["account_id"] for row in found])
    is_last = len(found) < WOKEN_AT_ONCE
    return Woken(services=woken, position={"after": 0} if is_last else {"asleep": found[-1]["account_id"]})


def _require(by: Actor) -> None:
    """The run is about all clients: it is not for whoever is limited to some of them."""
    policies.require(by, Permission.DUNNING_RUN)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("Dunning is about all clients, and you see only some of them."))
