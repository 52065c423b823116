"""Each night: the lists of the gateways, of the last days, compared with ours. What differs waits for somebody.

The provider's night writes a job for each plugin that can be asked; the job asks outside of any transaction.
Nothing is recorded here: what differs becomes a row of `payment_differences`, once. One that agrees later on is
gone again.
"""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core import clock, db, hooks, jobs, nights, task_runs
from core.actor import Actor, system
from core.billing import attempt_calls, gateway_comparison, offered_methods, payment_differences
from core.billing.payment_differences import Found
from core.payment_contract import Days
from core.periods import first_moment

COMPARE = "payment.reconcile"
DAYS = 5
"""How many days back the gateway is asked; yesterday is the last."""
OURS = """
    SELECT t.id, t.key, t.gateway_id, t.state, t.currency, t.units, t.held_units, t.created_at,
           p.units AS paid_units, coalesce(p.refunded_units, 0) AS refunded_units
      FROM payment_attempts t LEFT JOIN payments p ON p.id = t.payment_id
     WHERE t.plugin = $1 AND (t.key = ANY($2::text[]) OR t.gateway_id = ANY($3::text[])
           OR (t.created_at >= $4 AND t.created_at < $5))
"""
GONE = """
    UPDATE payment_differences SET state = 'gone', closed_at = $3, closed_by = $4
     WHERE plugin = $1 AND state = 'open' AND source = 'reconcile' AND kind <> 'nobody' AND mark <> ALL($2::text[])
       AND attempt_id = ANY($5::bigint[])
"""


async def nightly(now: datetime) -> None:
    """Ask for a comparison with each gateway that lists its payments, once a night. Called hourly in its scope."""
    by = system(await task_runs.provider())
    if not hooks.is_heard("reconcile_payments", by=by):
        return
    if await nights.is_first("payment_reconciliation", now, by.tenant.timezone):
        day = clock.day(now, by.tenant.timezone)
        brought = await offered_methods.brought(by=by)
        for plugin in sorted({plugin for plugin, one in brought if one.can.reconciles}):
            await jobs.later(COMPARE, {"plugin": plugin, "day": day.isoformat()})


@jobs.task(COMPARE, attempts=attempt_calls.TRIES, timeout=timedelta(seconds=120))
async def compare(payload: dict[str, Any], job: jobs.Job) -> None:
    """Ask one gateway for the days before the one of the job, and keep what differs."""
    async with job.scope():
        by = system(await task_runs.provider())
    last = date.fromisoformat(str(payload["day"])) - timedelta(days=1)
    days = Days(first=last - timedelta(days=DAYS - 1), last=last)
    plugin = str(payload["plugin"])
    listed = await hooks.ask("reconcile_payments", plugin, by=by, seconds=attempt_calls.SECONDS, days=days)
    if listed is not None:
        async with job.scope():
            await keep(plugin, days, listed, by=by)


async def keep(plugin: str, days: Days, listed: list[Any], *, by: Actor) -> list[Found]:
    """Keep how a gateway's list differs from ours; returns it. In the transaction of the caller."""
    zone = ZoneInfo(by.tenant.timezone)
    begin, end = first_moment(days.first, zone), first_moment(days.last + timedelta(days=1), zone)
    keys, numbers = [one.key for one in listed if one.key], [one.gateway_id for one in listed if one.gateway_id]
    ours = await db.fetch(OURS, plugin, keys, numbers, begin, end)
    # A gateway's day is not ours: at its ends a payment may stand on the other side.
    inside = begin + timedelta(days=1), end - timedelta(days=1)
    missing = {row["id"] for row in ours if inside[0] <= row["created_at"] < inside[1]}
    found = gateway_comparison.compare(ours, listed, missing)
    for one in found:
        await payment_differences.add(plugin, one, "reconcile")
    marks = [one.mark for one in found]
    await db.execute(GONE, plugin, marks, clock.now(), by.name, [row["id"] for row in ours])
    return found
