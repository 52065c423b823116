"""Mail that came in, and where it is read."""

from tests.web.matrix.row import rows

LISTS, MANAGE = "ticket:manage", "settings:manage"
VERSION = {"version": "!incoming_version"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/incoming-mail", LISTS, {}),
        ("POST /staff/incoming-mail/read", LISTS, {"send": {}}),
        ("GET /staff/settings/incoming-mail", MANAGE, {}),
        ("POST /staff/settings/incoming-mail", MANAGE, {"send": {"address": "!email"} | VERSION}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/incoming-mail", LISTS, {}),
        ("POST /api/v1/incoming-mail/read", LISTS, {"gives": 409}),
        ("GET /api/v1/incoming-mail-settings", MANAGE, {}),
        ("PATCH /api/v1/incoming-mail-settings", MANAGE, {"send": {"opens_tickets": False} | VERSION}),
    ),
]
CHANGES_NOTHING = {"/staff/incoming-mail/read", "/api/v1/incoming-mail/read"}
PARAMETERS = {
    "/staff/incoming-mail": "state after before",
    "/api/v1/incoming-mail": "state after before limit",
}
RULED = {"incoming_mails.state"}
FILLERS = {
    "incoming_mail_settings": "(opens_tickets) VALUES (true) ON CONFLICT DO NOTHING",
    "incoming_mail_places": "(plugin) VALUES ('canary') ON CONFLICT DO NOTHING",
    "incoming_mails": "(key, sender, subject, state, came_at) VALUES ('k', 's', 'x', 'refused', now())",
}
