"""Mail that came in to the demo: an answer that went into its ticket, and what was not taken, with the reasons."""

from datetime import timedelta
from uuid import uuid4

from core import clock, db

NOT_TAKEN = (
    ("ignored", "auto", "Out of office until Monday", "absent@client.example"),
    ("refused", "unknown", "Do you sell virtual servers?", "somebody@elsewhere.example"),
    ("refused", "stranger", "Re: Which plan for a shop?", "colleague@elsewhere.example"),
)
"""State, reason, subject and sender."""
ANSWERED = """
    SELECT t.id, t.number, t.subject, c.email FROM tickets t JOIN clients c ON c.id = t.client_id
     WHERE t.state = 'waiting_staff' ORDER BY t.number LIMIT 1
"""
CAME = """
    INSERT INTO incoming_mails (key, sender, subject, state, reason, ticket_id, came_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def furnish() -> None:
    """After the tickets: one that waits for us was answered by mail."""
    found = await db.row(ANSWERED)
    if found is not None:
        subject = f"Re: [#{found['number']}] {found['subject']}"
        await _came(found["email"], subject, "answered", "", found["id"], hours=2)
    for number, (state, reason, subject, sender) in enumerate(NOT_TAKEN):
        await _came(sender, subject, state, reason, None, hours=3 + 5 * number)


async def _came(sender: str, subject: str, state: str, reason: str, ticket_id: int | None, *, hours: int) -> None:
    at = clock.now() - timedelta(hours=hours)
    await db.execute(CAME, f"demo-{uuid4()}", sender, subject, state, reason, ticket_id, at)
