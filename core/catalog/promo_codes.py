"""Promo codes: words that open a discount that needs one. Making, withdrawing, taking a use, giving it back.

    discount_id = await promo_codes.take("WELCOME", client_id=..., subject="order-17", day=..., by=...)

A code can be for one client, and have so many uses in all, and for each client. One statement asks for room and
counts the use, so that of twenty who want the last one at the same moment one gets it. What took a code once has
it: the same again is not counted.
"""

import re
import secrets
from datetime import date

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db
from core.accounts import access, clients, rows
from core.actor import Actor
from core.catalog import discounts
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import _

MOST = 1000
"""Codes of one discount."""
MOST_USES = 1_000_000
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,39}", re.ASCII)


class PromoCode(db.Owned, tablename="promo_codes"):
    """A code. None of a limit is no limit."""

    discount_id = BigInt()
    code = Text()
    client_id = BigInt(null=True)
    most_uses = Integer(null=True)
    most_per_client = Integer(null=True)
    uses = Integer()
    withdrawn_at = Timestamptz(null=True)
    created_at = Timestamptz()


class DiscountUse(db.Owned, tablename="discount_uses"):
    """That a discount was given to `subject` (`service-17`), from its period number `begun` on; None while only a
    code was taken."""

    discount_id = BigInt()
    code_id = BigInt(null=True)
    client_id = BigInt()
    subject = Text()
    begun = Integer(null=True)
    day = Date()
    at = Timestamptz()


class NewPromoCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code to be made; without a word of its own it gets one. `client` is a client's code."""

    code: str = ""
    client: int | None = None
    most_uses: int | None = None
    most_per_client: int | None = None


async def of_discount(discount_id: int, *, by: Actor) -> list[Record]:
    """The codes of a discount, the newest first, with `client` (a code) and `client_name`."""
    await discounts.get(discount_id, by=by)
    return await db.fetch(
        """SELECT o.*, c.code AS client, c.name AS client_name FROM promo_codes o
           LEFT JOIN clients c ON c.id = o.client_id WHERE o.discount_id = $1
           ORDER BY o.created_at DESC, o.id DESC""",
        discount_id,
    )


async def create(discount_id: int, new: NewPromoCode, *, by: Actor) -> Record:
    """Make a code; returns its row."""
    discount = await discounts.require_open(discount_id, by=by)
    checks = Checks()
    if not discount["needs_code"]:
        raise Conflict(_("This discount needs no code."))
    word = new.code.strip() or "".join(secrets.choice(LETTERS) for _letter in range(10))
    if not _CODE.fullmatch(word):
        checks.error("code", _("From 3 to 40 letters, digits, - and _, please."))
    for field in ("most_uses", "most_per_client"):
        most = getattr(new, field)
        if most is not None and not 1 <= most <= MOST_USES:
            checks.error(field, _("From 1 to %(most)s, please.") % {"most": MOST_USES})
    client_id = await _client(checks, new.client, by=by)
    checks.done()
    if await db.value("SELECT count(*) FROM promo_codes WHERE discount_id = $1", discount_id) >= MOST:
        raise Conflict(_("There is room for %(count)s codes.") % {"count": MOST})
    made = await db.row(
        """INSERT INTO promo_codes (discount_id, code, client_id, most_uses, most_per_client, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, code_folded) DO NOTHING RETURNING *""",
        discount_id,
        word,
        client_id,
        new.most_uses,
        new.most_per_client,
        clock.now(),
    )
    if made is None:
        raise Invalid({"code": _("There is this code already.")})
    await audit.record("discount:code_added", "discount", discount_id, by=by, name=discount["name"],
                       client_id=client_id, new={"promo_code": word})  # fmt: skip
    return made


async def withdraw(code_id: int, *, by: Actor) -> int:
    """Nobody can take it any more; who did keeps what it opened. Returns the id of its discount."""
    found = await db.row("SELECT * FROM promo_codes WHERE id = $1", code_id) if rows.is_id(code_id) else None
    if found is None:
        raise NotFound()
    discount = await discounts.require_open(found["discount_id"], by=by)
    done = await db.value(
        "UPDATE promo_codes SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL RETURNING true",
        code_id,
        clock.now(),
    )
    if done:
        await audit.record("discount:code_withdrawn", "discount", discount["id"], by=by, name=discount["name"],
                           client_id=found["client_id"], old={"promo_code": found["code"]})  # fmt: skip
    return int(found["discount_id"])


