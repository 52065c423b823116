"""Clients, on pages and in the API."""

from tests.web.matrix.row import CODES, GONE, NEW, NEW_CLIENT, rows

PLACEHOLDERS = {"plugin": "plugin"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients", "client:read", {}),
        (
            "POST /staff/clients",
            "client:create",
            {"send": NEW_CLIENT | {"language": "fr", "attitude_id": "$attitude"}},
        ),
        ("POST /staff/clients/columns", "client:read", {"send": {"columns": ["code", "name"]}}),
        ("GET /staff/clients/new", "client:create", {}),
        ("GET /staff/clients/{code}", "client:read", {}),
        (
            "POST /staff/clients/{code}",
            "client:update",
            {"send": {"version": 1, "note": "Seen", "project_id": "$project"}},
        ),
        ("GET /staff/clients/{code}/edit", "client:update", {}),
        ("GET /staff/clients/{code}/timeline", "activity:read", {}),
        ("GET /staff/clients/{code}/more/{plugin}", "client:read", {}),
        ("GET /staff/clients/delete?code=$client", "client:delete", {}),
        ("POST /staff/clients/delete", "client:delete", {"send": {"code": "$client"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients", "client:read", {}),
        ("POST /api/v1/clients", "client:create", NEW | {"send": NEW_CLIENT | {"attitude_id": "$attitude"}}),
        ("POST /api/v1/clients/delete", "client:delete", {"send": CODES}),
        ("GET /api/v1/clients/{code}", "client:read", {}),
        ("PATCH /api/v1/clients/{code}", "client:update", {"send": {"version": 1, "project_id": "$project"}}),
        ("DELETE /api/v1/clients/{code}", "client:delete", GONE),
        ("GET /api/v1/clients/{code}/activity", "activity:read", {}),
        ("GET /api/v1/clients/{code}/timeline", "activity:read", {}),
    ),
]
PARAMETERS = {
    "/staff/clients": "code name email project group kind country language status attitude registered_from registered_to login phone phone_verified address newer_than older_than balance segment custom custom.key custom.key.from custom.key.bogus custom. after before sort",
    "/staff/clients/{code}/timeline": "kind who day_from day_to after before",
    "/api/v1/clients/{code}/timeline": "kind who day_from day_to after before",
    "/staff/clients/delete": "code",
    "/api/v1/clients": "code name email project group kind country language status attitude registered_from registered_to login phone phone_verified address newer_than older_than balance segment custom custom.key custom.key.to custom. after before sort limit fields",
}
KEPT = {"counters.name"}
RULED = {"clients.country", "clients.kind", "clients.status"}
