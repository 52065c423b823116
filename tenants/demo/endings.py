"""What becomes of clients in the demo: one that was merged into another one, and one that was cleared."""

from core import db
from core.accounts import client_merging, closing, personal_clearing
from core.actor import Actor

REASON = "Demande d’effacement reçue par courrier."


async def furnish(*, by: Actor) -> None:
    """The earliest client leads on to the next one; of the third, which left, the personal data are cleared."""
    found = await db.fetch("SELECT code FROM clients WHERE status = 'active' ORDER BY code LIMIT 3")
    gone, stays, left = [row["code"] for row in found]
    await client_merging.merge(gone, stays, owner_role="billing", by=by)
    await closing.close([left], REASON, by=by)
    await personal_clearing.clear(left, str(left), REASON, by=by)
