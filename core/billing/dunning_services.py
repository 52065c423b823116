"""Stopping the services of an account that does not pay: suspending what runs, ending what dunning may end."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core import db
from core.actor import Actor
from core.billing import billing_notices, service_states, services

RUNNING = "SELECT * FROM services WHERE account_id = $1 AND state = 'active' ORDER BY id FOR UPDATE"
STOPPED = """SELECT s.*, n.product_id FROM services s JOIN plans n ON n.id = s.plan_id
    WHERE s.account_id = $1 AND (s.state = 'active' OR (s.state = 'suspended' AND s.suspended_for = 'dunning'))
    ORDER BY s.id FOR UPDATE OF s"""


async def suspend(account: Mapping[str, Any], reason: str, *, by: Actor) -> int:
    """Suspend what runs in an account that the caller has locked; returns how many. Needs no permission."""
    found = await db.fetch(RUNNING, account["id"])
    await db.execute(
        """UPDATE services SET state = 'suspended', suspended_for = 'dunning', version = version + 1
            WHERE id = ANY($1::bigint[])""",
        [row["id"] for row in found],
    )
    for service in found:
        await services.note(service["id"], "suspended", reason=reason, by=by)
        await services.tell("service:suspended", service, new={"reason": reason}, by=by)
    await billing_notices.stopped([row["id"] for row in found], reason, by=by)
    return len(found)


async def end(account: Mapping[str, Any], reason: str, day: date, *, by: Actor) -> int:
    """End what runs, and what dunning suspended; what people suspended is theirs to end. Needs no permission."""
    found = await db.fetch(STOPPED, account["id"])
    await service_states.end_each(found, reason, day, by=by)
    for service in found:
        await services.tell("service:ended", service, new={"reason": reason}, by=by)
    return len(found)
