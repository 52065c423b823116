"""Price lists: the prices of a plan as they are from a day on, numbered 1, 2, 3. What is sold keeps its list.

A list is a draft until it is published, and never changes after that: the database refuses, whoever asks. The next
one begins as a copy of the last. Of those whose day has come the one with the highest number is in force.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import rows
from core.actor import Actor
from core.catalog import product_fields, sellers
from core.checks import Checks
from core.errors import Conflict, NotFound, ReadOnly
from core.i18n import _
from core.permissions import Permission

MOST_NEXT_FROM = 31


class PriceList(db.Owned, tablename="price_lists"):
    """A price list of a plan. Without `valid_from` it is a draft.

    `next_from`: who orders by the calendar on this day of a month or later pays the next period with the rest of
    it; 0 is never.
    """

    plan_id = BigInt()
    number = Integer()
    next_from = Integer()
    valid_from = Date(null=True)
    published_at = Timestamptz(null=True)
    published_by = Text()
    created_at = Timestamptz()
    version = Integer()


class PriceListChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a draft; what is left out stays."""

    next_from: int | UnsetType = UNSET


async def of_plan(plan_id: int, *, by: Actor) -> list[Record]:
    """The price lists of a plan, the newest first, each with its `standing` today.

    draft, coming (its day is in the future), in_force, or past.
    """
    policies.require(by, Permission.PRODUCT_READ)
    return await db.fetch(
        f"""{_READ} WHERE l.plan_id = $2 AND {sellers.visible(by)} ORDER BY l.number DESC""",
        clock.today(by.tenant.timezone),
        plan_id if rows.is_id(plan_id) else 0,
    )


async def get(list_id: int, *, by: Actor) -> Record:
    """One price list with its `standing`, `plan_name`, `product_id` and `product_name`."""
    policies.require(by, Permission.PRODUCT_READ)
    return await find(list_id, by=by)


async def find(list_id: int, *, by: Actor) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = None
    if rows.is_id(list_id):
        today = clock.today(by.tenant.timezone)
        found = await db.row(f"{_READ} WHERE l.id = $2 AND {sellers.visible(by)}", today, list_id)
    if found is None:
        raise NotFound()
    return found


async def in_force(plan_id: int, day: date) -> Record | None:
    """The price list that a plan is sold by on a day, None when there is none yet. Needs no permission."""
    return await db.row(
        """SELECT * FROM price_lists WHERE plan_id = $1 AND valid_from <= $2 ORDER BY number DESC LIMIT 1""",
        plan_id,
        day,
    )


async def in_force_of(plan_ids: Iterable[int], day: date) -> dict[int, Record]:
    """The same of several plans: plan id to price list, without those that have none yet."""
    found = await db.fetch(
        """SELECT DISTINCT ON (plan_id) * FROM price_lists WHERE plan_id = ANY($1::bigint[]) AND valid_from <= $2
           ORDER BY plan_id, number DESC""",
        list(plan_ids),
        day,
    )
    return {row["plan_id"]: row for row in found}


async def before(price_list: Record) -> Record | None:
    """The published list that stands before this one. Needs no permission."""
    return await db.row(
        """SELECT * FROM price_lists WHERE plan_id = $1 AND number < $2 AND published_at IS NOT NULL
           ORDER BY number DESC LIMIT 1""",
        price_list["plan_id"],
        price_list["number"],
    )


async def begin(plan_id: int, *, by: Actor) -> Record:
    """Begin the next price list of a plan as a copy of the last one; `Conflict` while there is a draft."""
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    plan = await rows.locked("plans", plan_id)
    last = await db.row("SELECT * FROM price_lists WHERE plan_id = $1 ORDER BY number DESC LIMIT 1", plan_id)
    if last is not None and last["published_at"] is None:
        raise Conflict(_("There is a draft already. Publish or delete it first."))
    list_id = await insert(plan_id, last)
    number = 1 if last is None else last["number"] + 1
    await audit.record("price_list:begun", "price_list", list_id, by=by, name=_title(plan, number))
    return await find(list_id, by=by)


async def insert(plan_id: int, last: Record | None = None) -> int:
    """Write a draft, with all that stands in `last`; returns its id. Asks for no right."""
    list_id = int(
        await db.value(
            """INSERT INTO price_lists (plan_id, number, next_from, created_at)
               VALUES ($1, $2, $3, $4) RETURNING id""",
            plan_id,
            1 if last is None else last["number"] + 1,
            0 if last is None else last["next_from"],
            clock.now(),
        )
    )
    for statement in _COPIES if last is not None else ():
        assert last is not None
        await db.execute(statement, list_id, last["id"])
    return list_id


