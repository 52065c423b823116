"""Closing projects, and merging one into another."""

from typing import TYPE_CHECKING

from core.actor import Actor
from tests.web.matrix.row import GONE, PROJECTS, rows
from tests.web.matrix.things import project_

if TYPE_CHECKING:
    from tests.web.matrix.world import World


async def other_project_(world: "World", by: Actor) -> int:
    return await project_(world, by)


MAKERS = {"other_project": other_project_}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/projects/{project_id}/close", "project:update", PROJECTS),
        ("POST /staff/projects/{project_id}/close", "project:update", PROJECTS | {"send": {}}),
        ("POST /staff/projects/{project_id}/reopen", "project:update", PROJECTS | {"send": {}}),
        ("GET /staff/projects/{project_id}/merge?into=$other_project", "project:delete", PROJECTS),
        (
            "POST /staff/projects/{project_id}/merge",
            "project:delete",
            PROJECTS | {"send": {"into": "$other_project"}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("POST /api/v1/projects/{project_id}/close", "project:update", PROJECTS | GONE),
        ("POST /api/v1/projects/{project_id}/reopen", "project:update", PROJECTS | GONE),
        ("GET /api/v1/projects/{project_id}/merge?into=$other_project", "project:delete", PROJECTS),
        (
            "POST /api/v1/projects/{project_id}/merge",
            "project:delete",
            PROJECTS | {"send": {"into": "$other_project"}},
        ),
    ),
]
CHANGES_NOTHING = ("/staff/projects/{project_id}/reopen", "/api/v1/projects/{project_id}/reopen")
