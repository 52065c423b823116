"""What gateways say about attempts, applied: in whatever order and however often it comes.

What was said is compared with what was asked. Another amount is recorded as what came and somebody has to look;
another currency is not recorded at all. One attempt makes one payment, which is why nothing here can pay twice.
"""

from asyncpg import Record

from core import clock, db
from core.actor import Actor
from core.billing import accounts, attempts, payments, refunds
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.errors import Refusal
from core.i18n import _
from core.payment_contract import Standing, Told

OPEN = ("started", "pending", "unknown")
WAITING = (*OPEN, "authorized")
"""In which the gateway may still say something: that of money that is held, it was taken or released."""
TAKEN = "SELECT * FROM attempt_captures WHERE attempt_id = $1 AND state <> 'failed'"
Source = str


async def find(plugin: str, told: Told) -> int | None:
    """The attempt that is meant: by our key, else by what the gateway calls it."""
    found: int | None = None
    if told.key:
        found = await db.value("SELECT id FROM payment_attempts WHERE plugin = $1 AND key = $2", plugin, told.key)
    if found is None and told.gateway_id:
        sql = "SELECT id FROM payment_attempts WHERE plugin = $1 AND gateway_id = $2"
        found = await db.value(sql, plugin, told.gateway_id)
    return found


async def hear(plugin: str, told: Told, source: Source, *, by: Actor) -> str:
    """Apply what was said about some attempt; returns what became of it. In the transaction of the caller."""
    attempt_id = await find(plugin, told)
    if attempt_id is None:
        await _note(None, plugin, told, source, "nobody")
        return "nobody"
    return await apply(attempt_id, told, source, by=by)


async def apply(attempt_id: int, told: Told, source: Source, *, by: Actor) -> str:
    """Apply what was said about an attempt: applied, known, late (it is further already) or parked."""
    await accounts.locked((await attempts.row(attempt_id))["account_id"], by=by)
    attempt = await attempts.row(attempt_id, lock=True)
    if told.event_id and await _was_heard(attempt["plugin"], told.event_id):
        return "known"
    ways = {Standing.PENDING: _wait, Standing.AUTHORIZED: _hold, Standing.FAILED: _fail, Standing.SUCCEEDED: _pay}
    try:
        async with db.savepoint():
            outcome = await ways.get(told.standing, _give_back)(attempt, told, by)
    except Refusal as refusal:
        outcome = await _park(attempt, "refused", str(refusal))
    await _note(attempt_id, attempt["plugin"], told, source, outcome)
    return outcome


async def note_failure(attempt: Record, source: Source, message: str) -> None:
    """Note that a call of the gateway came to nothing; the attempt is unknown as long as it is open."""
    if attempt["state"] in OPEN:
        await _set(attempt, "unknown", message=message)
    await db.execute(
        """INSERT INTO payment_events (attempt_id, plugin, source, standing, outcome, message, at)
           VALUES ($1, $2, $3, 'unknown', 'failed', $4, $5)""",
        attempt["id"],
        attempt["plugin"],
        source,
        message[:500],
        clock.now(),
    )


async def _wait(attempt: Record, told: Told, _by: Actor) -> str:
    if attempt["state"] not in OPEN:
        return "late"
    await _set(attempt, "pending", told)
    return "applied"


async def _hold(attempt: Record, told: Told, _by: Actor) -> str:
    """Money is held for it and can be taken; nothing of it is in the books before that."""
    if attempt["state"] not in OPEN:
        return "known" if attempt["state"] == "authorized" else "late"
    if told.currency != attempt["currency"]:
        return await _park(attempt, "currency", told.currency or "–")
    if not told.units:
        return await _park(attempt, "amount", "0")
    await db.execute("UPDATE payment_attempts SET held_units = $2 WHERE id = $1", attempt["id"], told.units)
    await _set(attempt, "authorized", told)
    if told.units != attempt["units"]:
        await _park(attempt, "amount", str(told.units))
    return "applied"


async def _fail(attempt: Record, told: Told, _by: Actor) -> str:
    """It failed; or what was held is held no more, because it was released or its time is over."""
    if attempt["state"] not in WAITING:
        return "known" if attempt["state"] in ("failed", "released") else "late"
    taken = await db.row(TAKEN, attempt["id"])
    is_released = taken is not None and taken["kind"] == "void"
    await _set(attempt, "released" if is_released else "failed", told)
    if taken is not None:
        await _end(taken, "succeeded" if is_released else "failed")
    return "applied"


