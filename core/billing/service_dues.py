"""How far services are billed, in a table of its own: it moves with every period; what a service is does not.

Verbs read both as one row, as `services.get` does, and write both by `save`.
"""

from collections.abc import Mapping
from typing import Any

from asyncpg import Record
from piccolo.columns import Date, Integer, Text

from core import db
from core.accounts import rows
from core.errors import NotFound

DUES = ("periods", "next_on", "parked")
"""What of a service stands here."""


class ServiceDue(db.Owned, tablename="service_dues"):
    """Of the service whose id is the row's, `periods` are billed, counted from its anchor; the next one begins on
    `next_on`. `parked` is what that waits for."""

    periods = Integer()
    next_on = Date(null=True)
    parked = Text()


async def locked(service_id: int) -> Record:
    """A service with its dues, locked until the transaction ends; `NotFound` when there is none."""
    found = await db.row(
        f"""SELECT s.*, {", ".join(f"d.{name}" for name in DUES)}
              FROM services s JOIN service_dues d ON d.id = s.id WHERE s.id = $1 FOR UPDATE""",
        service_id,
    )
    if found is None:
        raise NotFound()
    return found


async def save(service: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Write what differs from a locked service, and give it the next version if anything does."""
    dues = {name: values[name] for name in DUES if name in values and values[name] != service[name]}
    terms = {name: value for name, value in values.items() if name not in DUES}
    if dues:
        assignments = ", ".join(f"{name} = ${place}" for place, name in enumerate(dues, start=2))
        await db.execute(f"UPDATE service_dues SET {assignments} WHERE id = $1", service["id"], *dues.values())
    if not await rows.save("services", service, terms) and dues:
        await db.execute("UPDATE services SET version = version + 1 WHERE id = $1", service["id"])
