"""Types of products: how a provider sorts what it sells, in its own order."""

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Integer, Text

from core import audit, db, policies
from core.accounts import positions, rows
from core.actor import Actor
from core.catalog import sellers
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import N_, _, ngettext
from core.permissions import Permission

FIRST = (N_("Web hosting"), N_("Servers"), N_("Domain names"), N_("Certificates"), N_("Other"))
"""What a new provider begins with."""


class ProductType(db.Owned, tablename="product_types"):
    """A type of product."""

    name = Text()
    position = Integer()
    version = Integer()


class NewProductType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A type to be made; it comes last in the order."""

    name: str


class ProductTypeChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET


async def every(*, by: Actor) -> list[Record]:
    """The types in the provider's order, with `products`: how many there are of each."""
    policies.require(by, Permission.PRODUCT_READ)
    return await _read(by=by)


async def get(type_id: int, *, by: Actor) -> Record:
    """One type, with `products`."""
    policies.require(by, Permission.PRODUCT_READ)
    return await _one(type_id, by=by)


async def create_first(*, by: Actor) -> None:
    """The list a new provider begins with, named in its language; made when the provider is opened."""
    names = [_(name) for name in FIRST]
    await db.execute(
        """INSERT INTO product_types (name, position)
           SELECT name, place FROM unnest($1::text[]) WITH ORDINALITY AS listed (name, place)""",
        names,
    )
    await audit.record("product_type:created", "product_type", None, by=by, new={"names": names})


async def create(new: NewProductType, *, by: Actor) -> Record:
    """Make a type, the last of the list."""
    policies.require(by, Permission.PRODUCT_CREATE)
    sellers.require_unlimited(by)
    name = await _checked(new.name)
    async with rows.free_name():
        type_id = await db.value(
            "INSERT INTO product_types (name, position) VALUES ($1, $2) RETURNING id",
            name,
            await positions.last("product_types"),
        )
    await audit.record("product_type:created", "product_type", type_id, by=by, name=name, new={"name": name})
    return await _one(type_id, by=by)


async def update(type_id: int, changes: ProductTypeChanges, *, version: int, by: Actor) -> Record:
    """Change a type; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    row = await rows.locked("product_types", type_id, version=version)
    values = rows.given(changes)
    if "name" in values:
        values["name"] = await _checked(values["name"], but=type_id)
    async with rows.free_name():
        is_changed = await rows.save("product_types", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        await audit.record(
            "product_type:updated", "product_type", type_id, by=by, name=values["name"], old=old, new=values
        )
    return await _one(type_id, by=by)


async def move(type_id: int, *, steps: int, by: Actor) -> None:
    """Move it in the order: -1 is one up, 1 one down; not beyond the ends."""
    policies.require(by, Permission.PRODUCT_UPDATE)
    sellers.require_unlimited(by)
    await positions.move("product_types", type_id, steps=steps, noun="product_type", by=by)


async def why_it_stays(type_id: int, *, by: Actor) -> str:
    """Why a type cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PRODUCT_DELETE)
    return await _why_it_stays(type_id)


async def delete(type_id: int, *, by: Actor) -> None:
    """Remove a type; `Conflict` while there are products of it."""
    policies.require(by, Permission.PRODUCT_DELETE)
    sellers.require_unlimited(by)
    row = await rows.locked("product_types", type_id)
    if reason := await _why_it_stays(type_id):
        raise Conflict(reason)
    await db.execute("DELETE FROM product_types WHERE id = $1", type_id)
    old = {"name": row["name"]}
    await audit.record("product_type:deleted", "product_type", type_id, by=by, name=row["name"], old=old)


async def _why_it_stays(type_id: int) -> str:
    count = await db.value("SELECT count(*) FROM products WHERE type_id = $1", type_id)
    message = ngettext(
        "There is %(count)s product of this type.", "There are %(count)s products of this type.", count
    )
    return message % {"count": count} if count else ""


async def _one(type_id: int, *, by: Actor) -> Record:
    found = await _read(by=by, only=type_id) if rows.is_id(type_id) else []
    if not found:
        raise NotFound()
    return found[0]


async def _read(*, by: Actor, only: int | None = None) -> list[Record]:
    return await db.fetch(
        f"""SELECT t.id, t.name, t.position, t.version,
                   (SELECT count(*) FROM products p WHERE p.type_id = t.id AND {sellers.visible(by)}) AS products
            FROM product_types t WHERE $1::bigint IS NULL OR t.id = $1 ORDER BY t.position, t.id""",
        only,
    )


async def _checked(name: str, *, but: int = 0) -> str:
    checks = Checks()
    name = checks.text("name", name, longest=60)
    await rows.check_name_is_free(checks, "product_types", name, but=but)
    checks.done()
    return name
