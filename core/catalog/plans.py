"""Plans: what one buys of a product. What a plan costs stands in its price lists."""

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import positions, rows
from core.actor import Actor
from core.catalog import named_in, price_lists, products, sellers
from core.catalog.products import State
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import _
from core.permissions import Permission

FIELDS = ("name", "description", "state")


class Plan(db.Owned, tablename="plans"):
    """A plan of a product. Its state is one of `products.STATES`, and counts together with that of the product."""

    product_id = BigInt()
    name = Text()
    description = Text()
    state = Text()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class NewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan to be made, hidden unless said otherwise."""

    name: str
    description: str = ""
    state: State = "hidden"


class PlanChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    state: State | UnsetType = UNSET


async def of_product(product_id: int, *, by: Actor) -> list[Record]:
    """The plans of a product in their order."""
    policies.require(by, Permission.PRODUCT_READ)
    await products.find(product_id, by=by)
    return await db.fetch(f"{_READ} WHERE n.product_id = $1 ORDER BY n.position, n.id", product_id)


async def get(plan_id: int, *, by: Actor) -> Record:
    """One plan with `product_name`, `product_code` and `product_state`; `NotFound` like its product."""
    policies.require(by, Permission.PRODUCT_READ)
    return await find(plan_id, by=by)


async def find(plan_id: int, *, by: Actor) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = None
    if rows.is_id(plan_id):
        found = await db.row(f"{_READ} WHERE n.id = $1 AND {sellers.visible(by)}", plan_id)
    if found is None:
        raise NotFound()
    return found


async def create(product_id: int, new: NewPlan, *, by: Actor) -> Record:
    """Make a plan, the last of the product, with an empty draft of its first price list."""
    policies.require(by, Permission.PRODUCT_CREATE)
    product = await products.locked(product_id, by=by)
    values = await _checked(msgspec.to_builtins(new), product_id)
    async with rows.free_name():
        plan_id = await db.value(
            """INSERT INTO plans (product_id, name, description, state, position, created_at)
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
            product_id,
            *(values[field] for field in FIELDS),
            await positions.last("plans", product_id=product_id),
            clock.now(),
        )
    shown = values | {"product": product["name"]}
    await audit.record("plan:created", "plan", plan_id, by=by, name=values["name"], new=shown)
    await price_lists.insert(plan_id)
    return await find(plan_id, by=by)


async def update(plan_id: int, changes: PlanChanges, *, version: int, by: Actor) -> Record:
    """Change a plan; `EditConflict` when somebody else did since it was read."""
    row = await _locked(plan_id, version=version, by=by)
    values = await _checked(rows.given(changes), row["product_id"], but=plan_id)
    async with rows.free_name():
        is_changed = await rows.save("plans", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("plan:updated", "plan", plan_id, by=by, name=name, old=old, new=values)
    return await find(plan_id, by=by)


async def move(plan_id: int, *, steps: int, by: Actor) -> None:
    """Move it among those of its product: -1 is one up, 1 one down; not beyond the ends."""
    row = await _locked(plan_id, by=by)
    await positions.move("plans", plan_id, steps=steps, noun="plan", by=by, product_id=row["product_id"])


async def why_it_stays(plan_id: int, *, by: Actor) -> str:
    """Why a plan cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PRODUCT_DELETE)
    return await _why_it_stays((await find(plan_id, by=by))["id"])


async def delete(plan_id: int, *, by: Actor) -> None:
    """Remove a plan and the draft of its prices; `Conflict` once a price list of it was published."""
    policies.require(by, Permission.PRODUCT_DELETE)
    sellers.require_unlimited(by)
    row = await rows.locked("plans", plan_id)
    if reason := await _why_it_stays(plan_id):
        raise Conflict(reason)
    await db.execute("DELETE FROM price_lists WHERE plan_id = $1", plan_id)
    await db.execute("DELETE FROM plans WHERE id = $1", plan_id)
    old = {field: row[field] for field in FIELDS}
    await audit.record("plan:deleted", "plan", plan_id, by=by, name=row["name"], old=old)


async def _locked(plan_id: int, *, version: int | None = None, by: Actor) -> Record:
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    return await rows.locked("plans", plan_id, version=version)


async def _why_it_stays(plan_id: int) -> str:
    if await db.value(
        "SELECT EXISTS (SELECT FROM price_lists WHERE plan_id = $1 AND published_at IS NOT NULL)", plan_id
    ):
        return _("A price list of it was published, and stays with what was sold. Withdraw the plan instead.")
    return ""


async def _checked(values: dict[str, str], product_id: int, *, but: int = 0) -> dict[str, str]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=100)
        await named_in.check(checks, "plans", values["name"], but=but, product_id=product_id)
    if "description" in values:
        values["description"] = checks.text(
            "description", values["description"], longest=2000, required=False, lines=True
        )
    checks.done()
    return values


_READ = """SELECT n.*, p.name AS product_name, p.code AS product_code, p.state AS product_state
    FROM plans n JOIN products p ON p.id = n.product_id"""
