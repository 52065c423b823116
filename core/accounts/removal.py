"""Removing clients for good: one or several, each with the reason where it is refused."""

from typing import Any

import msgspec
from asyncpg import Record

from core import audit, db, hooks, policies
from core.accounts import access, account_parts, clients, owners, payer_documents
from core.actor import Actor
from core.errors import Conflict, Invalid, Refusal
from core.i18n import ngettext
from core.permissions import Permission

MOST_AT_ONCE = 200
"""Clients one request may remove; more is a job."""


class Refused(msgspec.Struct, frozen=True):
    """A client that stays, and why."""

    client: Record
    reason: str


class Removal(msgspec.Struct, frozen=True):
    """What came of it: the clients that went and those that stayed."""

    removed: list[Record]
    refused: list[Refused]


async def preview(codes: list[int], *, by: Actor) -> list[Record]:
    """The clients of these codes that `by` may see and would remove."""
    policies.require(by, Permission.CLIENT_DELETE)
    return await access.clients_by_code(codes[:MOST_AT_ONCE], by=by)


async def remove(codes: list[int], *, by: Actor) -> Removal:
    """Remove these clients, each wholly or not at all. Codes that `by` cannot see are passed over."""
    policies.require(by, Permission.CLIENT_DELETE)
    outcome = Removal(removed=[], refused=[])
    for client in await access.clients_by_code(codes[:MOST_AT_ONCE], by=by, lock=True):
        try:
            async with db.savepoint():
                await _remove(client, by=by)
        except Refusal as refusal:
            outcome.refused.append(Refused(client, _reason(refusal)))
        else:
            outcome.removed.append(client)
    return outcome


async def _remove(client: Record, *, by: Actor) -> None:
    await _require_no_documents(client)
    await _require_no_money(client)
    seen: dict[str, Any] = clients.shown(client)
    await hooks.before("before_client_deleted", by=by, client=seen)
    await owners.release(client["id"])
    await db.execute("DELETE FROM clients WHERE id = $1", client["id"])
    await audit.record("client:deleted", "client", client["id"], by=by, name=client["name"],
                       client_id=client["id"], old=seen)  # fmt: skip
    await hooks.after("after_client_deleted", by=by, client=seen)


async def _require_no_documents(client: Record) -> None:
    """`Conflict`, with the reason, while documents name a payer of the client: they have to stay."""
    payers = [row["id"] for row in await db.fetch("SELECT id FROM payers WHERE client_id = $1", client["id"])]
    count = sum((await payer_documents.counts(payers)).values())
    if count:
        message = ngettext("%(count)s document names this client.", "%(count)s documents name this client.", count)
        raise Conflict(message % {"count": count})


async def _require_no_money(client: Record) -> None:
    """`Conflict`, with the reason, while the client has expenses or payments: they have to stay."""
    if count := await account_parts.number_of(client["id"]):
        message = ngettext(
            "%(count)s service, expense or payment is this client’s.",
            "%(count)s services, expenses and payments are this client’s.",
            count,
        )
        raise Conflict(message % {"count": count})


def _reason(refusal: Refusal) -> str:
    return next(iter(refusal.errors.values())) if isinstance(refusal, Invalid) else refusal.message
