"""Files of lists, on pages and in the API."""

from tests.web.matrix.row import CODES, GROUPS, rows

PAYERS, USERS, CONTRACTS = {"feature": "payers"}, {"feature": "users"}, {"feature": "contracts"}
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
        ("GET /staff/payers/export?country=FR", "payer:read", PAYERS),
        ("GET /staff/users/export", "user:read", USERS),
        ("GET /staff/contracts/export", "contract:read", CONTRACTS),
        ("GET /staff/companies/export", "company:read", {}),
        ("GET /staff/people/export", "staff:read", {}),
        (
            "POST /staff/contracts/export",
            "contract:read",
            CONTRACTS | {"send": {"columns": ["number"], "format": "csv"}, "gives": 200},
        ),
        ("POST /staff/companies/export", "company:read", {"send": {"format": "xlsx"}, "gives": 200}),
        ("POST /staff/groups/export", "group:read", GROUPS | {"send": {"format": "csv"}, "gives": 200}),
        ("POST /staff/activity/export", "activity:read", {"send": {"format": "xlsx"}, "gives": 200}),
        (
            "POST /staff/payers/export",
            "payer:read",
            PAYERS | {"send": {"format": "csv"}, "gives": 200},
        ),
        ("POST /staff/users/export", "user:read", USERS | {"send": {"format": "csv"}, "gives": 200}),
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
        ("POST /api/v1/payers/export", "payer:read", PAYERS | {"send": {"format": "csv", "columns": ["name"]}}),
        ("POST /api/v1/users/export", "user:read", USERS | {"send": {"format": "csv"}}),
        (
            "POST /api/v1/contracts/export",
            "contract:read",
            CONTRACTS | {"send": {"format": "csv", "filter": {"state": "draft"}}},
        ),
        ("POST /api/v1/companies/export", "company:read", {"send": {"format": "csv"}}),
        ("POST /api/v1/staff/export", "staff:read", {"send": {"format": "csv"}}),
        ("POST /api/v1/groups/{group_id}/export", "group:read", GROUPS | {"send": {"format": "csv"}}),
        ("POST /api/v1/tasks/{task_id}/export", "task:read", {"send": {"format": "csv"}}),
    ),
]
PARAMETERS = {
    "/staff/payers/export": "search kind country client",
    "/staff/users/export": "search role status client",
    "/staff/contracts/export": "number state company client",
    "/staff/clients/export": "all code name email project group kind country language status attitude registered_from registered_to",
}
