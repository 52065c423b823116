"""What clients of the demo were told, and what became of it: one in each state, written as they would be."""

from datetime import timedelta
from typing import Any

from asyncpg import Record

from core import clock, db, notification_kinds
from core.actor import Actor
from core.notification_kinds import Kind
from core.support import channels, deliveries, notification_texts

FATES: tuple[tuple[str, str, str], ...] = (
    ("sent", "", "250 2.0.0 Ok: queued as 4c1V8N2qXz"),
    ("dead", "refused", "550 5.1.1 No such user here"),
    ("sent", "", "250 2.0.0 Ok: queued as 4c1V8P77Tq"),
    ("retrying", "failed", "452 4.2.2 The mailbox is full"),
    ("skipped", "no_address", ""),
    ("sent", "", "250 2.0.0 Ok: queued as 4c1V8Q0mLp"),
)
"""State, reason and what the mail server said."""
TOLD = ("account.low_balance", "payment.received")
"""What any client may be told: of no invoice and no service that he does not have."""
RESULTS = {"sent": "taken", "dead": "refused", "retrying": "later"}


async def furnish(by: Actor) -> None:
    """Some of the first clients, one notification each; their users find it in the panel too."""
    kinds = [kind for key in TOLD if (kind := notification_kinds.find(key)) is not None]
    clients = await db.fetch(
        """SELECT c.id, c.name, c.email, c.language, c.project_id, m.person_id FROM clients c
             LEFT JOIN memberships m ON m.client_id = c.id AND m.is_owner
            WHERE c.status = 'active' ORDER BY m.person_id IS NULL, c.code LIMIT $1""",
        len(FATES),
    )
    for number, (client, fate) in enumerate(zip(clients, FATES, strict=False)):
        if kinds:
            await _tell(kinds[number % len(kinds)], client, fate, hours=7 * (number + 1), by=by)


async def _tell(kind: Kind, client: Record, fate: tuple[str, str, str], *, hours: int, by: Actor) -> None:
    state, reason, said = fate
    at = clock.now() - timedelta(hours=hours)
    data = dict(kind.samples) | {"name": client["name"], "link": f"{by.tenant.base_url.rstrip('/')}/balance"}
    written = await notification_texts.written(
        kind, locale=client["language"], project_id=client["project_id"], data=data, provider=by.tenant
    )
    notification_id = await db.value(
        """INSERT INTO notifications (kind, client_id, project_id, person_id, address, name, locale, data,
               state, created_at, created_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'handed_out', $9, $10) RETURNING id""",
        kind.key, client["id"], client["project_id"], client["person_id"], client["email"], client["name"],
        written.locale, data, at, by.name,
    )  # fmt: skip
    shared: dict[str, Any] = {
        "notification_id": notification_id,
        "kind": kind.key,
        "client_id": client["id"],
        "person_id": client["person_id"],
        "audience": kind.audience,
        "name": client["name"],
        "created_at": at,
        "created_by": by.name,
        **{name: getattr(written, name) for name in ("subject", "text", "html", "short", "locale", "template")},
    }
    is_open = state == "retrying"
    by_mail = {
        "channel": channels.MAIL,
        "medium": "mail",
        "address": "" if reason == "no_address" else client["email"],
        "lane": client["email"].lower(),
        "state": state,
        "reason": reason,
        "next_at": clock.now() + timedelta(hours=hours) if is_open else None,
        "ended_at": None if is_open else at,
    }
    delivery_id = await deliveries.add(shared | by_mail)
    await _note(delivery_id, state, said)
    if client["person_id"] is not None:
        await deliveries.add(
            shared | {"channel": channels.PANEL, "medium": "panel", "state": "sent", "ended_at": at}
        )


async def _note(delivery_id: int, state: str, said: str) -> None:
    if state not in RESULTS:
        return
    await db.execute("UPDATE deliveries SET attempts = 1, said = $2 WHERE id = $1", delivery_id, said)
    await db.execute(
        """INSERT INTO delivery_attempts (delivery_id, number, at, result, said)
           SELECT id, 1, created_at, $2, $3 FROM deliveries WHERE id = $1""",
        delivery_id,
        RESULTS[state],
        said,
    )
