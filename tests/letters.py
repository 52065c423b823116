"""What people would get by mail of what waits in the outbox: handed out as the worker does, and read."""

from typing import Any

from core import db
from core.support import deliveries_writing
from tests.core.support import posting

MAILS = """SELECT d.* FROM deliveries d JOIN notifications n ON n.id = d.notification_id
    WHERE d.medium = 'mail' AND d.state = 'waiting' ORDER BY n.created_at, n.id"""


async def waiting(tenant_id: int) -> list[dict[str, Any]]:
    """Each with to, kind, subject, text, html, and in whose name (sender_name, sender, reply_to)."""
    await posting.hand_out(tenant_id)
    async with db.as_tenant(tenant_id):
        rows = await db.fetch(MAILS)
    return [
        {"to": row["address"], "kind": row["kind"]}
        | {name: row["head"].get(name, "") for name in ("sender_name", "sender", "reply_to")}
        | deliveries_writing.texts_of(row, tenant_id)
        for row in rows
    ]
