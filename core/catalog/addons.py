"""Addons: what rides on the plans of a product. So many of something, a switch, or one of several choices.

What of it a plan includes and what more costs stands in the plan's price lists (`addon_offers`).
"""

from typing import Any, Literal

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import positions, rows
from core.actor import Actor
from core.catalog import addon_choices, named_in, price_lists, products, sellers
from core.catalog.addon_choices import AddonChoiceValues
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

Kind = Literal["quantity", "switch", "choice"]
KINDS = ("quantity", "switch", "choice")
FIELDS = ("name", "unit", "description")


class Addon(db.Owned, tablename="addons"):
    """An addon of a product. `unit` is what a quantity is counted in: GB, mailboxes."""

    product_id = BigInt()
    name = Text()
    kind = Text()
    unit = Text()
    description = Text()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class NewAddon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An addon to be made. `choices` are for the kind `choice`, two or more."""

    name: str
    kind: Kind
    unit: str = ""
    description: str = ""
    choices: tuple[AddonChoiceValues, ...] = ()


class AddonChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays. Its kind stays in any case.

    `choices` are all of them, in their order: with an id the one that is there, without one a new one.
    """

    name: str | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    choices: tuple[AddonChoiceValues, ...] | UnsetType = UNSET


async def of_product(product_id: int, *, by: Actor) -> list[dict[str, Any]]:
    """The addons of a product in their order, each with its `choices`: id and name."""
    policies.require(by, Permission.PRODUCT_READ)
    await products.find(product_id, by=by)
    found = await db.fetch("SELECT * FROM addons WHERE product_id = $1 ORDER BY position, id", product_id)
    choices = await addon_choices.of([row["id"] for row in found])
    return [dict(row) | {"choices": choices.get(row["id"], [])} for row in found]


async def get(addon_id: int, *, by: Actor) -> dict[str, Any]:
    """One addon with its `choices` and `product_name`; `NotFound` like its product."""
    policies.require(by, Permission.PRODUCT_READ)
    return await _find(addon_id, by=by)


async def create(product_id: int, new: NewAddon, *, by: Actor) -> dict[str, Any]:
    """Make an addon, the last of the product. It is sold once a price list offers it."""
    policies.require(by, Permission.PRODUCT_CREATE)
    product = await products.locked(product_id, by=by)
    given = {field: getattr(new, field) for field in FIELDS}
    values, choices = await _checked(given, new.choices, product_id=product_id, kind=new.kind)
    async with rows.free_name():
        addon_id = await db.value(
            """INSERT INTO addons (product_id, kind, name, unit, description, position, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id""",
            product_id,
            new.kind,
            *(values[field] for field in FIELDS),
            await positions.last("addons", product_id=product_id),
            clock.now(),
        )
    await addon_choices.write(addon_id, choices)
    shown = values | {"kind": new.kind, "product": product["name"], "choices": [one.name for one in choices]}
    await audit.record("addon:created", "addon", addon_id, by=by, name=values["name"], new=shown)
    return await _find(addon_id, by=by)


async def update(addon_id: int, changes: AddonChanges, *, version: int, by: Actor) -> dict[str, Any]:
    """Change an addon; `EditConflict` when somebody else did since it was read.

    A choice that a published price list sells stays: `Conflict`.
    """
    row = await _locked(addon_id, version=version, by=by)
    before = (await addon_choices.of([addon_id])).get(addon_id, [])
    kept = tuple(AddonChoiceValues(id=one["id"], name=one["name"]) for one in before)
    given = rows.given(changes)
    if "choices" in given:
        await price_lists.touch_drafts(addon_id)
    wanted = given.pop("choices", kept)
    values, choices = await _checked(
        given, wanted, product_id=row["product_id"], kind=row["kind"], but=addon_id, known=kept
    )
    old = {field: row[field] for field in values} | {"choices": [one.name for one in kept]}
    new = values | {"choices": [one.name for one in choices]}
    if choices != kept:
        await addon_choices.write(addon_id, choices)
    async with rows.free_name():
        is_changed = await rows.save("addons", row, values)
    if choices != kept and not is_changed:
        await db.execute("UPDATE addons SET version = version + 1 WHERE id = $1", addon_id)
    if is_changed or choices != kept:
        name = values.get("name", row["name"])
        await audit.record("addon:updated", "addon", addon_id, by=by, name=name, old=old, new=new)
    return await _find(addon_id, by=by)


async def move(addon_id: int, *, steps: int, by: Actor) -> None:
    """Move it among those of its product: -1 is one up, 1 one down; not beyond the ends."""
    row = await _locked(addon_id, by=by)
    await positions.move("addons", addon_id, steps=steps, noun="addon", by=by, product_id=row["product_id"])


async def why_it_stays(addon_id: int, *, by: Actor) -> str:
    """Why an addon cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PRODUCT_DELETE)
    await _find(addon_id, by=by)
    return await _why_it_stays(addon_id)


async def delete(addon_id: int, *, by: Actor) -> None:
    """Remove an addon, also from drafts of price lists; `Conflict` when a published one offers it."""
    policies.require(by, Permission.PRODUCT_DELETE)
    sellers.require_unlimited(by)
    row = await rows.locked("addons", addon_id)
    await price_lists.touch_drafts(addon_id)
    if reason := await _why_it_stays(addon_id):
        raise Conflict(reason)
    await db.execute("DELETE FROM addons WHERE id = $1", addon_id)
    old = {field: row[field] for field in (*FIELDS, "kind")}
    await audit.record("addon:deleted", "addon", addon_id, by=by, name=row["name"], old=old)


async def _find(addon_id: int, *, by: Actor) -> dict[str, Any]:
    found = None
    if rows.is_id(addon_id):
        found = await db.row(
            f"""SELECT a.*, p.name AS product_name FROM addons a JOIN products p ON p.id = a.product_id
                WHERE a.id = $1 AND {sellers.visible(by)}""",
            addon_id,
        )
    if found is None:
        raise NotFound()
    return dict(found) | {"choices": (await addon_choices.of([addon_id])).get(addon_id, [])}


async def _locked(addon_id: int, *, version: int | None = None, by: Actor) -> Record:
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    return await rows.locked("addons", addon_id, version=version)


async def _why_it_stays(addon_id: int) -> str:
    if await db.value(
        """SELECT EXISTS (SELECT FROM addon_offers o JOIN price_lists l ON l.id = o.price_list_id
                          WHERE o.addon_id = $1 AND l.published_at IS NOT NULL)""",
        addon_id,
    ):
        return _("A published price list offers it. Leave it out of the next one instead.")
    return ""


async def _checked(
    values: dict[str, Any],
    choices: tuple[AddonChoiceValues, ...],
    *,
    product_id: int,
    kind: str,
    but: int = 0,
    known: tuple[AddonChoiceValues, ...] = (),
) -> tuple[dict[str, Any], tuple[AddonChoiceValues, ...]]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=100)
        await named_in.check(checks, "addons", values["name"], but=but, product_id=product_id)
    if "unit" in values:
        values["unit"] = checks.text("unit", values["unit"], longest=30, required=False)
        if values["unit"] and kind != "quantity":
            checks.error("unit", _("Only a quantity has a unit."))
    if "description" in values:
        values["description"] = checks.text(
            "description", values["description"], longest=2000, required=False, lines=True
        )
    kept = await addon_choices.check(checks, choices, kind=kind, known=known)
    checks.done()
    return values, kept
