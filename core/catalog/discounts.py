"""Discounts: rules that lower a price, for all clients, an account group or one client. Making, changing, ending.

Which of them a price gets is decided by `discount_rules`; which reach a client is read by `discount_book`; how
people enter one is in `discount_fields`. One that was ended is kept for what it lowered.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from asyncpg import Record
from piccolo.columns import BigInt, Boolean, Date, Integer, Text, Timestamptz

from core import audit, clock, db, money, policies
from core.accounts import access, group_effects, rows
from core.accounts.group_effects import Line
from core.actor import Actor
from core.catalog import discount_fields, percents
from core.catalog.discount_fields import DiscountChanges, NewDiscount
from core.errors import Conflict, NotFound
from core.filters import Conditions
from core.i18n import N_, _
from core.permissions import Permission

MOST = 2000
"""Discounts of one provider that are not ended."""
TABLES = """discounts d LEFT JOIN clients c ON c.id = d.client_id LEFT JOIN account_groups g ON g.id = d.group_id
LEFT JOIN products p ON p.id = d.product_id LEFT JOIN plans n ON n.id = d.plan_id
LEFT JOIN products r ON r.id = n.product_id"""
READ = f"""SELECT d.*, c.code AS client, c.name AS client_name, g.name AS group_name, p.name AS product_name,
       n.name AS plan_name, r.name AS plan_product, (SELECT count(*) FROM discount_uses u
                                                      WHERE u.discount_id = d.id AND u.begun IS NOT NULL) AS uses
FROM {TABLES}"""
"""Discounts with the names of whom and what they are for, `client` as a code, and how many services had them."""


class DiscountRow(db.Owned, tablename="discounts"):
    """A discount; the columns are those of `discount_fields.NewDiscount`, with ids."""

    name = Text()
    kind = Text()
    percent = Integer()
    units = BigInt()
    currency = Text()
    recipient = Text()
    group_id = BigInt(null=True)
    client_id = BigInt(null=True)
    area = Text()
    product_id = BigInt(null=True)
    plan_id = BigInt(null=True)
    period_count = Integer()
    period_unit = Text()
    priority = Integer()
    from_day = Date(null=True)
    until_day = Date(null=True)
    lasts = Text()
    periods = Integer()
    needs_code = Boolean()
    is_first_order = Boolean()
    least_quantity = Integer()
    least_units = BigInt()
    with_set_up = Boolean()
    ended_at = Timestamptz(null=True)
    created_at = Timestamptz()
    version = Integer()


async def get(discount_id: int, *, by: Actor) -> Record:
    """One discount with the names around it; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.DISCOUNT_READ)
    bound = Conditions()
    bound.add(f"d.id = {bound.bind(discount_id if rows.is_id(discount_id) else 0)}")
    visible(bound, by=by)
    found = await db.row(f"{READ} WHERE {bound.sql}", *bound.arguments)
    if found is None:
        raise NotFound()
    return found


async def some(discount_ids: Sequence[int], *, by: Actor) -> list[Record]:
    """Those of these discounts that `by` may see, as in `get`."""
    policies.require(by, Permission.DISCOUNT_READ)
    bound = Conditions()
    bound.add(f"d.id = ANY({bound.bind(list(discount_ids))}::bigint[])")
    visible(bound, by=by)
    return await db.fetch(f"{READ} WHERE {bound.sql} ORDER BY d.id", *bound.arguments)