async def find(word: str, *, client_id: int | None, day: date) -> Record:
    """The code behind a word and its discount's `name`; `Invalid` under "code" when it opens nothing for a client.

    Says the same of a word that never was and of one that is for somebody else. Needs no permission.
    """
    found = await db.row(
        """SELECT o.*, d.name, d.from_day, d.until_day, d.ended_at
           FROM promo_codes o JOIN discounts d ON d.id = o.discount_id
           WHERE o.code_folded = lower($1) AND (o.client_id IS NULL OR o.client_id = $2)
             AND (d.recipient = 'all' OR d.client_id = $2
                  OR d.group_id IN (SELECT group_id FROM group_members WHERE client_id = $2))""",
        word.strip()[:100].replace("\x00", ""),
        client_id,
    )
    if found is None:
        raise Invalid({"code": _("There is no such code.")})
    if found["withdrawn_at"] or found["ended_at"] or (found["until_day"] and found["until_day"] < day):
        raise Invalid({"code": _("This code is not valid any more.")})
    if found["from_day"] and found["from_day"] > day:
        raise Invalid({"code": _("This code is not valid yet.")})
    return found


async def take(word: str, *, client_id: int, subject: str, day: date, by: Actor) -> int:
    """Take a use of a code for `subject`; returns the id of the discount that it opens.

    `Invalid` as in `find`; `Conflict` when there is none left, in all or for this client. In the transaction of
    what it belongs to: when that rolls back, nothing was taken.
    """
    code = await find(word, client_id=client_id, day=day)
    async with db.savepoint():
        sql = "SELECT EXISTS (SELECT FROM discount_uses WHERE subject = $1 AND discount_id = $2)"
        if await db.value(sql, subject, code["discount_id"]):
            return int(code["discount_id"])
        await _count(code, client_id)
        await db.execute(
            """INSERT INTO discount_uses (discount_id, code_id, client_id, subject, day, at)
               VALUES ($1, $2, $3, $4, $5, $6)""",
            code["discount_id"],
            code["id"],
            client_id,
            subject,
            day,
            clock.now(),
        )
    await audit.record("discount:code_taken", "discount", code["discount_id"], by=by, name=code["name"],
                       client_id=client_id, new={"promo_code": code["code"]})  # fmt: skip
    return int(code["discount_id"])


async def give_back(subject: str) -> None:
    """Give back what `subject` took and never used: an order that comes to nothing. Needs no permission."""
    await db.execute(
        """WITH gone AS (DELETE FROM discount_uses WHERE subject = $1 AND begun IS NULL RETURNING code_id)
           UPDATE promo_codes o SET uses = o.uses - 1 FROM gone WHERE o.id = gone.code_id""",
        subject,
    )


async def _count(code: Record, client_id: int) -> None:
    """Count one use. The row stays locked, so that those of one client are counted one after the other too."""
    is_counted = await db.value(
        """UPDATE promo_codes SET uses = uses + 1 WHERE id = $1 AND withdrawn_at IS NULL
              AND (most_uses IS NULL OR uses < most_uses) RETURNING true""",
        code["id"],
    )
    if not is_counted:
        raise Conflict(_("This code is used up."))
    if code["most_per_client"] is not None:
        taken = "SELECT count(*) FROM discount_uses WHERE code_id = $1 AND client_id = $2"
        if await db.value(taken, code["id"], client_id) >= code["most_per_client"]:
            raise Conflict(_("This client has used this code as often as it can be used."))


async def _client(checks: Checks, code: int | None, *, by: Actor) -> int | None:
    if code is None:
        return None
    try:
        client = await access.client_by_code(code, by=by)
    except NotFound:
        checks.error("client", _("There is no client with this code."))
        return None
    clients.require_open(client, ["discounts"])
    return int(client["id"])
