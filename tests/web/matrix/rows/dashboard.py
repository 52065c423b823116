"""The business in figures, and the figures of days gone by, which the night fills."""

from tests.web.matrix.row import rows

ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/reconciliation", "report:read", {}),
        ("POST /staff/reconciliation/export", "report:read", {"gives": 200, "send": {"format": "csv"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/dashboard", "report:read", {}),
        ("GET /api/v1/reconciliation", "report:read", {}),
    ),
]
PARAMETERS = {"/staff/reconciliation": "day_from day_to", "/api/v1/reconciliation": "day_from day_to"}
RULED = {"daily_figures.currency", "daily_figures.name"}
FILLERS = {
    "daily_figures": "(day, project_id, currency, name, units, number)"
    " SELECT '2026-01-01', id, 'EUR', 'recurring', 1, 1 FROM projects WHERE tenant_id = {tenant} LIMIT 1",
    "monthly_values": "(id, units) SELECT id, 1 FROM services WHERE tenant_id = {tenant} LIMIT 1 ON CONFLICT DO NOTHING",
}
