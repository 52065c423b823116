"""Products: what a provider sells, by type. What one buys of a product is a plan; where and to whom it is sold is
in `product_audience`, how many are left in `stock`."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, policies
from core.accounts import group_effects, positions, rows
from core.accounts.group_effects import Line
from core.actor import Actor
from core.catalog import product_audience, product_fields, sellers
from core.catalog.product_audience import Audience
from core.catalog.tax_rules import TaxClass
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import N_, _, ngettext
from core.permissions import Permission

State = Literal["on_sale", "hidden", "withdrawn"]
When = Literal["now", "renewal"]
Rest = Literal["credit", "refund", "none"]
STATES = ("on_sale", "hidden", "withdrawn")
"""On sale to clients; hidden: only staff order it; withdrawn: nobody does, and who has it keeps it."""
FIELDS = (
    "type_id",
    "name",
    "code",
    "description",
    "state",
    "stock",
    "most_per_client",
    "trial_days",
    "upgrade_when",
    "downgrade_when",
    "downgrade_rest",
    "tax_class",
    "vatex",
    "tax_reason",
    "asks_phone",
)


class Product(db.Owned, tablename="products"):
    """A product. `code` names it in addresses and programs; `stock` is what is left, None without end.

    `upgrade_when` and `downgrade_when`: when a change to something dearer or cheaper begins; `downgrade_rest`:
    what becomes of what was paid for the days that are left. `tax_class`: what it is taxed as; where it is exempt,
    `vatex` and `tax_reason` say why. `asks_phone`: who orders it has a verified telephone number.
    """

    type_id = BigInt()
    name = Text()
    code = Text()
    description = Text()
    state = Text()
    is_for_all_projects = Boolean()
    is_for_all_groups = Boolean()
    stock = Integer(null=True)
    most_per_client = Integer(null=True)
    trial_days = Integer()
    upgrade_when = Text()
    downgrade_when = Text()
    downgrade_rest = Text()
    tax_class = Text()
    vatex = Text()
    tax_reason = Text()
    asks_phone = Boolean()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class NewProduct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product to be made, hidden unless said otherwise. Without a code it gets one from its name.

    `project_ids` and `group_ids`: where, and to whom, it is sold; None is everywhere, and to all.
    """

    type_id: int
    name: str
    code: str = ""
    description: str = ""
    state: State = "hidden"
    stock: int | None = None
    most_per_client: int | None = None
    trial_days: int = 0
    upgrade_when: When = "now"
    downgrade_when: When = "renewal"
    downgrade_rest: Rest = "credit"
    tax_class: TaxClass = "standard"
    vatex: str = ""
    tax_reason: str = ""
    asks_phone: bool = False
    project_ids: tuple[int, ...] | None = None
    group_ids: tuple[int, ...] | None = None


class ProductChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    type_id: int | UnsetType = UNSET
    name: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    state: State | UnsetType = UNSET
    stock: int | UnsetType | None = UNSET
    most_per_client: int | UnsetType | None = UNSET
    trial_days: int | UnsetType = UNSET
    upgrade_when: When | UnsetType = UNSET
    downgrade_when: When | UnsetType = UNSET
    downgrade_rest: Rest | UnsetType = UNSET
    tax_class: TaxClass | UnsetType = UNSET
    vatex: str | UnsetType = UNSET
    tax_reason: str | UnsetType = UNSET
    asks_phone: bool | UnsetType = UNSET
    project_ids: tuple[int, ...] | UnsetType | None = UNSET
    group_ids: tuple[int, ...] | UnsetType | None = UNSET


class ProductFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the list shows: a part of the name or the code, a type, a state; else all but what is withdrawn."""

    name: str = ""
    type: int | None = None
    state: State | None = None


async def every(chosen: ProductFilter | None = None, *, by: Actor) -> list[Record]:
    """The products in the order of their types, each with `type_name` and `plans`: how many it has."""
    policies.require(by, Permission.PRODUCT_READ)
    chosen = chosen or ProductFilter()
    checks = Checks()
    name = checks.text("name", chosen.name, longest=100, required=False)
    checks.done()
    return await db.fetch(
        f"""{_READ} WHERE {sellers.visible(by)} AND ($1::bigint IS NULL OR p.type_id = $1)
            AND (p.state = $2 OR $2::text IS NULL AND p.state <> 'withdrawn')
            AND (strpos(p.name_folded, lower($3)) > 0 OR strpos(p.code, lower($3)) > 0)
            ORDER BY t.position, t.id, p.position, p.id""",
        chosen.type if chosen.type is None or rows.is_id(chosen.type) else 0,
        chosen.state,
        name,
    )


async def get(product_id: int, *, by: Actor) -> Record:
    """One product; `NotFound` when there is none that `by` may see."""
    policies.require(by, Permission.PRODUCT_READ)
    return await find(product_id, by=by)


async def find(product_id: int, *, by: Actor) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = None
    if rows.is_id(product_id):
        found = await db.row(f"{_READ} WHERE p.id = $1 AND {sellers.visible(by)}", product_id)
    if found is None:
        raise NotFound()
    return found


async def create(new: NewProduct, *, by: Actor) -> Record:
    """Make a product, the last of its type; returns it. All that is wrong comes back at once as `Invalid`."""
    policies.require(by, Permission.PRODUCT_CREATE)
    sellers.require_unlimited(by)
    given = msgspec.to_builtins(new)
    audience = Audience(project_ids=new.project_ids, group_ids=new.group_ids)
    values = await product_fields.checked({field: given[field] for field in FIELDS}, audience, by=by)
    values |= {"position": await positions.last("products", type_id=values["type_id"]), "created_at": clock.now()}
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    async with product_fields.free_code():
        sql = f"INSERT INTO products ({', '.join(values)}) VALUES ({places}) RETURNING id"
        product_id = int(await db.value(sql, *values.values()))
    told = await product_audience.choose(product_id, audience, by=by)
    shown = await _shown({field: values[field] for field in FIELDS}) | told.new
    await audit.record("product:created", "product", product_id, by=by, name=values["name"], new=shown)
    return await find(product_id, by=by)


async def update(product_id: int, changes: ProductChanges, *, version: int, by: Actor) -> Record:
    """Change a product; `EditConflict` when somebody else did since it was read."""
    row = await locked(product_id, version=version, by=by)
    given = rows.given(changes)
    before = await product_audience.of(row)
    audience = Audience(
        project_ids=given.pop("project_ids", before.project_ids),
        group_ids=given.pop("group_ids", before.group_ids),
    )
    values = await product_fields.checked(given, audience, before=before, but=row, by=by)
    if values.get("type_id", row["type_id"]) != row["type_id"]:
        values["position"] = await positions.last("products", type_id=values["type_id"])
    old = {field: row[field] for field in values if field != "position"}
    told = await product_audience.choose(product_id, audience, by=by)
    async with product_fields.free_code():
        is_changed = await rows.save("products", row, values)
    if told and not is_changed:
        await db.execute("UPDATE products SET version = version + 1 WHERE id = $1", product_id)
    if is_changed or told:
        new = {field: values[field] for field in old}
        await audit.record("product:updated", "product", product_id, by=by, name=values.get("name", row["name"]),
                           old=await _shown(old) | told.old, new=await _shown(new) | told.new)  # fmt: skip
    return await find(product_id, by=by)


async def move(product_id: int, *, steps: int, by: Actor) -> None:
    """Move it among those of its type: -1 is one up, 1 one down; not beyond the ends."""
    row = await locked(product_id, by=by)
    await positions.move("products", product_id, steps=steps, noun="product", by=by, type_id=row["type_id"])


async def why_it_stays(product_id: int, *, by: Actor) -> str:
    """Why a product cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PRODUCT_DELETE)
    return await _why_it_stays((await find(product_id, by=by))["id"])


async def delete(product_id: int, *, by: Actor) -> None:
    """Remove a product and its addons; `Conflict` while it has plans: what was sold is withdrawn instead."""
    policies.require(by, Permission.PRODUCT_DELETE)
    sellers.require_unlimited(by)
    row = await rows.locked("products", product_id)
    if reason := await _why_it_stays(product_id):
        raise Conflict(reason)
    await db.execute("DELETE FROM addons WHERE product_id = $1", product_id)
    await db.execute("DELETE FROM products WHERE id = $1", product_id)
    old = await _shown({field: row[field] for field in FIELDS})
    await audit.record("product:deleted", "product", product_id, by=by, name=row["name"], old=old)


async def locked(product_id: int, *, version: int | None = None, by: Actor) -> Record:
    """The row of a product, locked for a change that `by` may make; raises like `rows.locked`."""
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    return await rows.locked("products", product_id, version=version)


async def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the audit has them: the type by its name."""
    shown = {field: value for field, value in values.items() if field != "type_id"}
    if "type_id" in values:
        shown["product_type"] = await db.value("SELECT name FROM product_types WHERE id = $1", values["type_id"])
    return shown


async def _why_it_stays(product_id: int) -> str:
    count = await db.value("SELECT count(*) FROM plans WHERE product_id = $1", product_id)
    message = ngettext(
        "It has %(count)s plan. Delete that first, or withdraw the product.",
        "It has %(count)s plans. Delete those first, or withdraw the product.",
        count,
    )
    return message % {"count": count} if count else ""


@group_effects.bring("products", N_("Products sold to certain groups, and to this one"))
async def of_group(group_id: int, *, by: Actor) -> list[Line]:
    """The products that are sold to this account group, and not to all clients."""
    if not policies.allows(by, Permission.PRODUCT_READ):
        return []
    found = await db.fetch(
        f"""SELECT p.id, p.name FROM products p JOIN product_groups g ON g.product_id = p.id
            WHERE g.group_id = $1 AND NOT p.is_for_all_groups AND {sellers.visible(by)} ORDER BY p.name_folded""",
        group_id,
    )
    return [Line(text=row["name"], href=f"/staff/products/{row['id']}") for row in found]


_READ = """SELECT p.*, t.name AS type_name, (SELECT count(*) FROM plans n WHERE n.product_id = p.id) AS plans
    FROM products p JOIN product_types t ON t.id = p.type_id"""


def state_name(state: str) -> str:
    """A state in the reader's language."""
    named: dict[str, Any] = {"on_sale": _("On sale"), "hidden": _("Hidden"), "withdrawn": _("Withdrawn")}
    return str(named.get(state, state))
