"""Planned changes of services: which begin with the period that is due, and letting them begin."""

from collections.abc import Sequence
from datetime import date

from core import clock, db
from core.actor import Actor
from core.billing import service_changes, service_dues

BEGINS = """h.state = 'planned' AND s.state = 'active' AND h.on_day <= {day} AND h.on_day <= d.next_on
              AND (s.ends_on IS NULL OR h.on_day < s.ends_on)"""
"""Whether a change `h` of a service `s` with its dues `d` begins with the period that is due on a day."""
_MOVES = "(h.period_count, h.period_unit) <> (s.period_count, s.period_unit)"
AS_PLANNED = f"""
    SELECT s.id, s.client_id, s.account_id, s.currency, s.label, s.ends_on, coalesce(h.name, s.name) AS name,
           coalesce(h.period_count, s.period_count) AS period_count,
           coalesce(h.period_unit, s.period_unit) AS period_unit,
           coalesce(h.full_units, s.full_units) AS full_units,
           coalesce(h.discount_units, s.discount_units) AS discount_units,
           CASE WHEN h.id IS NULL THEN s.discount_periods ELSE h.discount_periods END AS discount_periods,
           CASE WHEN h.id IS NULL THEN s.discount_until ELSE h.discount_until END AS discount_until,
           CASE WHEN {_MOVES} THEN h.on_day ELSE s.anchor END AS anchor,
           CASE WHEN {_MOVES} THEN 0 ELSE d.periods END AS periods
      FROM services s JOIN service_dues d ON d.id = s.id
      LEFT JOIN service_changes h ON h.service_id = s.id AND {BEGINS}
     WHERE s.id = ANY({{ids}})
"""
"""Services as `perform` will leave them, without doing it: what a preview prices."""


async def perform(service_ids: Sequence[int], day: date, *, by: Actor) -> None:
    """Let planned changes of these services, whose accounts are locked, begin with the period that is due."""
    found = await db.fetch(
        f"""SELECT h.* FROM service_changes h JOIN services s ON s.id = h.service_id
             JOIN service_dues d ON d.id = s.id
             WHERE h.service_id = ANY($1::bigint[]) AND {BEGINS.format(day="$2")}
             ORDER BY h.service_id FOR UPDATE OF h""",
        list(service_ids),
        day,
    )
    for row in found:
        service = await service_dues.locked(row["service_id"])
        begun = [] if row["discount_id"] is None else [row["discount_id"]]
        await service_changes.apply(service, row, row["on_day"], begun, by=by)
        await db.execute(
            "UPDATE service_changes SET state = 'done', ended_at = $2 WHERE id = $1", row["id"], clock.now()
        )
        await service_changes.tell("changed", service, row, row["on_day"], by=by)
