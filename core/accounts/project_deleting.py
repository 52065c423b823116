"""Removing a project, which nothing may belong to any more."""

import asyncpg
from asyncpg import Record

from core import audit, db, freshness, images, policies
from core.accounts import project_parts, projects, rows
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _, ngettext
from core.permissions import Permission


async def why_it_stays(project_id: int, *, by: Actor) -> str:
    """Why a project cannot be deleted now, "" when it can."""
    policies.require(by, Permission.PROJECT_DELETE)
    projects.require_visible(project_id, by=by)
    return await _why_it_stays(await projects.get(project_id, by=by))


async def delete(project_id: int, *, by: Actor) -> None:
    """Remove a project; `Conflict`, with the reason, while anything belongs to it or it is the default one."""
    policies.require(by, Permission.PROJECT_DELETE)
    projects.require_visible(project_id, by=by)
    row = await rows.locked("projects", project_id)
    if reason := await _why_it_stays(row):
        raise Conflict(reason)
    try:
        async with db.savepoint():
            await db.execute("DELETE FROM projects WHERE id = $1", project_id)
    except asyncpg.ForeignKeyViolationError as error:
        what = project_parts.BY_TABLE[str(error.table_name)].label
        raise Conflict(_("This project still has: %(what)s.") % {"what": _(what)}) from error
    await images.drop(row["logo_id"])
    await freshness.forget_tenant(by.tenant.id)
    old = {field: row[field] for field in projects.EDITABLE}
    await audit.record("project:deleted", "project", project_id, by=by, name=row["name"], old=old)


async def _why_it_stays(row: Record) -> str:
    if row["is_default"]:
        return _("This is the default project. Make another one the default first.")
    clients = await db.value("SELECT count(*) FROM client_projects WHERE project_id = $1", row["id"])
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
    if await db.value("SELECT EXISTS (SELECT FROM project_hosts WHERE project_id = $1)", row["id"]):
        return _("Host names lead to this project. Take them away first.")
    return ""
