"""Categories of tickets: where one belongs, which department gets it, who may choose it, and what it costs."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from asyncpg import Record
from piccolo.columns import JSONB, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, places, policies
from core.accounts import access, positions, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, NotFound
from core.i18n import N_, _
from core.money import MOST as MOST_UNITS
from core.permissions import Permission
from core.support import ticket_statuses

Priced = Literal["", "ticket", "message"]
PRICED: Mapping[str, str] = {"": N_("Nothing"), "ticket": N_("Once a ticket"), "message": N_("Each message")}
FIELDS = ("name_en", "name_fr", "department_id", "project_id", "is_on", "is_shown", "priced_per", "prices")
MOST = 200
PROJECTS = "projects"
READ = """SELECT k.*, d.name AS department, d.is_closed, d.hours, j.name AS project,
    ARRAY(SELECT y.type_id FROM ticket_category_types y WHERE y.category_id = k.id ORDER BY 1) AS types
    FROM ticket_categories k JOIN departments d ON d.id = k.department_id
    LEFT JOIN projects j ON j.id = k.project_id"""
FITS = """k.is_on AND k.is_shown AND ($2 OR k.project_id IS NULL OR EXISTS (
        SELECT FROM client_projects a WHERE a.client_id = $1 AND a.project_id = k.project_id))
    AND (NOT EXISTS (SELECT FROM ticket_category_types y WHERE y.category_id = k.id) OR EXISTS (
        SELECT FROM ticket_category_types y JOIN products p ON p.type_id = y.type_id
        JOIN plans l ON l.product_id = p.id JOIN services s ON s.plan_id = l.id
        WHERE y.category_id = k.id AND s.client_id = $1 AND s.state <> 'ended'))"""
"""Which categories a client, whose id is $1, may choose; $2: the edition has no projects, so that none counts."""


class TicketCategory(db.Owned, tablename="ticket_categories"):
    """A category. `prices` are net units by currency; `is_on`: it can be chosen; `is_shown`: by clients too."""

    name_en = Text()
    name_fr = Text()
    department_id = BigInt()
    project_id = BigInt(null=True)
    is_on = Boolean()
    is_shown = Boolean()
    priced_per = Text()
    prices = JSONB()
    position = Integer()
    created_at = Timestamptz()
    version = Integer()


class TicketCategoryType(db.Owned, tablename="ticket_category_types"):
    """A product type whose clients a category is offered to."""

    category_id = BigInt()
    type_id = BigInt()


class CategoryValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a category. `types` are ids of product types: it is offered to clients with a service of one of them;
    without any, to all. `prices` are minor units before tax, by currency; with a tax of 100 % they can be kept."""

    name_en: str
    name_fr: str
    department_id: int
    project_id: int | None = None
    is_on: bool = True
    is_shown: bool = True
    priced_per: Priced = ""
    prices: Mapping[str, int] = {}
    types: tuple[int, ...] = ()


def name(category: Mapping[str, Any]) -> str:
    """What it is called in the reader's language."""
    return ticket_statuses.in_words(category, "name")


async def every(*, by: Actor) -> list[Record]:
    """The categories in the provider's order, with `department`, `project` and `types`."""
    policies.require(by, Permission.TICKET_READ)
    return await db.fetch(f"{READ} ORDER BY k.position, k.id")


async def get(category_id: int, *, by: Actor) -> Record:
    """One of them."""
    policies.require(by, Permission.TICKET_READ)
    return await find(category_id)


async def find(category_id: int) -> Record:
    """The same for verbs that ask for the right themselves."""
    found = await db.row(f"{READ} WHERE k.id = $1", category_id) if rows.is_id(category_id) else None
    if found is None:
        raise NotFound()
    return found


async def for_client(client_id: int, *, by: Actor) -> list[Record]:
    """What a user of the client may choose when he opens a ticket. Asks for no right."""
    is_one = not policies.has_feature(by.tenant, PROJECTS)
    return await db.fetch(f"{READ} WHERE {FITS} ORDER BY k.position, k.id", client_id, is_one)


async def create(new: CategoryValues, *, by: Actor) -> Record:
    """Add a category, the last of the list."""
    policies.require(by, Permission.TICKET_MANAGE)
    values = await _checked(new, before=None, by=by)
    if await db.value("SELECT count(*) FROM ticket_categories") >= MOST:
        raise Conflict(_("There is room for %(count)s categories.") % {"count": MOST})
    category_id = await db.value(
        f"""INSERT INTO ticket_categories ({", ".join(FIELDS)}, position, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id""",
        *values.values(),
        await positions.last("ticket_categories"),
        clock.now(),
    )
    await _set_types(category_id, new.types)
    made = await find(category_id)
    await audit.record("ticket_category:created", "ticket_category", category_id, by=by, name=name(made))
    return made


