"""What people decide about fraud checks that wait: approving lets it go on, refusing undoes what can be undone.

A refused order is cancelled. A refused registration closes the client, and with it every order of its that waits.
"""

from collections.abc import Sequence

from asyncpg import Record

from core import clock, db, policies
from core.accounts import access, closing, fraud_checks, fraud_queue
from core.actor import Actor
from core.billing import accounts, service_dues, service_prices, service_states, services
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission


async def approve(check_id: int, reason: str = "", *, by: Actor) -> Record:
    """Let it go on. What users ordered begins at once, where the account covers it; what staff ordered waits for
    staff as it always does.
    """
    told = fraud_queue.checked_reason(reason, required=False)
    check, held = await _locked(check_id, by=by)
    if check["kind"] == "order" and await fraud_checks.has_waiting(check["client_id"]):
        raise Conflict(_("Please decide about the client’s registration first."))
    await fraud_queue.decide(check, "approved", told, by=by)
    if check["source"] == "portal":
        await _begin(held, by=by)
    return await fraud_queue.get(check_id, by=by)


async def refuse(check_id: int, reason: str, *, by: Actor) -> Record:
    """Undo it, with the reason; `Invalid` under "reason" without one."""
    told = fraud_queue.checked_reason(reason, required=True)
    check, held = await _locked(check_id, by=by)
    await fraud_queue.decide(check, "refused", told, by=by)
    await _cancel(held, told, by=by)
    if check["kind"] == "registration":
        await _close(check["client_id"], told, by=by)
    return await fraud_queue.get(check_id, by=by)


async def _locked(check_id: int, *, by: Actor) -> tuple[Record, list[Record]]:
    """The check that waits and the services it holds, all locked: client and account first, as everywhere."""
    policies.require(by, Permission.FRAUD_DECIDE)
    check = await fraud_queue.get(check_id, by=by)
    if check["client_id"] is not None:
        await access.client(check["client_id"], by=by, lock=True)
    found = await _held(check)
    await accounts.lock(sorted({row["account_id"] for row in found}))
    await fraud_queue.require_waiting(check_id)
    return check, await _held(check)


async def _held(check: Record) -> list[Record]:
    """The pending services of an order; of a registration those of all orders of the client that wait."""
    if check["kind"] == "order":
        return await db.fetch(
            f"{services.WITH_NAMES} WHERE s.fraud_check_id = $1 AND s.state = 'pending' ORDER BY s.id", check["id"]
        )
    return await db.fetch(
        f"""{services.WITH_NAMES} JOIN fraud_checks k ON k.id = s.fraud_check_id
             WHERE s.client_id = $1 AND s.state = 'pending' AND k.state = 'waiting' ORDER BY s.id""",
        check["client_id"],
    )


async def _begin(held: Sequence[Record], *, by: Actor) -> None:
    """Let services begin, unless the account lacks the money for all of them."""
    if not held:
        return
    account, day = await accounts.find(held[0]["account_id"]), clock.today(by.tenant.timezone)
    due = 0
    for service in held:
        due += (await service_prices.requoted(account, service, day, by=by)).at_once
    limit = accounts.may_owe(account)
    if limit is not None and account["balance"] - due < -limit:
        return
    for service in held:
        await service_states.begin(await accounts.find(account["id"]), service, by=by)


async def _cancel(held: Sequence[Record], reason: str, *, by: Actor) -> None:
    for service in held:
        await service_dues.locked(service["id"])
        await service_states.stop(service, "now", reason, by=by)


async def _close(client_id: int, reason: str, *, by: Actor) -> None:
    """Close the client, and refuse its orders that wait: their services are cancelled by now."""
    for order in await db.fetch(
        "SELECT * FROM fraud_checks WHERE client_id = $1 AND state = 'waiting' ORDER BY id FOR UPDATE", client_id
    ):
        await fraud_queue.decide(order, "refused", reason, by=by)
    client = await access.client(client_id, by=by, lock=True)
    if client["status"] != "closed":
        await closing.close_one(client, reason, by=by)
