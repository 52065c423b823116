"""Attitudes."""

from tests.web.matrix.row import GONE, NEW, rows

PLACEHOLDERS = {"attitude_id": "attitude"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/attitudes", "attitude:manage", {}),
        ("POST /staff/attitudes", "attitude:manage", {"send": {"name": "!name", "color": "green"}}),
        ("GET /staff/attitudes/{attitude_id}/edit", "attitude:manage", {}),
        ("POST /staff/attitudes/{attitude_id}", "attitude:manage", {"send": {"name": "!name", "version": 1}}),
        ("POST /staff/attitudes/{attitude_id}/move", "attitude:manage", {"send": {"steps": -1}}),
        ("POST /staff/attitudes/{attitude_id}/default", "attitude:manage", {"send": {}}),
        ("GET /staff/attitudes/{attitude_id}/delete", "attitude:manage", {}),
        (
            "POST /staff/attitudes/{attitude_id}/delete",
            "attitude:manage",
            {"send": {"replacement_id": "$attitude"}},
        ),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/attitudes", "client:read", {}),
        ("POST /api/v1/attitudes", "attitude:manage", NEW | {"send": {"name": "!name"}}),
        ("GET /api/v1/attitudes/{attitude_id}", "attitude:manage", {}),
        ("PATCH /api/v1/attitudes/{attitude_id}", "attitude:manage", {"send": {"name": "!name", "version": 1}}),
        ("POST /api/v1/attitudes/{attitude_id}/move", "attitude:manage", GONE | {"send": {"steps": -1}}),
        ("POST /api/v1/attitudes/{attitude_id}/default", "attitude:manage", GONE),
        ("DELETE /api/v1/attitudes/{attitude_id}?replacement_id=$attitude", "attitude:manage", GONE),
    ),
]
PARAMETERS = {"/api/v1/attitudes/{attitude_id}": "replacement_id"}
