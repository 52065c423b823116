"""What dunning suspended goes on as soon as nothing is overdue any more. What people suspended does not.

`allocations.cover` asks for it, whoever paid and however.
"""

from collections.abc import Sequence

from core import clock, db, task_runs
from core.actor import system
from core.billing import dunning, services
from core.i18n import _

SLEEPING = """SELECT s.* FROM services s
    WHERE s.account_id = ANY($1::bigint[]) AND s.suspended_for = 'dunning' AND s.state = 'suspended'
    ORDER BY s.id"""


async def wake(account_ids: Sequence[int]) -> int:
    """Let services of these accounts, which the caller has locked, go on; returns how many. Asks for no right."""
    found = await db.fetch(f"{SLEEPING} FOR UPDATE OF s", list(account_ids))
    if not found:
        return 0
    by = system(await task_runs.provider())
    today = clock.today(by.tenant.timezone)
    owing = await dunning.overdue({row["account_id"] for row in found}, today, by=by)
    awake = [row for row in found if row["account_id"] not in owing]
    await db.execute(
        """UPDATE services SET state = 'active', suspended_for = '', version = version + 1
            WHERE id = ANY($1::bigint[])""",
        [row["id"] for row in awake],
    )
    for service in awake:
        await services.note(service["id"], "active", reason=_("Nothing is overdue any more."), by=by)
        await services.tell("service:resumed", service, by=by)
    return len(awake)
