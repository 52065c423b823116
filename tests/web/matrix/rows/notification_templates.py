"""The texts of notifications, for staff and programs."""

from tests.web.matrix.row import Row

ROWS: list[Row] = []
FILLERS = {
    "notification_switches": "(kind, is_on) VALUES ('invoice.issued', false)",
    "notification_templates": "(kind, language, version, subject, text, made_at, made_by) VALUES ('invoice.issued', 'fr', 1, 'x', 'x', now(), 'x')",
}
