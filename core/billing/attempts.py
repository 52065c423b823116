"""Attempts to pay through a plugin: begun here, and the state of each. `attempt_news` applies what gateways say.

An attempt is *started* until its gateway answered, then *pending*; *unknown* when no answer came. It ends
*succeeded* or *failed*, and money may come after it failed. While it is *authorized* its gateway holds the
money, which is taken, or *released*. The gateway is called by jobs, outside of any transaction
(`attempt_calls`), with a key that stays the same, so that a call without an answer can be repeated.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from asyncpg import Record
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, jobs, policies
from core.accounts import access, account_parts, cleared, phone_needs, rows
from core.actor import Actor
from core.billing import accounts, offered_methods
from core.billing.method_terms import Method
from core.errors import Conflict, Invalid, NotFound
from core.filters import Conditions
from core.i18n import N_, _
from core.money import MOST
from core.payment_contract import Attempt
from core.permissions import Permission

STATES = ("started", "pending", "unknown", "authorized", "succeeded", "failed", "released", "refunded")
START = "payment.start"
LISTED = 50
PARKED = {
    "currency": N_("The money came in another currency"),
    "amount": N_("Another amount came than was asked for"),
    "twice": N_("The gateway took money twice"),
    "early": N_("Money went back that never came"),
    "refused": N_("What the gateway said could not be recorded"),
}
WITH_NAMES = """
    SELECT t.*, c.code AS client_code, c.name AS client_name, a.client_id, a.project_id, j.name AS project
      FROM payment_attempts t JOIN client_projects a ON a.id = t.account_id JOIN clients c ON c.id = a.client_id
      JOIN projects j ON j.id = a.project_id
"""


class PaymentAttempt(db.Owned, tablename="payment_attempts"):
    """An attempt to pay `units` into an account by a method of a plugin, `fee_units` of them for the method's fee.

    `held_units` its gateway holds, or held. `parked`: somebody has to look at it.
    """

    account_id = BigInt()
    plugin = Text()
    method = Text()
    method_id = BigInt(null=True)
    fee_units = BigInt()
    key = Text()
    state = Text()
    parked = Text()
    currency = Text()
    units = BigInt()
    held_units = BigInt()
    gateway_id = Text()
    redirect = Text()
    message = Text()
    payment_id = BigInt(null=True)
    polls = Integer()
    created_at = Timestamptz()
    created_by = Text()
    touched_at = Timestamptz()


class PaymentEvent(db.Owned, tablename="payment_events", append_only=True):
    """What a gateway said about an attempt, None when it is about none of ours, and what became of it."""

    attempt_id = BigInt(null=True)
    plugin = Text()
    source = Text()
    event_id = Text()
    gateway_id = Text()
    standing = Text()
    currency = Text()
    units = BigInt(null=True)
    outcome = Text()
    message = Text()
    at = Timestamptz()


async def begin(account_id: int, plugin: str, key: str, units: int, *, once: str = "", by: Actor) -> Record:
    """Begin to pay so much into an account; a job asks the gateway then. `once` makes it one, however often sent.

    What the method costs the client comes on top. `Invalid` for an amount or a method that cannot be.
    """
    policies.require(by, Permission.PAYMENT_CREATE)
    account = await accounts.locked(account_id, by=by)
    cleared.require_kept(account)
    once = once or f"attempt-{uuid4().hex}"
    before = await db.value("SELECT id FROM payment_attempts WHERE key = $1", once)
    if before is not None:
        return await get(before, by=by)
    await phone_needs.require(account["client_id"], "pay", project_id=account["project_id"], by=by)
    if not 0 < units < MOST:
        raise Invalid({"units": _("Please give an amount above 0.")})
    found = await _method(account, plugin, key, units, by=by)
    fee = found.fee.on(units)
    if units + fee >= MOST:
        raise Invalid({"units": _("This is more than can be kept.")})
    now = clock.now()
    attempt_id = await db.value(
        """INSERT INTO payment_attempts (account_id, plugin, method, key, state, currency, units, created_at,
               created_by, touched_at, method_id, fee_units)
           VALUES ($1, $2, $3, $4, 'started', $5, $6, $7, $8, $7, $9, $10) RETURNING id""",
        account_id,
        plugin,
        key,
        once,
        account["currency"],
        units + fee,
        now,
        by.name,
        found.id,
        fee,
    )
    await tell("payment_attempt:started", await row(attempt_id), by=by)
    await jobs.later(START, {"id": attempt_id})
    return await get(attempt_id, by=by)


async def get(attempt_id: int, *, by: Actor) -> Record:
    """One attempt with the names of its client and project; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.PAYMENT_READ)
    found = await db.row(f"{WITH_NAMES} WHERE t.id = $1", attempt_id) if rows.is_id(attempt_id) else None
    if found is None or not access.may_use_project(found["project_id"], by=by):
        raise NotFound()
    await access.client(found["client_id"], by=by)
    return found


