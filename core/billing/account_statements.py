"""Statements of account: what an account held when a period began, what moved in it, and what it held at its end.

Movements count on their own days: an expense and a payment on theirs, a reversal and a refund when it was done.
What stood before is reckoned back from the balance of the ledger, so that a statement up to today ends with that.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from asyncpg import Record

from core import clock, db
from core.accounts import memberships
from core.accounts.rights import Right
from core.actor import Actor
from core.billing import accounts
from core.checks import Checks
from core.errors import Invalid, NotFound
from core.i18n import _
from core.periods import first_moment

MOST = 5000
"""Movements on one statement."""
USUAL_DAYS = 90
Kind = Literal["expense", "reversal", "payment", "refund"]


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """What moved on a day: above zero in favour of the client. `balance` is what the account held after it; `id`
    is that of the expense or the payment."""

    day: date
    kind: Kind
    id: int
    text: str
    units: int
    balance: int = 0


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A period of an account, both days included, in minor units of `currency`."""

    account_id: int
    currency: str
    first: date
    last: date
    opening: int
    charged: int
    paid: int
    closing: int
    movements: list[Movement]


async def of(
    account_id: int, first: date | None = None, last: date | None = None, *, by: Actor
) -> tuple[Record, Statement]:
    """An account that `by` may see, and its statement; of the last 90 days without a period.

    `Invalid` under "day_from" and "day_to".
    """
    account = await accounts.get(account_id, by=by)
    return account, await _drawn_up(account, first, last, by=by)


async def own(
    account_id: int | None, first: date | None = None, last: date | None = None, *, by: Actor
) -> tuple[Record, Statement]:
    """The same for a user of the client; the home account without an id."""
    held = await accounts.held_by(memberships.require(by, Right.INVOICES_READ).id)
    found = [row for row in held if account_id is None or row["id"] == account_id]
    if not found:
        raise NotFound()
    return found[0], await _drawn_up(found[0], first, last, by=by)


async def _drawn_up(account: Record, first: date | None, last: date | None, *, by: Actor) -> Statement:
    today = clock.today(by.tenant.timezone)
    last = last or today
    first = first or last - timedelta(days=USUAL_DAYS)
    checks = Checks()
    if not date(1990, 1, 1) <= first <= last:
        checks.error("day_from", _("The first day is not after the last."))
    if last > today:
        checks.error("day_to", _("This day has not come yet."))
    checks.done()
    zone = by.tenant.timezone
    found = await db.fetch(SINCE, account["id"], first, first_moment(first, ZoneInfo(zone)), zone, MOST + 1)
    if len(found) > MOST:
        raise Invalid({"day_from": _("A statement has room for %(count)s movements.") % {"count": MOST}})
    opening = int(account["balance"]) - sum(row["units"] for row in found)
    listed = _listed([row for row in found if row["day"] <= last], opening)
    return Statement(
        account_id=account["id"],
        currency=account["currency"],
        first=first,
        last=last,
        opening=opening,
        charged=-sum(one.units for one in listed if one.kind in ("expense", "reversal")),
        paid=sum(one.units for one in listed if one.kind in ("payment", "refund")),
        closing=listed[-1].balance if listed else opening,
        movements=listed,
    )


def _listed(found: Sequence[Record], opening: int) -> list[Movement]:
    listed, balance = [], opening
    for row in found:
        balance += row["units"]
        listed.append(Movement(**dict(row), balance=balance))
    return listed


SINCE = """
    SELECT day, kind, id, text, units FROM (
        SELECT e.day, 'expense' AS kind, e.id, e.text, -e.gross_units AS units, e.created_at AS at FROM expenses e
         WHERE e.account_id = $1 AND e.day >= $2
        UNION ALL
        SELECT (e.reversed_at AT TIME ZONE $4)::date, 'reversal', e.id, e.text, e.gross_units, e.reversed_at
          FROM expenses e WHERE e.account_id = $1 AND e.reversed_at >= $3
        UNION ALL
        SELECT p.day, 'payment', p.id, p.reference, p.units, p.created_at FROM payments p
         WHERE p.account_id = $1 AND p.state IN ('paid', 'refunded') AND p.day >= $2
        UNION ALL
        SELECT r.day, 'refund', p.id, r.reason, -r.units, r.created_at FROM refunds r
          JOIN payments p ON p.id = r.payment_id WHERE p.account_id = $1 AND r.day >= $2) moved
     WHERE units <> 0 ORDER BY day, at, id LIMIT $5
"""