async def update(list_id: int, changes: PriceListChanges, *, version: int, by: Actor) -> Record:
    """Change a draft; `EditConflict` when somebody else did since it was read, `ReadOnly` once it is published."""
    row = await locked(list_id, version=version, by=by)
    values, checks = rows.given(changes), Checks()
    product_fields.check_number(checks, "next_from", values.get("next_from"), fewest=0, most=MOST_NEXT_FROM)
    checks.done()
    if await rows.save("price_lists", row, values):
        await record_change(row, old={field: row[field] for field in values}, new=values, by=by)
    return await find(list_id, by=by)


async def delete(list_id: int, *, by: Actor) -> None:
    """Remove a draft with its prices; `ReadOnly` once it is published."""
    row = await locked(list_id, by=by)
    await db.execute("DELETE FROM price_lists WHERE id = $1", list_id)
    await audit.record("price_list:deleted", "price_list", list_id, by=by, name=await title(row))


async def locked(list_id: int, *, version: int | None = None, by: Actor) -> Record:
    """The row of a draft, locked for a change that `by` may make; `ReadOnly` when it was published."""
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    row = await rows.locked("price_lists", list_id, version=version)
    if row["published_at"] is not None:
        raise ReadOnly(_("This price list was published, so it does not change any more. Begin the next one."))
    return row


async def touch(row: Record, *, old: dict[str, Any], new: dict[str, Any], by: Actor) -> None:
    """Give a locked draft the next version after something in it changed, and record what."""
    await db.execute("UPDATE price_lists SET version = version + 1 WHERE id = $1", row["id"])
    await record_change(row, old=old, new=new, by=by)


async def touch_drafts(addon_id: int) -> None:
    """Give the drafts that offer an addon the next version, before it changes: none is published meanwhile."""
    await db.execute(
        """UPDATE price_lists SET version = version + 1 WHERE published_at IS NULL
              AND id IN (SELECT price_list_id FROM addon_offers WHERE addon_id = $1)""",
        addon_id,
    )


async def record_change(row: Record, *, old: dict[str, Any], new: dict[str, Any], by: Actor) -> None:
    """Write into the audit what changed in a draft."""
    await audit.record(
        "price_list:updated", "price_list", row["id"], by=by, name=await title(row), old=old, new=new
    )


async def title(row: Record) -> str:
    """What the audit calls a price list: its plan and its number."""
    plan = await db.row("SELECT name FROM plans WHERE id = $1", row["plan_id"])
    assert plan is not None
    return _title(plan, row["number"])


def _title(plan: Record, number: int) -> str:
    return f"{plan['name']} {number}"


_READ = """SELECT l.*, n.name AS plan_name, n.product_id, p.name AS product_name, CASE
        WHEN l.published_at IS NULL THEN 'draft' WHEN l.valid_from > $1 THEN 'coming'
        WHEN EXISTS (SELECT FROM price_lists o WHERE o.plan_id = l.plan_id AND o.number > l.number
                         AND o.valid_from <= $1) THEN 'past' ELSE 'in_force' END AS standing
    FROM price_lists l JOIN plans n ON n.id = l.plan_id JOIN products p ON p.id = n.product_id"""
_TERM = "billing, period_count, period_unit, currency"
_COPIES = (
    f"""INSERT INTO prices (price_list_id, {_TERM}, units, setup_units)
        SELECT $1, {_TERM}, units, setup_units FROM prices WHERE price_list_id = $2 ORDER BY id""",
    """INSERT INTO addon_offers (price_list_id, addon_id, included, minimum, maximum, step, stepping)
       SELECT $1, addon_id, included, minimum, maximum, step, stepping
       FROM addon_offers WHERE price_list_id = $2 ORDER BY id""",
    f"""INSERT INTO addon_prices (price_list_id, price_id, addon_id, choice_id, from_quantity, units)
        SELECT $1, mine.id, a.addon_id, a.choice_id, a.from_quantity, a.units
        FROM addon_prices a JOIN prices theirs ON theirs.id = a.price_id
        JOIN (SELECT id, {_TERM} FROM prices WHERE price_list_id = $1) mine
             USING ({_TERM})
        WHERE a.price_list_id = $2 ORDER BY a.id""",
)
"""What brings all that stands in list $2 into list $1."""