async def create(new: NewDiscount, *, by: Actor) -> Record:
    """Make a discount; returns it. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.DISCOUNT_CREATE)
    values = await discount_fields.checked(msgspec.structs.asdict(new), by=by)
    await discount_fields.require_reach(values, by=by)
    if await db.value("SELECT count(*) FROM discounts WHERE ended_at IS NULL") >= MOST:
        raise Conflict(_("There is room for %(count)s discounts. End some first.") % {"count": MOST})
    columns, places = ", ".join(values), ", ".join(f"${at}" for at in range(2, len(values) + 2))
    async with rows.free_name():
        discount_id = await db.value(
            f"INSERT INTO discounts (created_at, {columns}) VALUES ($1, {places}) RETURNING id",
            clock.now(),
            *values.values(),
        )
    await _tell("discount:created", discount_id, values, new=told(values), by=by)
    return await get(discount_id, by=by)


async def update(discount_id: int, changes: DiscountChanges, *, version: int, by: Actor) -> Record:
    """Change one for the prices to come; `EditConflict` when somebody else did since it was read."""
    before = await _locked(discount_id, version=version, by=by)
    kept = {field: before[field] for field in NewDiscount.__struct_fields__}
    values = await discount_fields.checked(kept | rows.given(changes), but=discount_id, by=by)
    await discount_fields.require_reach(values, by=by)
    changed = {field: value for field, value in values.items() if value != before[field]}
    async with rows.free_name():
        await rows.save("discounts", before, changed)
    if changed:
        old, new = told({field: before[field] for field in values}), told(values)
        await _tell("discount:updated", discount_id, values, old=_but(old, new), new=_but(new, old), by=by)
    return await get(discount_id, by=by)


async def end(discount_id: int, *, by: Actor) -> Record:
    """From now on it lowers nothing any more, also where it had begun; for good."""
    row = await _locked(discount_id, by=by)
    await rows.save("discounts", row, {"ended_at": clock.now()})
    await _tell("discount:ended", discount_id, row, by=by)
    return await get(discount_id, by=by)


async def why_it_stays(discount_id: int, *, by: Actor) -> str:
    """Why a discount cannot be deleted now, "" when it can."""
    policies.require(by, Permission.DISCOUNT_DELETE)
    return await _why_it_stays((await get(discount_id, by=by))["id"])


async def delete(discount_id: int, *, by: Actor) -> None:
    """Remove one with its codes; `Conflict` when a service has had it, or took a code for it."""
    policies.require(by, Permission.DISCOUNT_DELETE)
    row = await get(discount_id, by=by)
    await discount_fields.require_reach(row, by=by)
    await rows.locked("discounts", discount_id)
    if reason := await _why_it_stays(discount_id):
        raise Conflict(reason)
    await db.execute("DELETE FROM discounts WHERE id = $1", discount_id)
    await _tell("discount:deleted", discount_id, row, old=told(row), by=by)


async def require_open(discount_id: int, *, by: Actor) -> Record:
    """The discount, locked, when `by` may change it and it is not ended."""
    return await _locked(discount_id, by=by)


def visible(bound: Conditions, *, by: Actor) -> None:
    """Add the conditions under which `by` sees a row of `discounts d`."""
    if by.projects is None and by.groups is None:
        return
    of_clients = Conditions()
    access.limit_to_visible(of_clients, by=by, alias="k")
    bound.add(
        "(d.recipient <> 'client' OR EXISTS (SELECT FROM clients k"
        f" WHERE k.id = d.client_id AND {of_clients.sql}))"
    )
    if by.groups is not None:
        bound.add(f"(d.recipient <> 'group' OR d.group_id IN ({access.listed(by.groups)}))")


def told(values: Mapping[str, Any]) -> dict[str, Any]:
    """A discount as the audit keeps it: what is not empty, amounts and percents as people write them."""
    plain = ("name", "kind", "recipient", "area", "priority", "lasts", "periods", "needs_code", "is_first_order",
             "least_quantity", "with_set_up", "group_id", "client_id", "product_id", "plan_id")  # fmt: skip
    found: dict[str, Any] = {field: values[field] for field in plain}
    found["worth"] = worth(values)
    if values["period_count"]:
        found["period"] = f"{values['period_count']} {values['period_unit']}"
    if values["least_units"]:
        found["least_amount"] = _amount(values["least_units"], values["currency"])
    for field in ("from_day", "until_day"):
        found[field] = values[field].isoformat() if values[field] else None
    return {field: value for field, value in found.items() if value not in (None, "", 0, False)}


def worth(discount: Mapping[str, Any]) -> str:
    """What it takes off, or what is paid instead, in a few letters."""
    if discount["kind"] == "percent":
        return f"{percents.written(discount['percent'])} %"
    return _amount(discount["units"], discount["currency"])


@group_effects.bring("discounts", N_("Discounts"))
async def of_group(group_id: int, *, by: Actor) -> list[Line]:
    """The discounts that a group carries and that are not ended."""
    if not policies.allows(by, Permission.DISCOUNT_READ):
        return []
    found = await db.fetch(
        "SELECT * FROM discounts WHERE group_id = $1 AND ended_at IS NULL ORDER BY name_folded, id", group_id
    )
    return [Line(text=f"{row['name']} ({worth(row)})", href=f"/staff/discounts/{row['id']}") for row in found]


async def _locked(discount_id: int, *, version: int | None = None, by: Actor) -> Record:
    """The discount with its names, locked, when `by` may change it and it is not ended."""
    policies.require(by, Permission.DISCOUNT_UPDATE)
    await discount_fields.require_reach(await get(discount_id, by=by), by=by)
    row = await rows.locked("discounts", discount_id, version=version)
    if row["ended_at"] is not None:
        raise Conflict(_("This discount is ended; it does not change any more."))
    return await get(discount_id, by=by)


async def _why_it_stays(discount_id: int) -> str:
    if await db.value("SELECT EXISTS (SELECT FROM discount_uses WHERE discount_id = $1)", discount_id):
        return _("A service has had it. End it instead, and it lowers nothing any more.")
    return ""


def _amount(units: int, currency: str) -> str:
    return f"{money.written(units, currency)} {currency}"


def _but(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What of one differs from the other."""
    return {field: one.get(field) for field in one.keys() | other.keys() if one.get(field) != other.get(field)}


async def _tell(
    action: str,
    discount_id: int,
    discount: Mapping[str, Any],
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    by: Actor,
) -> None:
    client_id = discount["client_id"]
    await audit.record(action, "discount", discount_id, by=by, name=discount["name"], client_id=client_id,
                       old=old, new=new)  # fmt: skip
