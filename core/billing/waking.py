"""What dunning suspended goes on as soon as nothing is overdue any more, or all of it is promised. What people
suspended does not.

`allocations.cover` asks for it, whoever paid and however. It goes on from today, or is charged for what it missed,
as the provider decided.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core import clock, db, task_runs
from core.actor import system
from core.billing import dunning, dunning_settings, going_on, missed, promised_payments
from core.i18n import _

SLEEPING = """SELECT s.* FROM services s
    WHERE s.account_id = ANY($1::bigint[]) AND s.suspended_for = 'dunning' AND s.state = 'suspended'
    ORDER BY s.id"""


async def paid(account_ids: Sequence[int]) -> None:
    """Money may have come into these accounts, which the caller has locked: what was promised, and what sleeps."""
    await promised_payments.settle(account_ids)
    await wake(account_ids)


async def wake_for(promise: Mapping[str, Any]) -> None:
    """Let services go on because a payment is promised, and keep how many; when it is broken they are stopped."""
    if woken := await wake([promise["account_id"]]):
        await db.execute("UPDATE promised_payments SET woken = $2 WHERE id = $1", promise["id"], woken)


async def wake(account_ids: Sequence[int]) -> int:
    """Let services of these accounts, which the caller has locked, go on; returns how many. Asks for no right."""
    found = await db.fetch(f"{SLEEPING} FOR UPDATE OF s", list(account_ids))
    if not found:
        return 0
    by = system(await task_runs.provider())
    today = clock.today(by.tenant.timezone)
    owing = await dunning.overdue({row["account_id"] for row in found}, today, by=by)
    promised = await promised_payments.open_units(list(owing))
    awake = [row for row in found if owing.get(row["account_id"], 0) <= promised.get(row["account_id"], 0)]
    settings = await dunning_settings.decided()
    chosen = missed.usual("dunning", charges_missed=settings.charges_missed)
    for service in awake:
        is_paid = service["account_id"] not in owing
        reason = _("Nothing is overdue any more.") if is_paid else _("What is overdue was promised.")
        await going_on.go_on(service, chosen, reason, by=by)
    return len(awake)
