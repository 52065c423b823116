"""What the summary of a client tells besides its own row."""

from asyncpg import Record

from core import db
from core.accounts import access
from core.actor import Actor


async def last_sign_in(client_id: int, *, by: Actor) -> Record | None:
    """When a user of the client signed in last, and who it was: at, name. None when none ever did."""
    await access.client(client_id, by=by)
    return await db.row(
        """SELECT last.at, p.name
             FROM memberships m JOIN people p ON p.id = m.person_id CROSS JOIN LATERAL (
                  SELECT a.at FROM audit_entries a
                   WHERE a.actor_id = m.person_id AND a.actor_kind = 'user' AND a.action = 'session:opened'
                   ORDER BY a.at DESC LIMIT 1) last
            WHERE m.client_id = $1 ORDER BY last.at DESC LIMIT 1""",
        client_id,
    )
