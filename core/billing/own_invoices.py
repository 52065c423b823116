"""A client's documents in the hands of its own users: what was issued to it, and what of it is paid."""

from asyncpg import Record

from core import db
from core.accounts import memberships
from core.accounts.contract_papers import Paper
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import invoice_files, invoices
from core.errors import NotFound


async def every(*, by: Actor) -> list[Record]:
    """What was issued to the client that the user acts for, the newest first; the last 200."""
    seat = memberships.require(by, Right.INVOICES_READ)
    return await db.fetch(
        f"""{invoices.WITH_NAMES} WHERE k.client_id = $1 AND k.state <> 'draft'
            ORDER BY k.created_at DESC, k.id DESC LIMIT 200""",
        seat.id,
    )


async def paper(invoice_id: int, *, by: Actor) -> Paper:
    """The file of one of them; `NotFound` for a draft, and for anybody else's."""
    seat = memberships.require(by, Right.INVOICES_READ)
    found = await invoices.find(invoice_id)
    if found["client_id"] != seat.id or found["state"] == "draft":
        raise NotFound()
    return await invoice_files.kept(found)
