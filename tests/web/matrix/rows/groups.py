"""Account groups and who is in them."""

from tests.web.matrix.row import CODES, GONE, GROUPS, NEW, rows

PLACEHOLDERS = {"group_id": "group"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/{code}/groups", "group:read", GROUPS),
        ("POST /staff/clients/{code}/groups", "group:assign", GROUPS | {"send": {"group": "$group"}}),
        (
            "POST /staff/clients/{code}/groups/{group_id}/remove",
            "group:assign",
            GROUPS | {"send": {}, "is_member": True},
        ),
        ("GET /staff/clients/groups?code=$client", "group:assign", GROUPS),
        (
            "POST /staff/clients/groups",
            "group:assign",
            GROUPS | {"send": {"code": "$client", "group": "$group", "act": "add"}},
        ),
        ("GET /staff/groups", "group:read", GROUPS),
        ("POST /staff/groups", "group:create", GROUPS | {"send": {"name": "!name", "description": ""}}),
        ("GET /staff/groups/new", "group:create", GROUPS),
        ("GET /staff/groups/{group_id}", "group:read", GROUPS),
        ("POST /staff/groups/{group_id}", "group:update", GROUPS | {"send": {"name": "!name", "version": 1}}),
        ("GET /staff/groups/{group_id}/edit", "group:update", GROUPS),
        ("GET /staff/groups/{group_id}/delete", "group:delete", GROUPS),
        ("POST /staff/groups/{group_id}/delete", "group:delete", GROUPS | {"send": {}}),
        ("POST /staff/groups/{group_id}/members", "group:assign", GROUPS | {"send": {"code": "$client"}}),
        (
            "POST /staff/groups/{group_id}/members/remove",
            "group:assign",
            GROUPS | {"send": {"code": "$client"}, "is_member": True},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/groups", "group:read", GROUPS),
        ("GET /api/v1/groups", "group:read", GROUPS),
        ("POST /api/v1/groups", "group:create", GROUPS | NEW | {"send": {"name": "!name"}}),
        ("GET /api/v1/groups/{group_id}", "group:read", GROUPS),
        ("PATCH /api/v1/groups/{group_id}", "group:update", GROUPS | {"send": {"name": "!name", "version": 1}}),
        ("DELETE /api/v1/groups/{group_id}", "group:delete", GROUPS | GONE),
        ("POST /api/v1/groups/{group_id}/members", "group:assign", GROUPS | {"send": CODES}),
        (
            "POST /api/v1/groups/{group_id}/members/delete",
            "group:assign",
            GROUPS | {"send": CODES, "is_member": True},
        ),
    ),
]
PARAMETERS = {"/staff/groups/{group_id}": "after before", "/staff/clients/groups": "code"}
