"""Projects: the brands a provider sells under. One is the default; without the feature it is the only one."""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Array, BigInt, Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, freshness, policies, quotas
from core.accounts import access, account_parts, project_checks, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.filters import Conditions
from core.i18n import _
from core.permissions import Permission


class Project(db.Owned, tablename="projects"):
    """A brand. `sender` is the address that answers to its mail go to, see `written_as`.

    `credit_limit` is what its clients' accounts begin with, in minor units of `currency`. `brand_name` is "" where
    clients see `name`; `accent` is `#rrggbb`, or "" for the provider's colour.
    """

    name = Text()
    site = Text()
    currency = Text()
    sender = Text()
    sender_name = Text()
    name_servers = Array(base_column=Text())
    free_domain = Boolean()
    credit_limit = BigInt()
    fraud_protection = Boolean()
    brand_name = Text()
    accent = Text()
    logo_id = BigInt(null=True)
    is_default = Boolean()
    closed_at = Timestamptz(null=True)
    created_at = Timestamptz()
    version = Integer()


class NewProject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project to be made. `credit_limit` is in minor units of the currency."""

    name: str
    site: str = ""
    currency: str = "EUR"
    sender: str = ""
    sender_name: str = ""
    name_servers: tuple[str, ...] = ()
    free_domain: bool = False
    credit_limit: int = 0
    fraud_protection: bool = False
    brand_name: str = ""
    accent: str = ""


class ProjectChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    site: str | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    sender: str | UnsetType = UNSET
    sender_name: str | UnsetType = UNSET
    name_servers: tuple[str, ...] | UnsetType = UNSET
    free_domain: bool | UnsetType = UNSET
    credit_limit: int | UnsetType = UNSET
    fraud_protection: bool | UnsetType = UNSET
    brand_name: str | UnsetType = UNSET
    accent: str | UnsetType = UNSET


EDITABLE = ProjectChanges.__struct_fields__


async def every(*, by: Actor) -> list[Record]:
    """The projects in the order of their names, with `clients`: how many that he sees have an account in each."""
    policies.require(by, Permission.PROJECT_READ)
    return await _read(by=by)


async def get(project_id: int, *, by: Actor) -> Record:
    """One project, with `clients`."""
    policies.require(by, Permission.PROJECT_READ)
    require_visible(project_id, by=by)
    return (await _read(by=by, only=project_id))[0]


async def names(*, by: Actor) -> dict[int, str]:
    """The projects that `by` may see, for a choice: id to name, in alphabetical order.

    Whoever sees clients sees the names of the projects they belong to.
    """
    policies.require_feature(by, "projects")
    if not policies.allows(by, Permission.CLIENT_READ):
        policies.require(by, Permission.PROJECT_READ)
    found = await db.fetch("SELECT id, name FROM projects ORDER BY name_folded, id")
    return {row["id"]: row["name"] for row in found if _is_visible(row["id"], by=by)}


async def default_id() -> int:
    """The default project of the tenant in force; there always is one. Needs no permission."""
    found = await db.value("SELECT id FROM projects WHERE is_default")
    if found is None:
        raise NotFound()
    return int(found)


async def exists(project_id: int) -> bool:
    """Whether there is such a project; it then stays until the transaction ends. Needs no permission."""
    found = "SELECT FROM projects WHERE id = $1 FOR KEY SHARE"
    return rows.is_id(project_id) and bool(await db.fetch(found, project_id))


async def takes_clients(project_id: int) -> bool:
    """Whether there is such a project and it is not closed; it then stays until the transaction ends.

    Needs no permission.
    """
    found = "SELECT FROM projects WHERE id = $1 AND closed_at IS NULL FOR KEY SHARE"
    return rows.is_id(project_id) and bool(await db.fetch(found, project_id))


async def open_names(*, by: Actor) -> dict[int, str]:
    """Those of `names` that take clients."""
    found = await names(by=by)
    closed = await db.fetch("SELECT id FROM projects WHERE closed_at IS NOT NULL")
    return {key: name for key, name in found.items() if key not in {row["id"] for row in closed}}


async def create_default(name: str, *, by: Actor, currency: str = "EUR") -> int:
    """The first project, made when the provider is opened. Every edition has it, so no feature is asked for."""
    project_id = await _insert({"name": name, "currency": currency}, is_default=True)
    await audit.record("project:created", "project", project_id, by=by, name=name, new={"name": name})
    return project_id


async def create(new: NewProject, *, by: Actor) -> Record:
    """Make a project. Who is limited to projects cannot: he would not see it."""
    policies.require(by, Permission.PROJECT_CREATE)
    if by.projects is not None:
        raise Forbidden(_("You are limited to certain projects, so you cannot add one."))
    values = await _checked(msgspec.to_builtins(new))
    await quotas.require_room("projects", "SELECT count(*) FROM projects", by=by)
    project_id = await _insert(values, is_default=False)
    await audit.record("project:created", "project", project_id, by=by, name=values["name"], new=values)
    return (await _read(by=by, only=project_id))[0]


async def update(project_id: int, changes: ProjectChanges, *, version: int, by: Actor) -> Record:
    """Change a project; `EditConflict` when somebody else did since it was read."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await locked(project_id, version=version, by=by)
    values = await _checked(rows.given(changes), but=project_id)
    await _require_currency_free(row, values)
    async with rows.free_name():
        is_changed = await rows.save("projects", row, values)
    if is_changed:
        await freshness.forget_tenant(by.tenant.id)
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("project:updated", "project", project_id, by=by, name=name, old=old, new=values)
    return (await _read(by=by, only=project_id))[0]


