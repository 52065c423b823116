"""The logos of projects: put in by staff, shown to everybody who visits the brand."""

from asyncpg import Record

from core import audit, db, freshness, images, policies
from core.accounts import projects
from core.actor import Actor
from core.checks import Checks
from core.permissions import Permission


async def put(project_id: int, content: bytes, *, by: Actor) -> None:
    """Give a project this logo in place of the one it had; `Invalid` for what is no picture."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await projects.locked(project_id, by=by)
    checks = Checks()
    images.check(checks, "logo", content)
    checks.done()
    await _change(row, await images.keep(content), by=by)


async def remove(project_id: int, *, by: Actor) -> None:
    """Take the logo away; the brand's name stands in its place."""
    policies.require(by, Permission.PROJECT_UPDATE)
    row = await projects.locked(project_id, by=by)
    if row["logo_id"] is not None:
        await _change(row, None, by=by)


async def public(image_id: int) -> Record | None:
    """A picture that is some project's logo, for anybody; None for every other. Needs no permission."""
    if 0 < image_id < 2**63 and await db.value("SELECT true FROM projects WHERE logo_id = $1", image_id):
        return await images.get(image_id)
    return None


async def _change(row: Record, image_id: int | None, *, by: Actor) -> None:
    await db.execute("UPDATE projects SET logo_id = $2, version = version + 1 WHERE id = $1", row["id"], image_id)
    await images.drop(row["logo_id"])
    await freshness.forget_tenant(by.tenant.id)
    old, new = {"logo": row["logo_id"] is not None}, {"logo": image_id is not None}
    action = "project:logo_removed" if image_id is None else "project:logo_put"
    await audit.record(action, "project", row["id"], by=by, name=row["name"], old=old, new=new)
