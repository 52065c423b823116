"""How the clients of an account group are taxed: exempt, or at a rate of their own, with the legal reason.

It holds from a day on; of several of one group the one that began last counts. A client in several such groups is
exempt if one of them is, else it pays the lowest of their rates. It takes the place of what would be charged: who
owes the tax himself, or none, goes on so. Without the feature "groups" it is kept and has no effect.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from core import audit, clock, db, policies, task_runs
from core.accounts import access, group_effects, groups, rows
from core.accounts.group_effects import Line
from core.actor import Actor
from core.catalog import vatex
from core.catalog.percents import WHOLE, written
from core.catalog.tax_rates import FIRST_DAY, LAST_DAY
from core.catalog.tax_rules import Treatment
from core.checks import Checks
from core.errors import Conflict, Invalid, NotFound
from core.i18n import N_, _
from core.permissions import Permission

FEATURE = "groups"
MOST = 1000
"""Treatments of one provider."""
_READ = "SELECT t.*, g.name AS group_name FROM group_taxes t JOIN account_groups g ON g.id = t.group_id"


class GroupTax(db.Owned, tablename="group_taxes"):
    """How a group is taxed. `rate` is in thousandths of a percent, None: exempt. `until_day` is the last day."""

    group_id = BigInt()
    rate = Integer(null=True)
    vatex = Text()
    reason = Text()
    from_day = Date()
    until_day = Date(null=True)
    created_at = Timestamptz()
    version = Integer()


class NewGroupTax(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A treatment: exempt, unless a rate is given. A reason is needed, or of what is exempt a `vatex` code."""

    group_id: int
    from_day: date
    rate: int | None = None
    vatex: str = ""
    reason: str = ""
    until_day: date | None = None


class GroupTaxChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    group_id: int | UnsetType = UNSET
    from_day: date | UnsetType = UNSET
    rate: int | UnsetType | None = UNSET
    vatex: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    until_day: date | UnsetType | None = UNSET


async def every(*, by: Actor) -> list[Record]:
    """The treatments of the groups that `by` may see, with `group_name`; of a group the latest first."""
    policies.require(by, Permission.TAX_READ)
    return await db.fetch(f"{_READ} WHERE {_seen(by)} ORDER BY g.name_folded, g.id, t.from_day DESC")


async def get(tax_id: int, *, by: Actor) -> Record:
    """One of them."""
    policies.require(by, Permission.TAX_READ)
    found = await db.row(f"{_READ} WHERE t.id = $1 AND {_seen(by)}", tax_id) if rows.is_id(tax_id) else None
    if found is None:
        raise NotFound()
    return found


async def create(new: NewGroupTax, *, by: Actor) -> Record:
    """Keep one; `Invalid` when there is one of this group and day."""
    policies.require(by, Permission.TAX_MANAGE)
    policies.require_feature(by, FEATURE)
    values = await _checked(msgspec.structs.asdict(new), by=by)
    if await db.value("SELECT count(*) FROM group_taxes") >= MOST:
        raise Conflict(_("There is room for %(count)s treatments.") % {"count": MOST})
    columns, places = ", ".join(values), ", ".join(f"${at}" for at in range(2, len(values) + 2))
    made = await db.row(
        f"""INSERT INTO group_taxes (created_at, {columns}) VALUES ($1, {places})
            ON CONFLICT DO NOTHING RETURNING id""",
        clock.now(),
        *values.values(),
    )
    if made is None:
        raise _taken()
    row = await get(made["id"], by=by)
    await audit.record("group_tax:created", "group_tax", row["id"], by=by, name=named(row), new=_told(row))
    return row