async def _require_currency_free(row: Record, values: Mapping[str, Any]) -> None:
    """`Invalid` under "currency" when it would change what money in accounts of this project is."""
    if values.get("currency", row["currency"]) != row["currency"] and await account_parts.is_used(row["id"]):
        raise Invalid({"currency": _("Money was moved in accounts of this project; its currency stays.")})


async def make_default(project_id: int, *, by: Actor) -> None:
    """From now on new clients belong to this project when none is chosen."""
    policies.require(by, Permission.PROJECT_UPDATE)
    require_visible(project_id, by=by)
    # All of them are locked, so that two who choose at the same moment choose one after the other.
    all_of_them = {row["id"]: row for row in await db.fetch("SELECT * FROM projects ORDER BY id FOR UPDATE")}
    if project_id not in all_of_them:
        raise NotFound()
    if all_of_them[project_id]["is_default"]:
        return
    if all_of_them[project_id]["closed_at"] is not None:
        raise Conflict(_("This project is closed. Open it again first."))
    await db.execute("UPDATE projects SET is_default = false, version = version + 1 WHERE is_default")
    await db.execute("UPDATE projects SET is_default = true, version = version + 1 WHERE id = $1", project_id)
    old, new = {"is_default": False}, {"is_default": True}
    name = all_of_them[project_id]["name"]
    await audit.record("project:made_default", "project", project_id, by=by, name=name, old=old, new=new)


async def _read(*, by: Actor, only: int | None = None) -> list[Record]:
    conditions = Conditions()
    access.limit_to_groups(conditions, by=by)
    clients = f"JOIN clients c ON c.id = a.client_id AND {conditions.sql}" if conditions else ""
    found = await db.fetch(
        f"""SELECT p.*, (SELECT count(*) FROM client_projects a {clients} WHERE a.project_id = p.id) AS clients
            FROM projects p WHERE $1::bigint IS NULL OR p.id = $1 ORDER BY p.name_folded, p.id""",
        only,
    )
    visible = [row for row in found if _is_visible(row["id"], by=by)]
    if only is not None and not visible:
        raise NotFound()
    return visible


async def _insert(values: dict[str, Any], *, is_default: bool) -> int:
    values = values | {"is_default": is_default, "created_at": clock.now()}
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    async with rows.free_name():
        sql = f"INSERT INTO projects ({', '.join(values)}) VALUES ({places}) RETURNING id"
        return int(await db.value(sql, *values.values()))


async def _checked(values: dict[str, Any], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=100)
        await rows.check_name_is_free(checks, "projects", values["name"], but=but)
    values = project_checks.checked(checks, values)
    checks.done()
    return values


async def locked(project_id: int, *, version: int | None = None, by: Actor) -> Record:
    """The row of a project that `by` may see, locked until the transaction ends; raises like `rows.locked`."""
    require_visible(project_id, by=by)
    return await rows.locked("projects", project_id, version=version)


def _is_visible(project_id: int, *, by: Actor) -> bool:
    return rows.is_id(project_id) and (by.projects is None or project_id in by.projects)


def require_visible(project_id: int, *, by: Actor) -> None:
    """`NotFound` when the project is not one of those that `by` is limited to."""
    if not _is_visible(project_id, by=by):
        raise NotFound()
