"""Staff and their roles."""

from tests.web.matrix.row import NEW, rows

PLACEHOLDERS = {"staff_id": "staff", "key": "role"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/people", "staff:read", {}),
        ("GET /staff/people/new", "staff:manage", {}),
        ("POST /staff/people", "staff:manage", {"send": {"email": "!email", "name": "!name", "role": "support"}}),
        ("GET /staff/people/{staff_id}", "staff:read", {}),
        (
            "POST /staff/people/{staff_id}",
            "staff:manage",
            {"send": {"role": "auditor", "project_ids": "$project", "version": 1}},
        ),
        ("POST /staff/people/{staff_id}/invite-again", "staff:manage", {"send": {}}),
        ("GET /staff/people/{staff_id}/remove", "staff:manage", {}),
        ("POST /staff/people/{staff_id}/remove", "staff:manage", {"send": {}}),
        (
            "POST /staff/people/{staff_id}/restore",
            "staff:manage",
            {"send": {}, "kinds": {"staff_id": "former_staff"}},
        ),
        ("POST /staff/people/{staff_id}/disable", "staff:manage", {"send": {}}),
        (
            "POST /staff/people/{staff_id}/enable",
            "staff:manage",
            {"send": {}, "kinds": {"staff_id": "disabled_staff"}},
        ),
        (
            "POST /staff/people/{staff_id}/reset-factor",
            "staff:manage",
            {"send": {}, "kinds": {"staff_id": "enrolled_staff"}},
        ),
        ("GET /staff/roles", "role:manage", {}),
        ("GET /staff/roles/new", "role:manage", {}),
        ("POST /staff/roles", "role:manage", {"send": {"name": "!name", "permissions": ["client:read"]}}),
        ("GET /staff/roles/{key}", "role:manage", {}),
        (
            "POST /staff/roles/{key}",
            "role:manage",
            {"send": {"name": "!name", "permissions": "client:read", "version": 1}},
        ),
        ("GET /staff/roles/{key}/delete", "role:manage", {}),
        ("POST /staff/roles/{key}/delete", "role:manage", {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/staff", "staff:read", {}),
        (
            "POST /api/v1/staff",
            "staff:manage",
            NEW | {"send": {"email": "!email", "name": "!name", "role": "support", "group_ids": ["$group"]}},
        ),
        ("GET /api/v1/staff/{staff_id}", "staff:read", {}),
        ("GET /api/v1/roles", "staff:read", {}),
    ),
]
KEPT = {
    "links.bound_to",
    "people.locale",
    "people.password_hash",
    "people.preferences",
    "people.recovery_hashes",
    "people.theme",
    "people.totp_sealed",
    "roles.permissions",
    "sessions.token_hash",
    "staff.role",
}
RULED = {"links.purpose", "staff.state"}
FILLERS = {
    "attempts": "(subject, ends_at, count) VALUES ('x', now() + interval '1 hour', 1)",
    "staff_projects": "(staff_id, project_id) SELECT s.id, p.id FROM staff s, projects p WHERE s.tenant_id = {tenant} AND p.tenant_id = {tenant} AND s.role <> 'owner' LIMIT 1",
}
