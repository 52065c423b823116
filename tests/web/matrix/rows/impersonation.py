"""Entering with a client's rights, and the way back."""

from tests.web.matrix.row import rows

ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/enter?code=$client", "client:impersonate", {"gives": 303}),
        ("GET /staff/clients/{code}/enter", "client:impersonate", {}),
        ("POST /staff/clients/{code}/enter", "client:impersonate", {"send": {"reason": "Ticket 12"}}),
        ("POST /staff/leave", "client:impersonate", {"send": {}}),
    ),
    *rows("public", "any", ("POST /inside/leave", "public", {"send": {}})),
]
PARAMETERS = {"/staff/enter": "code back focus", "/staff/clients/{code}/enter": "back"}
CHANGES_NOTHING = {"/staff/leave", "/inside/leave"}
KEPT = {"impersonations.token_hash"}
RULED = {"impersonations.ended_by"}
FILLERS = {
    "impersonations": "(token_hash, staff_id, reason, started_at, expires_at) SELECT '\\x01', id, 'x', now(), now() FROM staff WHERE tenant_id = {tenant} LIMIT 1",
}
