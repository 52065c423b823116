"""Telling clients of pre-paid accounts that what they hold does not last for the next week: once a fortnight."""

from datetime import datetime, timedelta
from typing import Any

from core import clock, db, jobs, nights, notification_switches, notification_values, notifications, task_runs
from core.actor import Actor, system
from core.billing import accounts, runs_out
from core.billing.billing_kinds import LOW_BALANCE
from core.notifications import Recipient

DAYS = 7
AGAIN = timedelta(days=14)
AT_ONCE = 200
JOB = "accounts.low_balance"
SOON = """
    SELECT DISTINCT s.account_id FROM service_dues d JOIN services s ON s.id = d.id
     WHERE s.state = 'active' AND d.next_on IS NOT NULL AND d.next_on <= $1 AND s.account_id > $2
     ORDER BY s.account_id LIMIT $3
"""
TOLD = """SELECT about_id FROM notifications
    WHERE kind = $1 AND about_kind = 'account' AND about_id = ANY($2::bigint[]) AND created_at > $3"""


async def nightly(now: datetime) -> None:
    """Ask for it once a day, after the provider's midnight. Called hourly in its scope."""
    by = system(await task_runs.provider())
    if await notification_switches.is_on(LOW_BALANCE) and await nights.is_first(
        "low_balance", now, by.tenant.timezone
    ):
        await jobs.later(JOB, {})


@jobs.task(JOB, timeout=timedelta(minutes=15))
async def look(_payload: dict[str, Any], job: jobs.Job) -> None:
    """All accounts with something due within the week, some hundreds in a transaction."""
    after: int | None = 0
    while after is not None:
        async with job.scope():
            after = await some(after, by=system(await task_runs.provider()))


async def some(after: int, *, by: Actor) -> int | None:
    """Tell the next ones; behind which account to go on, None at the end."""
    today = clock.today(by.tenant.timezone)
    last = today + timedelta(days=DAYS)
    ids = [row["account_id"] for row in await db.fetch(SOON, last, after, AT_ONCE)]
    told = await db.fetch(TOLD, LOW_BALANCE.key, ids, clock.now() - AGAIN)
    fresh = sorted(set(ids) - {row["about_id"] for row in told})
    rows = {row["id"]: row for row in await db.fetch(f"{accounts.READ} WHERE a.id = ANY($1::bigint[])", fresh)}
    for account_id, day in (await runs_out.of(list(rows.values()), by=by)).items():
        if today < day <= last and rows[account_id]["balance"] > 0:
            await _tell(rows[account_id], notification_values.day(day), by=by)
    return ids[-1] if len(ids) == AT_ONCE else None


async def _tell(account: Any, day: dict[str, Any], *, by: Actor) -> None:
    client = await db.row(
        "SELECT name, contact_person, email, language FROM clients WHERE id = $1", account["client_id"]
    )
    assert client is not None
    name = client["contact_person"] or client["name"]
    await notifications.notify(
        LOW_BALANCE,
        to=Recipient(address=client["email"], name=name, locale=client["language"]),
        data={
            "name": name,
            "balance": notification_values.money(account["balance"], account["currency"]),
            "day": day,
            "link": f"{by.tenant.base_url.rstrip('/')}/balance",
        },
        client_id=account["client_id"],
        project_id=account["project_id"],
        about=("account", account["id"]),
        by=by,
    )
