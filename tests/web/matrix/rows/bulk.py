"""Changing many clients at once, on pages and in the API."""

from tests.web.matrix.row import CODES, rows

ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/bulk?code=$client", "client:read", {}),
        (
            "POST /staff/clients/bulk",
            "client:read",
            {
                "send": {
                    "code": "$client",
                    "act": "attitude",
                    "attitude": "$attitude",
                    "confirmed": "1",
                    "count": "1",
                }
            },
        ),
    ),
    *rows(
        "api",
        "provider",
        (
            "POST /api/v1/clients/bulk",
            "client:read",
            {"gives": 202, "send": CODES | {"act": "attitude", "attitude": "$attitude"}},
        ),
    ),
]
PARAMETERS = {
    "/staff/clients/bulk": "all code name email project group kind country language status attitude registered_from registered_to"
}
