"""Webhooks of the demo, switched off: nothing that the demo does leaves this computer. What the log of the first
one shows was never sent.
"""

from datetime import timedelta

import msgspec

from core import clock, db
from core.actor import Actor
from core.support import webhook_data, webhook_endpoints
from core.support.webhook_endpoints import EndpointValues
from core.support.webhook_events import EVENTS, Message
from core.support.webhook_outbox import GIVEN_UP_AFTER
from tenants.demo.cast import DemoProvider

KIND = "invoice.issued"
FATES: tuple[tuple[str, int | None, str, str], ...] = (
    ("sent", 200, "", "ok"),
    ("dead", 503, "", "<title>503 Service Unavailable</title>"),
    ("sent", 204, "", ""),
    ("dead", None, "It did not answer in time.", ""),
)
"""State, status, error and how the answer began."""
LOGGED = """
    WITH event AS (
        INSERT INTO webhook_events (kind, subject_id, client_id, name, payload, is_spread, created_at)
        VALUES ($1, $2, $3, $4, $5, true, $6) RETURNING id),
    delivery AS (
        INSERT INTO webhook_deliveries (endpoint_id, event_id, kind, state, attempts, status, error, give_up_at,
               created_at, ended_at)
        SELECT $7, id, $1, $8, 1, $9, $10, $11, $6, $6 FROM event RETURNING id)
    INSERT INTO webhook_attempts (delivery_id, number, at, milliseconds, status, error, answer)
    SELECT id, 1, $6, $12, $9, $10, $13 FROM delivery
"""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Two addresses, as a provider could have them, and what the first was told of invoices."""
    made = []
    for name, description, events in (
        ("bookkeeping", "Bookkeeping", (KIND, "invoice.paid", "payment.received")),
        ("provisioning", "Provisioning of servers", ("service.activated", "service.ended", "service.suspended")),
    ):
        values = EndpointValues(
            url=f"https://hooks.{provider.code}.example/{name}",
            description=description,
            is_for_all=False,
            events=events,
            is_on=False,
        )
        made.append(await webhook_endpoints.create(values, by=by))
    await _log(made[0].id)


async def _log(endpoint_id: int) -> None:
    """The latest invoices, an hour after each other."""
    found = await db.fetch(
        """SELECT id, client_id, number FROM invoices WHERE state = 'issued' AND kind = 'invoice'
            ORDER BY issued_on DESC, id DESC LIMIT $1""",
        len(FATES),
    )
    names = {row["id"]: row["number"] for row in found}
    data = await webhook_data.read(EVENTS[KIND].data, list(names), names)
    for number, (row, (state, status, error, answer)) in enumerate(zip(found, FATES, strict=False)):
        at = clock.now() - timedelta(hours=1 + number)
        said = Message(type=KIND, timestamp=at, data=data[row["id"]])
        await db.execute(
            LOGGED, KIND, row["id"], row["client_id"], row["number"], msgspec.json.encode(said).decode(), at,
            endpoint_id, state, status, error, at + GIVEN_UP_AFTER, 84 + 31 * number, answer,
        )  # fmt: skip
