"""Closing a project and opening it again. A closed one takes no new clients; those it has stay."""

from asyncpg import Record

from core import audit, clock, db, freshness, policies
from core.accounts import projects
from core.actor import Actor
from core.errors import Conflict
from core.i18n import _
from core.permissions import Permission


async def why_it_stays_open(project_id: int, *, by: Actor) -> str:
    """Why a project cannot be closed now, "" when it can."""
    policies.require(by, Permission.PROJECT_UPDATE)
    return _why_not(await projects.get(project_id, by=by))


async def close(project_id: int, *, by: Actor) -> Record:
    """Close it; `Conflict`, with the reason, for the default project. Twice is once."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await projects.locked(project_id, by=by)
    if reason := _why_not(row):
        raise Conflict(reason)
    if row["closed_at"] is None:
        await _set("project:closed", row, is_closed=True, by=by)
    return await projects.get(project_id, by=by)


async def reopen(project_id: int, *, by: Actor) -> Record:
    """Open it again. One that is open stays so."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await projects.locked(project_id, by=by)
    if row["closed_at"] is not None:
        await _set("project:reopened", row, is_closed=False, by=by)
    return await projects.get(project_id, by=by)


def _why_not(row: Record) -> str:
    if row["is_default"]:
        return _("This is the default project. Make another one the default first.")
    return ""


async def _set(action: str, row: Record, *, is_closed: bool, by: Actor) -> None:
    sql = "UPDATE projects SET closed_at = $2, version = version + 1 WHERE id = $1"
    await db.execute(sql, row["id"], clock.now() if is_closed else None)
    await freshness.forget_tenant(by.tenant.id)
    old, new = {"is_open": is_closed}, {"is_open": not is_closed}
    await audit.record(action, "project", row["id"], by=by, name=row["name"], old=old, new=new)
