"""How long clients wait for answers, in the hours of the department that answers."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core import clock, db, policies
from core.actor import Actor
from core.support import department_hours
from core.support.department_hours import ALWAYS, Week
from core.support.departments import FEATURE


async def waiting(found: Iterable[Mapping[str, Any]], *, by: Actor) -> dict[int, timedelta]:
    """How long the client of each of these tickets has been waiting, by its id; none where he does not wait."""
    weeks, now, zone = await _weeks(by), clock.now(), ZoneInfo(by.tenant.timezone)
    return {
        row["id"]: department_hours.waited(
            row["waiting_since"], now, weeks.get(row["department_id"] or 0, ALWAYS), zone
        )
        for row in found
        if row["waiting_since"] is not None
    }


async def first_answer(ticket: Mapping[str, Any], *, by: Actor) -> timedelta | None:
    """How long a client waited for the first answer; None while he waits, and where staff began."""
    if ticket["first_answered_at"] is None or ticket["opened_side"] == "staff":
        return None
    week = (await _weeks(by)).get(ticket["department_id"] or 0, ALWAYS)
    zone = ZoneInfo(by.tenant.timezone)
    return department_hours.waited(ticket["created_at"], ticket["first_answered_at"], week, zone)


async def _weeks(by: Actor) -> dict[int, Week]:
    if not policies.has_feature(by.tenant, FEATURE):
        return {}
    found = await db.fetch("SELECT id, hours FROM departments WHERE hours <> '[]'")
    return {row["id"]: department_hours.read(row["hours"]) for row in found}