async def _pay(attempt: Record, told: Told, by: Actor) -> str:
    """Record the payment, unless it is there. Money may come after an attempt failed."""
    if attempt["payment_id"] is not None:
        is_other = told.gateway_id and attempt["gateway_id"] and told.gateway_id != attempt["gateway_id"]
        return await _park(attempt, "twice", told.gateway_id) if is_other else "known"
    if told.currency is None or told.currency != attempt["currency"]:
        return await _park(attempt, "currency", told.currency or "–")
    if not told.units:
        return await _park(attempt, "amount", "0")
    reference = (told.gateway_id or attempt["key"])[:200]
    new = NewPayment(units=told.units, method=payments.ONLINE, method_id=attempt["method_id"], reference=reference)
    key, methods = f"payment-{attempt['key']}", (payments.ONLINE,)
    made = await payments.create(attempt["account_id"], new, key=key, methods=methods, by=by)
    await _set(attempt, "succeeded", told, payment_id=made["id"])
    taken = await db.row(TAKEN, attempt["id"])
    is_taken = taken is not None and taken["kind"] == "capture"
    if taken is not None:
        await _end(taken, "succeeded" if is_taken else "failed")
    if told.units != (taken["units"] if taken is not None and is_taken else attempt["units"]):
        await _park(attempt, "amount", str(told.units))
    return "applied"


async def _give_back(attempt: Record, told: Told, by: Actor) -> str:
    """Record what went back: `units` are all of it, so that what was recorded before is not recorded again."""
    if attempt["payment_id"] is None:
        return await _park(attempt, "early", str(told.units or ""))
    payment = await payments.get(attempt["payment_id"], by=by)
    if told.currency not in (None, attempt["currency"]):
        return await _park(attempt, "currency", told.currency or "")
    gone = payment["units"] if told.units is None else told.units
    more = min(gone, payment["units"]) - payment["refunded_units"]
    if more > 0:
        kind = "chargeback" if told.standing is Standing.CHARGED_BACK else "refund"
        reason = told.message or _("The gateway gave it back.")
        new = NewRefund(units=more, reason=reason, kind=kind)  # type: ignore[arg-type]
        key = f"refund-{attempt['key']}-{gone}"
        payment = await refunds.create(payment["id"], new, key=key, has_happened=True, by=by)
    if payment["state"] == "refunded" and attempt["state"] != "refunded":
        await _set(attempt, "refunded", told)
    return "applied" if more > 0 else "known"


async def _end(taken: Record, state: str) -> None:
    """How taking or releasing ended, as the gateway has it."""
    await db.execute("UPDATE attempt_captures SET state = $2 WHERE id = $1", taken["id"], state)


async def _park(attempt: Record, reason: str, message: str) -> str:
    """Leave it to somebody, and say why."""
    await db.execute(
        "UPDATE payment_attempts SET parked = $2, message = $3, touched_at = $4 WHERE id = $1",
        attempt["id"],
        reason,
        message[:500],
        clock.now(),
    )
    return "parked"


async def _set(
    attempt: Record, state: str, told: Told | None = None, *, payment_id: int | None = None, message: str = ""
) -> None:
    """Bring it into a state, with what the gateway calls it and where the client goes on."""
    await db.execute(
        """UPDATE payment_attempts SET state = $2, redirect = $4, message = $5, touched_at = $7,
               gateway_id = CASE WHEN gateway_id = '' THEN $3 ELSE gateway_id END,
               payment_id = coalesce(payment_id, $6) WHERE id = $1""",
        attempt["id"],
        state,
        told.gateway_id if told else "",
        told.redirect if told else "",
        (told.message if told else message)[:500],
        payment_id,
        clock.now(),
    )


async def _was_heard(plugin: str, event_id: str) -> bool:
    sql = "SELECT EXISTS (SELECT FROM payment_events WHERE plugin = $1 AND event_id = $2)"
    return bool(await db.value(sql, plugin, event_id))


async def _note(attempt_id: int | None, plugin: str, told: Told, source: Source, outcome: str) -> None:
    await db.execute(
        """INSERT INTO payment_events (attempt_id, plugin, source, event_id, gateway_id, standing, currency,
               units, outcome, message, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           ON CONFLICT DO NOTHING""",
        attempt_id,
        plugin,
        source,
        told.event_id,
        told.gateway_id,
        str(told.standing),
        told.currency or "",
        told.units,
        outcome,
        told.message,
        clock.now(),
    )
