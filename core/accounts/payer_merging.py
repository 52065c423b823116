"""Merging two payers of one client: a preview of what moves and what stays, and the act itself.

The one that goes is kept and leads to the one that stays: its documents name it as they always did.
"""

import msgspec
from asyncpg import Record

from core import audit, clock, db, policies
from core.accounts import clients, payer_documents, payer_fields, payers
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.i18n import _
from core.permissions import Permission


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """The payer that goes, the one that stays, the fields in which they differ, and how many documents name the
    one that goes. `becomes_default`: the one that stays takes that over."""

    gone: Record
    stays: Record
    differing: list[str]
    documents: int
    becomes_default: bool


async def candidates(payer_id: int, *, by: Actor) -> list[Record]:
    """The payers that this one can be merged into: the others of its client."""
    policies.require(by, Permission.PAYER_MERGE)
    gone = await _unmerged(payer_id, by=by)
    return [row for row in await payers.of_client(gone["client_id"], by=by) if row["id"] != payer_id]


async def preview(payer_id: int, into_id: int, *, by: Actor) -> Preview:
    """What merging would do; `Invalid` under "into" when the two cannot be merged."""
    policies.require(by, Permission.PAYER_MERGE)
    gone = await _unmerged(payer_id, by=by)
    stays = next((row for row in await candidates(payer_id, by=by) if row["id"] == into_id), None)
    if stays is None:
        raise Invalid({"into": _("Please choose another payer of the same client.")})
    return Preview(
        gone=gone,
        stays=stays,
        differing=[name for name in payer_fields.ALL if gone[name] != stays[name]],
        documents=(await payer_documents.counts([payer_id]))[payer_id],
        becomes_default=gone["is_default"],
    )


async def merge(payer_id: int, into_id: int, *, by: Actor) -> Record:
    """Merge a payer into another one of its client; returns the one that stays, whose fields are as they were."""
    policies.require(by, Permission.PAYER_MERGE)
    client, gone = await payers.locked(payer_id, by=by)
    clients.require_open(client, [payers.FEATURE])
    found = await preview(payer_id, into_id, by=by)
    await db.execute(
        """UPDATE payers SET merged_into_id = $2, merged_at = $3, is_default = false, version = version + 1
           WHERE id = $1""",
        payer_id,
        into_id,
        clock.now(),
    )
    # What was merged into the one that goes leads to where it went: one step from any of them.
    await db.execute("UPDATE payers SET merged_into_id = $2 WHERE merged_into_id = $1", payer_id, into_id)
    if found.becomes_default:
        await db.execute("UPDATE payers SET is_default = true, version = version + 1 WHERE id = $1", into_id)
    await audit.record("payer:merged", "payer", payer_id, by=by, name=gone["name"], client_id=client["id"],
                       new={"merged_into": found.stays["name"]})  # fmt: skip
    return await payers.get(into_id, by=by)


async def _unmerged(payer_id: int, *, by: Actor) -> Record:
    found = await payers.get(payer_id, by=by)
    if found["merged_into_id"] is not None:
        raise NotFound()
    return found
