"""The focus."""

from tests.web.matrix.row import rows

ROWS = rows("staff", "provider", ("GET /staff/focus?code=$client", "client:read", {"gives": 303}))
PARAMETERS = {"/staff/focus": "code focus", "/staff": "focus"}
