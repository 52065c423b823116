"""Projects: the brands a provider sells under. One is the default; without the feature it is the only one."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType
from piccolo.columns import Boolean, Integer, Text, Timestamptz

from core import audit, clock, db, places, policies, quotas
from core.accounts import access, rows
from core.actor import Actor
from core.checks import Checks
from core.errors import Conflict, Forbidden, NotFound
from core.filters import Conditions
from core.i18n import _, ngettext
from core.permissions import Permission


class Project(db.Owned, tablename="projects"):
    """A brand. `sender` is the address its mail comes from, "" for the installation's."""

    name = Text()
    site = Text()
    currency = Text()
    sender = Text()
    is_default = Boolean()
    created_at = Timestamptz()
    version = Integer()


class NewProject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project to be made."""

    name: str
    site: str = ""
    currency: str = "EUR"
    sender: str = ""


class ProjectChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    name: str | UnsetType = UNSET
    site: str | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    sender: str | UnsetType = UNSET


async def every(*, by: Actor) -> list[Record]:
    """The projects in the order of their names, with `clients`: how many he may see in each."""
    policies.require(by, Permission.PROJECT_READ)
    return await _read(by=by)


async def get(project_id: int, *, by: Actor) -> Record:
    """One project, with `clients`."""
    policies.require(by, Permission.PROJECT_READ)
    _require_visible(project_id, by=by)
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


async def create_default(name: str, *, by: Actor, currency: str = "EUR") -> int:
    """The first project, made when the provider is opened. Every edition has it, so no feature is asked for."""
    project_id = await _insert({"name": name, "site": "", "currency": currency, "sender": ""}, is_default=True)
    await audit.record("project:created", "project", project_id, by=by, name=name, new={"name": name})
    return project_id


async def why_it_stays(project_id: int, *, by: Actor) -> str:
    """Why a project cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PROJECT_DELETE)
    _require_visible(project_id, by=by)
    return await _why_it_stays((await _read(by=by, only=project_id))[0])


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
    _require_visible(project_id, by=by)
    row = await rows.locked("projects", project_id, version=version)
    values = await _checked(rows.given(changes), but=project_id)
    async with rows.free_name():
        is_changed = await rows.save("projects", row, values)
    if is_changed:
        old = {field: row[field] for field in values}
        name = values.get("name", row["name"])
        await audit.record("project:updated", "project", project_id, by=by, name=name, old=old, new=values)
    return (await _read(by=by, only=project_id))[0]


async def make_default(project_id: int, *, by: Actor) -> None:
    """From now on new clients belong to this project when none is chosen."""
    policies.require(by, Permission.PROJECT_UPDATE)
    _require_visible(project_id, by=by)
    # All of them are locked, so that two who choose at the same moment choose one after the other.
    locked = {row["id"]: row for row in await db.fetch("SELECT * FROM projects ORDER BY id FOR UPDATE")}
    if project_id not in locked:
        raise NotFound()
    if locked[project_id]["is_default"]:
        return
    await db.execute("UPDATE projects SET is_default = false, version = version + 1 WHERE is_default")
    await db.execute("UPDATE projects SET is_default = true, version = version + 1 WHERE id = $1", project_id)
    old, new = {"is_default": False}, {"is_default": True}
    name = locked[project_id]["name"]
    await audit.record("project:made_default", "project", project_id, by=by, name=name, old=old, new=new)


async def delete(project_id: int, *, by: Actor) -> None:
    """Remove a project; `Conflict`, with the reason, while anything belongs to it or it is the default one."""
    policies.require(by, Permission.PROJECT_DELETE)
    _require_visible(project_id, by=by)
    row = await rows.locked("projects", project_id)
    if reason := await _why_it_stays(row):
        raise Conflict(reason)
    await db.execute("DELETE FROM projects WHERE id = $1", project_id)
    old = {field: row[field] for field in NewProject.__struct_fields__}
    await audit.record("project:deleted", "project", project_id, by=by, name=row["name"], old=old)


async def _why_it_stays(row: Record) -> str:
    if row["is_default"]:
        return _("This is the default project. Make another one the default first.")
    clients = await db.value("SELECT count(*) FROM clients WHERE project_id = $1", row["id"])
    if clients:
        message = ngettext(
            "%(count)s client belongs to this project.", "%(count)s clients belong to this project.", clients
        )
        return message % {"count": clients}
    limited = await db.value("SELECT count(*) FROM staff_projects WHERE project_id = $1", row["id"])
    if limited:
        message = ngettext(
            "%(count)s member of staff is limited to this project. Change that first.",
            "%(count)s members of staff are limited to this project. Change that first.",
            limited,
        )
        return message % {"count": limited}
    return ""


async def _read(*, by: Actor, only: int | None = None) -> list[Record]:
    conditions = Conditions()
    access.limit_to_visible(conditions, by=by)
    found = await db.fetch(
        f"""SELECT p.id, p.name, p.site, p.currency, p.sender, p.is_default, p.created_at, p.version,
                   (SELECT count(*) FROM clients c WHERE c.project_id = p.id AND {conditions.sql}) AS clients
            FROM projects p WHERE $1::bigint IS NULL OR p.id = $1 ORDER BY p.name_folded, p.id""",
        only,
    )
    visible = [row for row in found if _is_visible(row["id"], by=by)]
    if only is not None and not visible:
        raise NotFound()
    return visible


async def _insert(values: dict[str, Any], *, is_default: bool) -> int:
    async with rows.free_name():
        return int(
            await db.value(
                """INSERT INTO projects (name, site, currency, sender, is_default, created_at)
                   VALUES ($1, $2, $3, $4, $5, $6) RETURNING id""",
                *(values[field] for field in NewProject.__struct_fields__),
                is_default,
                clock.now(),
            )
        )


async def _checked(values: dict[str, Any], *, but: int = 0) -> dict[str, Any]:
    checks = Checks()
    if "name" in values:
        values["name"] = checks.text("name", values["name"], longest=100)
        await rows.check_name_is_free(checks, "projects", values["name"], but=but)
    if "site" in values:
        values["site"] = _site(checks, values["site"])
    if "currency" in values:
        values["currency"] = checks.choice("currency", values["currency"].strip().upper(), places.CURRENCIES)
    if values.get("sender", "").strip():
        values["sender"] = checks.email("sender", values["sender"])
    elif "sender" in values:
        values["sender"] = ""
    checks.done()
    return values


def _site(checks: Checks, value: str) -> str:
    """The address of the brand's site: http or https, or nothing. A bare host name becomes https."""
    site = checks.text("site", value, longest=200, required=False)
    if not site or "site" in checks.errors:
        return site
    address = site if "://" in site else f"https://{site}"
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and parts.username is None
    except ValueError:
        is_web = False
    if not is_web or any(letter.isspace() or letter in "\"'<>\\" for letter in address):
        checks.error("site", _("This does not look like a web address."))
    return address


def _is_visible(project_id: int, *, by: Actor) -> bool:
    return rows.is_id(project_id) and (by.projects is None or project_id in by.projects)


def _require_visible(project_id: int, *, by: Actor) -> None:
    if not _is_visible(project_id, by=by):
        raise NotFound()
