"""The billing run: everything that is due in a provider, some thousands of services in each transaction.

It runs at night and whenever somebody starts it. What it has done is done for good, whatever kills it: the next
run goes on with what is still due. Before it charges, it ends what was cancelled; when all is charged, it issues
the invoices, and lets their files be printed. Closed clients are not charged.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, nights, policies, task_runs, tasks
from core.actor import Actor, system
from core.billing import billing_notices, invoice_printing, renewals, run_invoices, service_states
from core.billing.brought_lines import Brought
from core.errors import Conflict, Forbidden
from core.i18n import N_, _
from core.permissions import Permission
from core.tasks import Chunk, Task

KIND = "billing.run"
AT_ONCE = 2_000
"""Services that are charged in one transaction."""
MOST_LOOKED_AT = 20_000
"""So many due services are priced for the preview; of more it tells what the first ones come to."""

PARKED = """
    FROM service_dues d JOIN services s ON s.id = d.id JOIN clients c ON c.id = s.client_id
   WHERE s.state = 'active' AND c.status = 'active' AND d.parked <> '' AND d.next_on IS NOT NULL
"""
"""What waits for money."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do today: so many services are due, so many end, so many charges wait for an invoice.

    `sums` is what charging comes to, by currency: records with currency, services, expenses, units, parked and
    parked_units. `is_cut`: only the first were priced. `brought` are lines that plugins would bring to invoices.
    """

    day: date
    due: int
    ending: int
    uninvoiced: int
    brought: list[Brought]
    sums: list[Record]
    is_cut: bool


async def preview(*, by: Actor) -> Preview:
    """Look, and change nothing."""
    _require(by)
    day = clock.today(by.tenant.timezone)
    found = await renewals.due(day, size=MOST_LOOKED_AT)
    due, ending = await _due(day), await _ending(day)
    sums = await renewals.look(found, day)
    return Preview(
        day=day,
        due=due,
        ending=ending,
        uninvoiced=await run_invoices.count(clock.now()),
        brought=await run_invoices.brought(by=by),
        sums=sums,
        is_cut=due > len(found),
    )


async def parked(*, by: Actor, size: int = 50) -> list[Record]:
    """The services that wait for money, the longest waiting first: with client_code and client_name."""
    _require(by)
    return await db.fetch(
        f"""SELECT s.id, s.name, s.label, d.next_on, d.parked, c.code AS client_code, c.name AS client_name
            {PARKED} ORDER BY d.next_on, d.id LIMIT $1""",
        size,
    )


async def latest(*, by: Actor, size: int = 10) -> list[Task]:
    """The runs of late, the newest first."""
    _require(by)
    rows = await db.fetch("SELECT * FROM tasks WHERE kind = $1 ORDER BY id DESC LIMIT $2", KIND, size)
    return [tasks.of(row) for row in rows]


async def start(*, by: Actor) -> int:
    """Begin a run for today; returns the id of its task. `Conflict` when one is at work, or nothing is due."""
    _require(by)
    if await db.value("SELECT EXISTS (SELECT FROM tasks WHERE kind = $1 AND ended_at IS NULL)", KIND):
        raise Conflict(_("A billing run is at work already."))
    day = clock.today(by.tenant.timezone)
    total = await _due(day)
    waiting = await run_invoices.count(clock.now())
    if not total and not waiting and not await _ending(day):
        raise Conflict(_("Nothing is due today."))
    title = _("Billing run of %(day)s") % {"day": day.isoformat()}
    return await tasks.start(KIND, title, total=total + waiting, payload={"day": day.isoformat()}, by=by)


async def nightly(now: datetime) -> None:
    """Begin a run once a day, after the provider's midnight, if anything is due. Called hourly in its scope."""
    by = system(await task_runs.provider())
    if await nights.is_first("billing_run", now, by.tenant.timezone):
        with suppress(Conflict):
            await start(by=by)


@tasks.kind(KIND, N_("Billing runs"))
async def step(task: Task, by: Actor) -> Chunk:
    """Some of what is due, behind what was done before; invoices when all is charged."""
    _require(by)
    day = date.fromisoformat(str(task.payload["day"]))
    outcome: dict[str, Any] = {"expenses": 0, "parked": 0, "ended": 0, "invoices": 0} | dict(task.outcome)
    if "invoiced" in task.position:
        return await _invoice(task, day, outcome, by=by)
    return await _charge(task, day, outcome, by=by)


async def _charge(task: Task, day: date, outcome: dict[str, Any], *, by: Actor) -> Chunk:
    after = _place(task.position)
    if after == renewals.START and (ended := await service_states.end_due(day, size=AT_ONCE, by=by)):
        outcome["ended"] += ended
        return Chunk(position={}, outcome=outcome)
    found = await renewals.lock_due(day, after=after, size=AT_ONCE)
    done = await renewals.charge(found, day, by=by)
    outcome["expenses"] += done.expenses
    outcome["parked"] += done.parked
    for currency, units in done.units.items():
        outcome[currency] = outcome.get(currency, 0) + int(units)
    is_last = len(found) < AT_ONCE
    waiting = 0
    if is_last:  # A service of which a part was charged comes by again, and is counted here once.
        outcome["parked"] = int(await db.value(f"SELECT count(*) {PARKED}"))
        waiting = await run_invoices.count(task.created_at)
    return Chunk(
        done=done.services,
        skipped=len(found) - done.services,
        position={"invoiced": ""} if is_last else _position(found[-1]),
        outcome=outcome,
        total=task.handled + len(found) + waiting if is_last else None,
    )


def _place(position: Mapping[str, Any]) -> renewals.Place:
    """Where a run goes on: from the beginning when it was begun by a version that went by ids alone."""
    if "behind" not in position:
        return renewals.START
    day, service_id = position["behind"]
    return (date.fromisoformat(day), int(service_id))


def _position(last: Record) -> dict[str, Any]:
    day, service_id = renewals.place(last)
    return {"behind": [day.isoformat(), service_id]}


async def _invoice(task: Task, day: date, outcome: dict[str, Any], *, by: Actor) -> Chunk:
    made = await run_invoices.some(task.created_at, day, after=str(task.position["invoiced"]), by=by)
    outcome["invoices"] += made.invoices
    if made.after is None:
        await audit.record("service:billed", "task", task.id, by=by, name=task.title, new=dict(outcome))
        await invoice_printing.start(task.created_at, outcome["invoices"], by=by)
        if outcome["invoices"]:
            await billing_notices.issued_by_run(task.created_at)
    return Chunk(
        results=made.waiting,
        done=max(0, made.charges - len(made.waiting)),
        position={"invoiced": made.after or ""},
        outcome=outcome,
        is_last=made.after is None,
    )


def _require(by: Actor) -> None:
    """The run is about all clients: it is not for whoever is limited to some of them."""
    policies.require(by, Permission.SERVICE_BILL)
    if by.projects is not None or by.groups is not None:
        raise Forbidden(_("The billing run is about all clients, and you see only some of them."))


async def _due(day: date) -> int:
    return int(
        await db.value(
            """SELECT count(*) FROM service_dues d JOIN services s ON s.id = d.id
                 JOIN clients c ON c.id = s.client_id AND c.status = 'active'
                WHERE s.state = 'active' AND d.next_on <= $1""",
            day,
        )
    )


async def _ending(day: date) -> int:
    sql = "SELECT count(*) FROM services WHERE state IN ('active', 'suspended') AND ends_on <= $1"
    return int(await db.value(sql, day))