async def update(tax_id: int, changes: GroupTaxChanges, *, version: int, by: Actor) -> Record:
    """Change one; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.TAX_MANAGE)
    policies.require_feature(by, FEATURE)
    before = await get(tax_id, by=by)
    row = await rows.locked("group_taxes", tax_id, version=version)
    fields = {field: row[field] for field in GroupTaxChanges.__struct_fields__}
    values = await _checked(fields | rows.given(changes), but=tax_id, by=by)
    if await rows.save("group_taxes", row, values):
        after = await get(tax_id, by=by)
        old, new = _told(before), _told(after)
        changed = {field for field in old | new if old.get(field) != new.get(field)}
        await audit.record("group_tax:updated", "group_tax", tax_id, by=by, name=named(after),
                           old={field: old.get(field) for field in changed},
                           new={field: new.get(field) for field in changed})  # fmt: skip
    return await get(tax_id, by=by)


async def delete(tax_id: int, *, by: Actor) -> None:
    """Remove one: its clients are taxed as all others, or as the one before said."""
    policies.require(by, Permission.TAX_MANAGE)
    row = await get(tax_id, by=by)
    await rows.locked("group_taxes", tax_id)
    await db.execute("DELETE FROM group_taxes WHERE id = $1", tax_id)
    await audit.record("group_tax:deleted", "group_tax", tax_id, by=by, name=named(row), old=_told(row))


async def of_clients(client_ids: Collection[int], day: date) -> dict[int, Treatment]:
    """How these clients are treated on a day, those who are. Needs no permission."""
    is_used = "SELECT EXISTS (SELECT FROM group_taxes WHERE from_day <= $1)"
    if not await db.value(is_used, day) or not policies.has_feature(await task_runs.provider(), FEATURE):
        return {}
    found = await db.fetch(
        """WITH treated AS (
               SELECT DISTINCT ON (t.group_id) t.group_id, g.name, t.rate, t.vatex, t.reason, t.until_day
                 FROM group_taxes t JOIN account_groups g ON g.id = t.group_id
                WHERE t.from_day <= $2 ORDER BY t.group_id, t.from_day DESC)
           SELECT DISTINCT ON (m.client_id) m.client_id, t.name, t.rate, t.vatex, t.reason
             FROM treated t JOIN group_members m ON m.group_id = t.group_id
            WHERE m.client_id = ANY($1::bigint[]) AND (t.until_day IS NULL OR t.until_day >= $2)
            ORDER BY m.client_id, t.rate NULLS FIRST, t.group_id""",
        list(client_ids),
        day,
    )
    return {
        row["client_id"]: Treatment(group=row["name"], rate=row["rate"], vatex=row["vatex"], reason=row["reason"])
        for row in found
    }


def named(row: Mapping[str, Any]) -> str:
    """One of them in a few letters, as the audit names it: the group and its rate."""
    return f"{row['group_name']} {written(row['rate'] or 0)} %"


@group_effects.bring("taxes", N_("Taxes of its clients"))
async def of_group(group_id: int, *, by: Actor) -> list[Line]:
    """How the clients of this account group are taxed, now, before and later."""
    if not policies.allows(by, Permission.TAX_READ):
        return []
    found = await db.fetch(f"{_READ} WHERE t.group_id = $1 ORDER BY t.from_day DESC", group_id)
    return [Line(text=f"{named(row)} · {row['from_day']}", href="/staff/taxes#groups") for row in found]


def _seen(by: Actor) -> str:
    return "true" if by.groups is None else f"t.group_id IN ({access.listed(by.groups)})"


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """As the audit keeps it."""
    told = {
        "group": row["group_name"],
        "rate": "" if row["rate"] is None else f"{written(row['rate'])} %",
        "vatex": row["vatex"],
        "reason": row["reason"],
        "from_day": row["from_day"].isoformat(),
        "until_day": row["until_day"].isoformat() if row["until_day"] else "",
    }
    return {field: value for field, value in told.items() if value}


async def _checked(values: dict[str, Any], *, but: int = 0, by: Actor) -> dict[str, Any]:
    checks = Checks()
    known = await groups.names(by=by) if policies.allows(by, Permission.GROUP_READ) else {}
    if values["group_id"] not in known:
        checks.error("group_id", _("This is not one of the choices."))
    if values["rate"] is not None and not 0 <= values["rate"] <= WHOLE:
        checks.error("rate", _("From 0 to 100 percent, please."))
    if values["rate"] is not None and values["vatex"]:
        checks.error("vatex", _("Such a code is for what is exempt. Leave the rate empty, or the code."))
    values["vatex"], values["reason"] = vatex.check(checks, values["vatex"], values["reason"])
    if not FIRST_DAY <= values["from_day"] <= LAST_DAY:
        checks.error("from_day", _("This is not a date."))
    if values["until_day"] is not None and not values["from_day"] <= values["until_day"] <= LAST_DAY:
        checks.error("until_day", _("The last day cannot be before the first."))
    checks.done()
    taken = "SELECT EXISTS (SELECT FROM group_taxes WHERE group_id = $1 AND from_day = $2 AND id <> $3)"
    if await db.value(taken, values["group_id"], values["from_day"], but):
        raise _taken()
    return values


def _taken() -> Invalid:
    return Invalid({"from_day": _("There is a treatment of this group from this day on already.")})
