"""Promised payments: a client will pay so much until a day. Dunning waits until then, and what is left of the
promise may be owed on top of the credit limit.

There is one open promise an account. It is kept when so much was paid since, and broken when its day is over; what
makes one is in `promise_making`, what ends it in `promise_endings`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Date, Integer, Text, Timestamptz

from core import audit, clock, db, money, policies, task_runs
from core.accounts import access, account_parts
from core.actor import Actor, system
from core.billing.dunning_timeline import Pause
from core.checks import Checks
from core.errors import Conflict
from core.i18n import _
from core.money import MOST
from core.permissions import Permission

MOST_DAYS = 60
STATES = ("open", "kept", "broken", "withdrawn")
PAID = """
    SELECT r.*, coalesce((SELECT sum(p.units - p.refunded_units) FROM payments p JOIN payment_states t
               ON t.payment_id = p.id AND t.state = 'paid' AND t.at > r.created_at
            WHERE p.account_id = r.account_id AND p.state IN ('paid', 'refunded')), 0)::bigint AS paid
      FROM promised_payments r WHERE r.account_id = ANY($1::bigint[]) AND r.state = 'open' ORDER BY r.id
"""


class PromisedPayment(db.Owned, tablename="promised_payments"):
    """A promise of an account; `is_own`: a user of the client made it. Amounts are minor units of `currency`."""

    client_id = BigInt()
    account_id = BigInt()
    state = Text()
    currency = Text()
    units = BigInt()
    left_units = BigInt()
    from_day = Date()
    until_day = Date()
    ended_on = Date(null=True)
    woken = Integer()
    is_own = Boolean()
    created_at = Timestamptz()
    created_by = Text()


class NewPromise(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many minor units of the account's currency until a day, which is included."""

    units: int
    until_day: date


async def of(client_id: int, *, by: Actor) -> list[Record]:
    """The promises of a client in accounts that `by` may see, the newest first."""
    policies.require(by, Permission.DUNNING_READ)
    await access.client(client_id, by=by)
    found = await made_by(client_id)
    return [row for row in found if access.may_use_project(row["project_id"], by=by)]


async def made_by(client_id: int) -> list[Record]:
    """The same, all of them, for who has asked whether they may be seen."""
    return await db.fetch(
        """SELECT r.*, a.project_id FROM promised_payments r JOIN client_projects a ON a.id = r.account_id
            WHERE r.client_id = $1 ORDER BY r.from_day DESC, r.id DESC LIMIT 100""",
        client_id,
    )


async def insert(account: Mapping[str, Any], new: NewPromise, *, is_own: bool, by: Actor) -> Record:
    """Keep a promise of an account that the caller has locked, and let it have its effect. Asks for no right."""
    today = clock.today(by.tenant.timezone)
    checks = Checks()
    if not 0 < new.units < MOST:
        checks.error("units", _("More than 0, please."))
    if not today <= new.until_day <= today + timedelta(days=MOST_DAYS):
        checks.error("until_day", _("From today on, at most %(count)s days, please.") % {"count": MOST_DAYS})
    checks.done()
    sql = "SELECT EXISTS (SELECT FROM promised_payments WHERE account_id = $1 AND state = 'open')"
    if await db.value(sql, account["id"]):
        raise Conflict(_("A payment is promised for this account already."))
    made = await db.row(
        """INSERT INTO promised_payments (client_id, account_id, currency, units, left_units, from_day, until_day,
               is_own, created_at, created_by) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9) RETURNING *""",
        account["client_id"],
        account["id"],
        account["currency"],
        new.units,
        today,
        new.until_day,
        is_own,
        clock.now(),
        by.name,
    )
    assert made is not None
    await tell("promise:made", made, by=by)
    return made


async def settle(account_ids: Sequence[int]) -> None:
    """See what of open promises of these accounts, which the caller has locked, was paid. Asks for no right."""
    found = await db.fetch(PAID, list(account_ids))
    if not found:
        return
    by = system(await task_runs.provider())
    today = clock.today(by.tenant.timezone)
    for row in found:
        left = max(0, row["units"] - row["paid"])
        await db.execute(
            "UPDATE promised_payments SET left_units = $2, state = $3, ended_on = $4 WHERE id = $1",
            row["id"],
            left,
            "open" if left else "kept",
            None if left else today,
        )
        if not left:
            await tell("promise:kept", row, by=by)


async def pauses(account_ids: Sequence[int]) -> dict[int, list[Pause]]:
    """The days on which dunning waits for promises of these accounts, for the timeline. Asks for no right."""
    found = await db.fetch(
        """SELECT account_id, from_day, coalesce(ended_on - 1, until_day) AS last_day FROM promised_payments
            WHERE account_id = ANY($1::bigint[])""",
        list(account_ids),
    )
    kept: dict[int, list[Pause]] = {}
    for row in found:
        kept.setdefault(row["account_id"], []).append(Pause(row["from_day"], row["last_day"]))
    return kept


async def open_units(account_ids: Sequence[int]) -> dict[int, int]:
    """How much is promised, and not paid yet, in these accounts."""
    sql = """SELECT account_id, left_units FROM promised_payments
              WHERE account_id = ANY($1::bigint[]) AND state = 'open'"""
    return {row["account_id"]: row["left_units"] for row in await db.fetch(sql, list(account_ids))}


async def tell(action: str, promise: Mapping[str, Any], *, by: Actor) -> None:
    """Note in the audit what became of a promise, with its amount and day."""
    name = f"{money.written(promise['units'], promise['currency'])} {promise['currency']}"
    await audit.record(action, "promise", promise["id"], by=by, name=name, client_id=promise["client_id"],
                       new={"until_day": promise["until_day"].isoformat()})  # fmt: skip


async def _count(_account_ids: Sequence[int]) -> int:
    """A promise alone keeps no account."""
    return 0


async def _carry(pairs: Sequence[account_parts.Pair]) -> None:
    """They follow; where both accounts had an open one, that of the account that stays holds."""
    moved = "FROM unnest($1::bigint[], $2::bigint[]) AS u (gone, stays) WHERE r.account_id = u.gone"
    arguments = [gone for gone, _stays in pairs], [stays for _gone, stays in pairs]
    await db.execute(
        f"""UPDATE promised_payments r SET state = 'withdrawn', ended_on = r.from_day {moved} AND r.state = 'open'
               AND EXISTS (SELECT FROM promised_payments o WHERE o.account_id = u.stays AND o.state = 'open')""",
        *arguments,
    )
    await db.execute(f"UPDATE promised_payments r SET account_id = u.stays {moved}", *arguments)


async def _is_used(_project_id: int) -> bool:
    return False


account_parts.register("promised_payments", count=_count, carry=_carry, is_used=_is_used)
