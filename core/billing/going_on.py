"""Letting a suspended service go on, whoever does it: people, or money that came in."""

from collections.abc import Mapping
from typing import Any

from core import clock, db
from core.actor import Actor
from core.billing import billing_notices, missed, service_dues, services
from core.billing.missed import Missed


async def go_on(service: Mapping[str, Any], chosen: Missed, reason: str = "", *, by: Actor) -> None:
    """Let a suspended service go on, whose account the caller has locked. Asks for no right."""
    today = clock.today(by.tenant.timezone)
    values = missed.after(service, today, chosen)
    await service_dues.save(service, {"state": "active", "suspended_for": ""} | values)
    if values:
        await db.execute(
            "UPDATE service_changes SET on_day = $2 WHERE service_id = $1 AND state = 'planned' AND on_day < $2",
            service["id"],
            values["next_on"],
        )
    await services.note(service["id"], "active", reason=reason, by=by)
    await billing_notices.resumed([service["id"]], reason, by=by)
    await services.tell("service:resumed", service, new={"missed_time": chosen}, by=by)