async def latest(*, parked: bool = False, held: bool = False, by: Actor) -> list[Record]:
    """The newest attempts that `by` may see: all, those that somebody has to look at, or those with money held."""
    policies.require(by, Permission.PAYMENT_READ)
    policies.require(by, Permission.CLIENT_READ)
    bound = Conditions()
    access.limit_to_groups(bound, by=by)
    if by.projects is not None:
        bound.add(f"a.project_id IN ({access.listed(by.projects)})")
    if parked:
        bound.add("t.parked <> ''")
    if held:
        bound.add("t.state = 'authorized'")
    return await db.fetch(
        f"{WITH_NAMES} WHERE {bound.sql} ORDER BY t.created_at DESC, t.id DESC LIMIT {LISTED}", *bound.arguments
    )


async def events(attempt_id: int, *, by: Actor) -> list[Record]:
    """What its gateway said, the first first."""
    await get(attempt_id, by=by)
    return await db.fetch("SELECT * FROM payment_events WHERE attempt_id = $1 ORDER BY at, id", attempt_id)


async def settle(attempt_id: int, *, by: Actor) -> Record:
    """Note that somebody has seen to a parked attempt; `Conflict` for one that is not parked."""
    policies.require(by, Permission.PAYMENT_CREATE)
    found = await get(attempt_id, by=by)
    done = await db.fetch(
        "UPDATE payment_attempts SET parked = '' WHERE id = $1 AND parked <> '' RETURNING id", attempt_id
    )
    if not done:
        raise Conflict(_("Nobody has to look at this."))
    await tell("payment_attempt:settled", found, new={"reason": found["parked"]}, by=by)
    return await get(attempt_id, by=by)


async def row(attempt_id: int, *, lock: bool = False) -> Record:
    """The bare row, for who has asked for the right."""
    found = await db.row(f"{WITH_NAMES} WHERE t.id = $1{' FOR UPDATE OF t' if lock else ''}", attempt_id)
    if found is None:
        raise NotFound()
    return found


def asked(attempt: Record) -> Attempt:
    """The attempt as its plugin gets it."""
    return Attempt(
        key=attempt["key"],
        method=attempt["method"],
        units=attempt["units"],
        currency=attempt["currency"],
        reference=str(attempt["client_code"]),
        gateway_id=attempt["gateway_id"],
    )


async def tell(action: str, attempt: Record, *, new: dict[str, Any] | None = None, by: Actor) -> None:
    """Note in the audit what was done to an attempt, with its amount."""
    name = accounts.told(attempt["units"], attempt["currency"])
    told = {"method": attempt["plugin"]} | (new or {})
    await audit.record(action, "payment_attempt", attempt["id"], by=by, name=name, new=told)


async def _method(account: Record, plugin: str, key: str, units: int, *, by: Actor) -> Method:
    """The method of a plugin by which so much can be begun; `Invalid` under "method" without one."""
    for found in await offered_methods.for_account(account, units=units, by=by):
        if (found.plugin, found.method) == (plugin, key) and found.can and found.can.starts:
            return found
    raise Invalid(
        {
            "method": _("This amount cannot be paid by this method in %(currency)s.")
            % {"currency": account["currency"]}
        }
    )


async def _count(account_ids: Sequence[int]) -> int:
    return int(
        await db.value("SELECT count(*) FROM payment_attempts WHERE account_id = ANY($1::bigint[])", account_ids)
    )


async def _carry(pairs: Sequence[account_parts.Pair]) -> None:
    await db.execute(
        """UPDATE payment_attempts t SET account_id = p.stays
             FROM unnest($1::bigint[], $2::bigint[]) p (gone, stays) WHERE t.account_id = p.gone""",
        [gone for gone, _stays in pairs],
        [stays for _gone, stays in pairs],
    )


async def _is_used(project_id: int) -> bool:
    sql = """SELECT EXISTS (SELECT FROM payment_attempts t JOIN client_projects a ON a.id = t.account_id
        WHERE a.project_id = $1)"""
    return bool(await db.value(sql, project_id))


account_parts.register("payment_attempts", count=_count, carry=_carry, is_used=_is_used)