async def update(category_id: int, changes: CategoryValues, *, version: int, by: Actor) -> Record:
    """Change it; `EditConflict` when somebody else did since it was read. Tickets stay where they are."""
    policies.require(by, Permission.TICKET_MANAGE)
    row = await rows.locked("ticket_categories", category_id, version=version)
    values = await _checked(changes, before=row, by=by)
    before = (await find(category_id))["types"]
    await _set_types(category_id, changes.types)
    is_changed = await rows.save("ticket_categories", row, values)
    if sorted(changes.types) != before and not is_changed:
        await db.execute("UPDATE ticket_categories SET version = version + 1 WHERE id = $1", category_id)
    if is_changed or sorted(changes.types) != before:
        old, new = {field: row[field] for field in FIELDS}, values
        await audit.record("ticket_category:updated", "ticket_category", category_id, by=by, name=name(values),
                           old=_told(old), new=_told(new))  # fmt: skip
    return await find(category_id)


async def move(category_id: int, *, steps: int, by: Actor) -> None:
    """One place up or down in the list."""
    policies.require(by, Permission.TICKET_MANAGE)
    await positions.move(
        "ticket_categories", category_id, steps=steps, noun="ticket_category", title="name_en", by=by
    )


async def why_it_stays(category_id: int) -> str:
    """Why it cannot be removed, "" when it can."""
    if await db.value("SELECT EXISTS (SELECT FROM tickets WHERE category_id = $1)", category_id):
        return _("Tickets are in this category. Switch it off instead.")
    return ""


async def delete(category_id: int, *, by: Actor) -> None:
    """Remove a category; `Conflict` for one with tickets: that can be switched off."""
    policies.require(by, Permission.TICKET_MANAGE)
    row = await rows.locked("ticket_categories", category_id)
    if stays := await why_it_stays(category_id):
        raise Conflict(stays)
    await db.execute("DELETE FROM ticket_categories WHERE id = $1", category_id)
    await audit.record("ticket_category:deleted", "ticket_category", category_id, by=by, name=name(row))


async def create_first(department_id: int, *, by: Actor) -> None:
    """The category that a new provider begins with. Asks for no right."""
    category_id = await db.value(
        """INSERT INTO ticket_categories (name_en, name_fr, department_id, position, created_at)
           VALUES ('General questions', 'Questions générales', $1, 1, $2) RETURNING id""",
        department_id,
        clock.now(),
    )
    told = name(await find(category_id))
    await audit.record("ticket_category:created", "ticket_category", category_id, by=by, name=told)


async def _set_types(category_id: int, types: tuple[int, ...]) -> None:
    await db.execute(
        "DELETE FROM ticket_category_types WHERE category_id = $1 AND NOT type_id = ANY($2::bigint[])",
        category_id,
        list(types),
    )
    await db.execute(
        """INSERT INTO ticket_category_types (category_id, type_id) SELECT $1, unnest($2::bigint[])
           ON CONFLICT (tenant_id, category_id, type_id) DO NOTHING""",
        category_id,
        list(types),
    )


async def _checked(values: CategoryValues, *, before: Record | None, by: Actor) -> dict[str, Any]:
    checks = Checks()
    kept = {field: getattr(values, field) for field in FIELDS}
    for field in ("name_en", "name_fr"):
        kept[field] = checks.text(field, kept[field], longest=80)
    await _check_is("departments", "department_id", values.department_id, checks)
    if values.project_id is not None:
        if not access.may_use_project(values.project_id, by=by):
            checks.error("project_id", _("This is not one of the choices."))
        await _check_is("projects", "project_id", values.project_id, checks)
    for type_id in values.types:
        await _check_is("product_types", "types", type_id, checks)
    _check_prices(checks, values)
    checks.done()
    if values.project_id != (before["project_id"] if before else None):
        policies.require_feature(by, PROJECTS)
    return kept


def _check_prices(checks: Checks, values: CategoryValues) -> None:
    checks.choice("priced_per", values.priced_per or " ", {*PRICED, " "})
    if any(code not in places.CURRENCIES or not 0 < units < MOST_UNITS for code, units in values.prices.items()):
        checks.error("prices", _("Amounts above 0 with their currency, please, such as 40 EUR, 45 USD."))
    elif any(2 * units >= MOST_UNITS for units in values.prices.values()):
        checks.error("prices", _("This is more than can be kept."))
    elif bool(values.prices) != bool(values.priced_per):
        checks.error("prices", _("A price, and what it is for: both or neither, please."))


async def _check_is(table: str, field: str, row_id: int, checks: Checks) -> None:
    found = f"SELECT FROM {table} WHERE id = $1 FOR KEY SHARE"
    if not rows.is_id(row_id) or not await db.fetch(found, row_id):
        checks.error(field, _("This is not one of the choices."))


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the audit keeps them: without ids."""
    return {field: value for field, value in values.items() if not field.endswith("_id")}
