"""The search over everything."""

from tests.web.matrix.row import rows

ROWS = [
    *rows("staff", "provider", ("GET /staff/search", "signed-in", {})),
    *rows("api", "provider", ("GET /api/v1/search?q=a", "client:read", {})),
]
PARAMETERS = {"/staff/search": "q focus", "/api/v1/search": "q kind"}
