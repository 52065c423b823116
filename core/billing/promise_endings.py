"""How promised payments end without being kept: withdrawn by staff, or broken when their day is over.

What went on because of the promise is suspended again then.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from asyncpg import Record

from core import clock, db, policies, task_runs
from core.accounts import access, rows
from core.actor import Actor, system
from core.billing import accounts, dunning, dunning_services, promised_payments
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

AT_ONCE = 500


async def withdraw(promise_id: int, *, by: Actor) -> Record:
    """Take an open promise back: dunning goes on today. `Conflict` when it is not open."""
    policies.require(by, Permission.DUNNING_PAUSE)
    sql = "SELECT * FROM promised_payments WHERE id = $1"
    found = await db.row(sql, promise_id) if rows.is_id(promise_id) else None
    if found is None:
        raise NotFound()
    account = await accounts.find(found["account_id"])
    if not access.may_use_project(account["project_id"], by=by):
        raise NotFound()
    await access.client(account["client_id"], by=by, lock=True)
    await accounts.lock([account["id"]])
    made = await db.row(
        """UPDATE promised_payments SET state = 'withdrawn', ended_on = $2 WHERE id = $1 AND state = 'open'
           RETURNING *""",
        promise_id,
        clock.today(by.tenant.timezone),
    )
    if made is None:
        raise Conflict(_("This promise is not open any more."))
    await promised_payments.tell("promise:withdrawn", made, by=by)
    await _stop_again(made, _("The promised payment was withdrawn."), by=by)
    return made


async def break_due(now: datetime) -> int:
    """Note the promises whose day is over as broken; returns how many. Called hourly in a provider's scope."""
    by = system(await task_runs.provider())
    day = clock.day(now, by.tenant.timezone)
    sql = "FROM promised_payments WHERE state = 'open' AND until_day < $1"
    found = await db.fetch(f"SELECT client_id, account_id {sql} ORDER BY id LIMIT {AT_ONCE}", day)
    ids = sorted({row["client_id"] for row in found})
    await db.execute("SELECT FROM clients WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE", ids)
    await accounts.lock([row["account_id"] for row in found])
    broken = await db.fetch(
        """UPDATE promised_payments SET state = 'broken'
            WHERE state = 'open' AND until_day < $1 AND account_id = ANY($2::bigint[]) RETURNING *""",
        day,
        [row["account_id"] for row in found],
    )
    for promise in broken:
        await promised_payments.tell("promise:broken", promise, by=by)
        await _stop_again(promise, _("The promised payment did not come."), by=by)
    return len(broken)


async def _stop_again(promise: Mapping[str, Any], reason: str, *, by: Actor) -> None:
    today = clock.today(by.tenant.timezone)
    if promise["woken"] and await dunning.overdue([promise["account_id"]], today, by=by):
        await dunning_services.suspend(await accounts.find(promise["account_id"]), reason, by=by)
