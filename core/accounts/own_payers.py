"""A client's payers in the hands of its own users.

The same payers and the same rules as on the staff's pages (`payer_keeping`), with one more: what a document names
is for staff to change. On an edition without payers as a module there is the one, edited in place.
"""

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import memberships, payer_documents, payer_keeping, rows
from core.accounts.payers import FEATURE, NewPayer, PayerChanges
from core.accounts.rights import Right
from core.actor import Actor
from core.errors import NotFound, ReadOnly
from core.i18n import _


class OnDocuments(ReadOnly):
    """A document names the payer, so that it is no longer the client's to change."""

    def __init__(self) -> None:
        super().__init__(_("Documents name this payer. Our team changes it for you: write to us."))


async def every(*, by: Actor) -> list[Record]:
    """The payers of the client that the user acts for, the default one first, then by name."""
    seat = memberships.require(by, Right.PAYERS_READ)
    policies.require_feature(by, FEATURE)
    return await payer_keeping.every(seat.id)


async def get(payer_id: int, *, by: Actor) -> Record:
    """One of them, also one that was merged; `NotFound` for anybody else's."""
    seat = memberships.require(by, Right.PAYERS_READ)
    policies.require_feature(by, FEATURE)
    found = await payer_keeping.find(payer_id)
    if found["client_id"] != seat.id:
        raise NotFound()
    return found


async def default(*, by: Actor) -> Record:
    """The one that documents name unless another is chosen. Every edition has it."""
    return await payer_keeping.default(memberships.require(by, Right.PAYERS_READ).id)


async def may_edit(payer: Record, *, by: Actor) -> bool:
    """Whether the user may change it: by his right, while the client is open and no document names the payer."""
    is_open = by.client is not None and not by.client.is_closed and payer["merged_into_id"] is None
    return (
        is_open
        and memberships.may(by, Right.PAYERS_MANAGE)
        and not await payer_documents.has_documents(payer["id"])
    )


async def create(new: NewPayer, *, by: Actor) -> Record:
    """Add a payer; returns its row. All that is wrong comes back at once as `Invalid`."""
    client = await _client(by)
    policies.require_feature(by, FEATURE)
    return await payer_keeping.add(client, msgspec.to_builtins(new), by=by)


async def update(payer_id: int, changes: PayerChanges, *, version: int, by: Actor) -> Record:
    """Change a payer that no document names; `EditConflict` when somebody else did since it was read."""
    client = await _client(by)
    policies.require_feature(by, FEATURE)
    return await _update(client, payer_id, changes, version=version, by=by)


async def update_default(changes: PayerChanges, *, version: int, by: Actor) -> Record:
    """Change the default payer: the one of an edition that has no more."""
    client = await _client(by)
    payer = await payer_keeping.default(client["id"])
    return await _update(client, payer["id"], changes, version=version, by=by)


async def make_default(payer_id: int, *, by: Actor) -> Record:
    """From now on documents name this payer unless another is chosen; returns its row."""
    client = await _client(by)
    policies.require_feature(by, FEATURE)
    return await payer_keeping.choose_default(client, await payer_keeping.locked(client["id"], payer_id), by=by)


async def why_it_stays(payer_id: int, *, by: Actor) -> str:
    """Why it cannot be deleted now, "" when it can."""
    memberships.require(by, Right.PAYERS_MANAGE)
    return await payer_keeping.why_it_stays(await get(payer_id, by=by))


async def delete(payer_id: int, *, by: Actor) -> None:
    """Remove a payer; `Conflict`, with the reason, while documents name it or it is the default one."""
    client = await _client(by)
    policies.require_feature(by, FEATURE)
    await payer_keeping.remove(client, await payer_keeping.locked(client["id"], payer_id), by=by)


async def _client(by: Actor) -> Record:
    """The client's row, locked, for a user who may manage its payers."""
    seat = memberships.require(by, Right.PAYERS_MANAGE)
    found = await db.row("SELECT * FROM clients WHERE id = $1 FOR UPDATE", seat.id)
    if found is None:
        raise NotFound()
    return found


async def _update(client: Record, payer_id: int, changes: PayerChanges, *, version: int, by: Actor) -> Record:
    payer = await payer_keeping.locked(client["id"], payer_id)
    if await payer_documents.has_documents(payer["id"]):
        raise OnDocuments()
    return await payer_keeping.change(client, payer_id, rows.given(changes), version=version, by=by)
