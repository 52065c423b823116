"""Files of lists, on pages and in the API."""

from tests.web.matrix.row import CODES, GROUPS, rows

ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/export?code=$client", "client:export", {}),
        (
            "POST /staff/clients/export",
            "client:export",
            {"send": {"code": "$client", "columns": ["code", "name"], "format": "csv"}, "gives": 200},
        ),
        ("POST /staff/groups/export", "group:read", GROUPS | {"send": {"format": "csv"}, "gives": 200}),
        ("POST /staff/activity/export", "activity:read", {"send": {"format": "xlsx"}, "gives": 200}),
        (
            "POST /staff/payers/export",
            "payer:read",
            {"feature": "payers", "send": {"format": "csv"}, "gives": 200},
        ),
        ("POST /staff/users/export", "user:read", {"feature": "users", "send": {"format": "csv"}, "gives": 200}),
        ("POST /staff/people/export", "staff:read", {"send": {"format": "csv"}, "gives": 200}),
        ("POST /staff/groups/{group_id}/export", "group:read", GROUPS | {"send": {}, "gives": 200}),
        ("POST /staff/tasks/{task_id}/export", "task:read", {"send": {}, "gives": 200}),
    ),
    *rows(
        "api",
        "provider",
        ("POST /api/v1/clients/export", "client:export", {"send": CODES | {"format": "csv"}}),
        ("POST /api/v1/groups/export", "group:read", GROUPS | {"send": {"format": "csv"}}),
        ("POST /api/v1/activity/export", "activity:read", {"send": {"format": "csv"}}),
        ("POST /api/v1/payers/export", "payer:read", {"feature": "payers", "send": {"format": "csv"}}),
        ("POST /api/v1/users/export", "user:read", {"feature": "users", "send": {"format": "csv"}}),
        ("POST /api/v1/staff/export", "staff:read", {"send": {"format": "csv"}}),
        ("POST /api/v1/groups/{group_id}/export", "group:read", GROUPS | {"send": {"format": "csv"}}),
        ("POST /api/v1/tasks/{task_id}/export", "task:read", {"send": {"format": "csv"}}),
    ),
]
PARAMETERS = {
    "/staff/clients/export": "all code name email project group kind country language status attitude registered_from registered_to"
}
