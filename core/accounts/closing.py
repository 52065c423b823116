"""Closing clients and opening them again. A closed one is kept and shown; its users stay out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from asyncpg import Record

from core import audit, clock, db, freshness, hooks, policies
from core.accounts import access, clients
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Invalid, Refusal
from core.i18n import _
from core.permissions import Permission

MOST_AT_ONCE = 200
"""Clients one request may close; more is a task."""
LONGEST_REASON = 500

One = Callable[[Record], Awaitable[Record]]


class Refused(msgspec.Struct, frozen=True):
    """A client that stays as it is, and why."""

    client: Record
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """What came of it: the clients as they are now, and those that stayed."""

    changed: list[Record]
    refused: list[Refused]


async def preview(codes: list[int], *, by: Actor) -> list[Record]:
    """The clients of these codes that `by` may see, and close or open again."""
    policies.require(by, Permission.CLIENT_CLOSE)
    return await access.clients_by_code(codes[:MOST_AT_ONCE], by=by)


async def close(codes: list[int], reason: str, *, by: Actor) -> Outcome:
    """Close these clients, each wholly or not at all; `Invalid` under "reason" when none is given."""
    policies.require(by, Permission.CLIENT_CLOSE)
    told = checked_reason(reason)
    return await _each(codes, lambda client: close_one(client, told, by=by), by=by)


async def reopen(codes: list[int], *, by: Actor) -> Outcome:
    """Open closed clients again. Codes that `by` cannot see are passed over."""
    policies.require(by, Permission.CLIENT_CLOSE)
    return await _each(codes, lambda client: reopen_one(client, by=by), by=by)


def checked_reason(reason: str) -> str:
    """The reason as it is kept; `Invalid` when there is none, or it is too long."""
    checks = Checks()
    told = checks.text("reason", reason, longest=LONGEST_REASON)
    checks.done()
    return told


async def close_one(client: Record, reason: str, *, by: Actor) -> Record:
    """Close the locked client; `Conflict` when it is closed already. Asks for no right: its callers have."""
    if client["status"] == "closed":
        raise Conflict(_("This client is closed already."))
    await hooks.before("before_client_closed", by=by, client=clients.shown(client), reason=reason)
    closed = await _save(client, {"status": "closed", "closed_at": clock.now(), "closed_reason": reason})
    await _tell("client:closed", client, {"status": "closed", "reason": reason}, by=by)
    await hooks.after("after_client_closed", by=by, client=clients.shown(closed), reason=reason)
    await freshness.forget_tenant(by.tenant.id)
    return closed


async def reopen_one(client: Record, *, by: Actor) -> Record:
    """Open the locked client again; `Conflict` when it is not closed. Asks for no right: its callers have."""
    if client["status"] == "active":
        raise Conflict(_("This client is not closed."))
    if client["cleared_at"] is not None:
        raise Conflict(_("The personal data of this client was cleared; it stays closed."))
    if client["merged_into_id"] is not None:
        raise Conflict(_("This client was merged into another one."))
    opened = await _save(client, {"status": "active", "closed_at": None, "closed_reason": ""})
    await _tell("client:reopened", client, {"status": "active"}, by=by)
    await hooks.after("after_client_reopened", by=by, client=clients.shown(opened))
    await freshness.forget_tenant(by.tenant.id)
    return opened


def reason_of(refusal: Refusal) -> str:
    """What a refusal says, in one sentence."""
    return next(iter(refusal.errors.values())) if isinstance(refusal, Invalid) else refusal.message


async def _each(codes: list[int], one: One, *, by: Actor) -> Outcome:
    outcome = Outcome(changed=[], refused=[])
    for client in await access.clients_by_code(codes[:MOST_AT_ONCE], by=by, lock=True):
        try:
            async with db.savepoint():
                outcome.changed.append(await one(client))
        except Refusal as refusal:
            outcome.refused.append(Refused(client, reason_of(refusal)))
    return outcome


async def _save(client: Record, values: Mapping[str, Any]) -> Record:
    saved = await db.row(
        """UPDATE clients SET status = $2, closed_at = $3, closed_reason = $4, version = version + 1
           WHERE id = $1 RETURNING *""",
        client["id"],
        values["status"],
        values["closed_at"],
        values["closed_reason"],
    )
    assert saved is not None
    return saved


async def _tell(action: str, client: Record, new: Mapping[str, Any], *, by: Actor) -> None:
    old = {"status": client["status"]} | ({"reason": client["closed_reason"]} if client["closed_reason"] else {})
    await audit.record(
        action, "client", client["id"], by=by, name=client["name"], client_id=client["id"], old=old, new=new
    )
