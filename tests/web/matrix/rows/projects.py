"""Projects."""

from tests.web.matrix.row import GONE, NEW, PROJECTS, rows

PLACEHOLDERS = {"project_id": "project"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/projects", "project:read", PROJECTS),
        ("POST /staff/projects", "project:create", PROJECTS | {"send": {"name": "!name", "currency": "EUR"}}),
        ("GET /staff/projects/new", "project:create", PROJECTS),
        ("GET /staff/projects/{project_id}/edit", "project:update", PROJECTS),
        (
            "POST /staff/projects/{project_id}",
            "project:update",
            PROJECTS | {"send": {"name": "!name", "version": 1}},
        ),
        ("POST /staff/projects/{project_id}/default", "project:update", PROJECTS | {"send": {}}),
        ("GET /staff/projects/{project_id}/delete", "project:delete", PROJECTS),
        ("POST /staff/projects/{project_id}/delete", "project:delete", PROJECTS | {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/projects", "project:read", PROJECTS),
        ("POST /api/v1/projects", "project:create", PROJECTS | NEW | {"send": {"name": "!name"}}),
        ("GET /api/v1/projects/{project_id}", "project:read", PROJECTS),
        (
            "PATCH /api/v1/projects/{project_id}",
            "project:update",
            PROJECTS | {"send": {"name": "!name", "version": 1}},
        ),
        ("POST /api/v1/projects/{project_id}/default", "project:update", PROJECTS | GONE),
        ("DELETE /api/v1/projects/{project_id}", "project:delete", PROJECTS | GONE),
    ),
]
RULED = {"projects.currency"}
