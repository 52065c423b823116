"""What a project shows to the world: its logo, its colour, and the hosts it is reached under."""

import base64
from typing import TYPE_CHECKING

from core import db
from core.accounts import project_logos, projects
from core.actor import Actor
from tenants import project_hosts
from tests.web.matrix.row import GONE, NEW, PROJECTS, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def _project(world: "World", by: Actor) -> int:
    return int((await projects.create(projects.NewProject(name=world.fresh("brand")), by=by))["id"])


async def logo_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        project_id = await _project(world, by)
        await project_logos.put(project_id, PIXEL, by=by)
        return int(await db.value("SELECT logo_id FROM projects WHERE id = $1", project_id))


async def project_host_(world: "World", by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        project_id = await _project(world, by)
        host = await project_hosts.add(project_id, f"{world.fresh('host')}.example", by=by)
        await db.execute("UPDATE project_hosts SET state = 'failed', reason = 'missing' WHERE id = $1", host["id"])
        return int(host["id"])


async def accent_(_world: "World", _by: Actor) -> str:
    return "1164c8"


MAKERS = {"logo": logo_, "project_host": project_host_, "accent": accent_}
PLACEHOLDERS = {"image_id": "logo", "host_id": "project_host", "digits": "accent"}
ROWS = [
    *rows(
        "public",
        "any",
        ("GET /brand/logo/{image_id}", "public", {}),
        ("GET /brand/accent/{digits}", "public", {"by": ""}),
    ),
    *rows(
        "staff",
        "provider",
        ("GET /staff/projects/{project_id}", "project:read", PROJECTS),
        (
            "POST /staff/projects/{project_id}/logo",
            "project:update",
            PROJECTS | {"send": {"logo": "no file"}, "gives": 422},
        ),
        ("POST /staff/projects/{project_id}/logo/remove", "project:update", PROJECTS | {"send": {}}),
        (
            "POST /staff/projects/{project_id}/hosts",
            "project:update",
            PROJECTS | {"send": {"name": "shop.nova.example"}},
        ),
        ("POST /staff/project-hosts/{host_id}/check", "project:update", PROJECTS | {"send": {}}),
        ("GET /staff/project-hosts/{host_id}/remove", "project:update", PROJECTS),
        ("POST /staff/project-hosts/{host_id}/remove", "project:update", PROJECTS | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        (
            "POST /api/v1/projects/{project_id}/logo",
            "project:update",
            PROJECTS | GONE | {"send": {"content": base64.b64encode(PIXEL).decode()}},
        ),
        ("DELETE /api/v1/projects/{project_id}/logo", "project:update", PROJECTS | GONE),
        ("GET /api/v1/projects/{project_id}/hosts", "project:read", PROJECTS),
        (
            "POST /api/v1/projects/{project_id}/hosts",
            "project:update",
            PROJECTS | NEW | {"send": {"name": "pay.nova.example"}},
        ),
        ("POST /api/v1/project-hosts/{host_id}/check", "project:update", PROJECTS | GONE),
        ("DELETE /api/v1/project-hosts/{host_id}", "project:update", PROJECTS | GONE),
    ),
]
CHANGES_NOTHING = (
    "/staff/projects/{project_id}/logo",
    "/staff/projects/{project_id}/logo/remove",
    "/api/v1/projects/{project_id}/logo",
)
RULED = {"images.kind", "project_hosts.state", "project_hosts.reason", "projects.accent"}
