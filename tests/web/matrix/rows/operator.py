"""The platform's own pages."""

from tests.web.matrix.row import rows

PLACEHOLDERS = {"reseller_id": "reseller"}
PROVIDER = {
    "code": "!code",
    "name": "!name",
    "owner_name": "Owner",
    "owner_email": "!email",
    "owner_password": "",
    "edition": "standard",
}
TERMS = {"name": "!name", "editions": ["standard"], "features": []}
ROWS = rows(
    "operator",
    "platform",
    ("GET /platform", "provider:read", {}),
    ("GET /platform/health", "platform:health", {}),
    ("GET /platform/activity", "platform:activity", {}),
    ("GET /platform/mail", "platform:health", {}),
    ("GET /platform/mail/{name}", "platform:health", {"kinds": {"name": "mail"}}),
    ("GET /platform/providers", "provider:read", {}),
    ("POST /platform/providers", "provider:open", {"send": PROVIDER}),
    ("GET /platform/providers/new", "provider:open", {}),
    ("GET /platform/providers/{code}", "provider:read", {}),
    ("POST /platform/providers/{code}/suspend", "provider:suspend", {"send": {"reason": "Unpaid"}}),
    (
        "POST /platform/providers/{code}/resume",
        "provider:suspend",
        {"send": {}, "kinds": {"code": "suspended_provider"}},
    ),
    ("POST /platform/providers/{code}/edition", "provider:edition", {"send": {"edition": "advanced"}}),
    (
        "POST /platform/providers/{code}/features",
        "provider:features",
        {"send": {"act": "refuse", "feature": "groups"}},
    ),
    (
        "POST /platform/providers/{code}/plugins",
        "provider:plugins",
        {"send": {"act": "enable", "plugin": "welcome-mail"}},
    ),
    ("GET /platform/resellers", "reseller:read", {}),
    (
        "POST /platform/resellers",
        "reseller:manage",
        {"send": TERMS | {"person_name": "R", "person_email": "!email"}},
    ),
    ("GET /platform/resellers/new", "reseller:manage", {}),
    ("GET /platform/resellers/{reseller_id}", "reseller:read", {}),
    ("GET /platform/resellers/{reseller_id}/edit", "reseller:manage", {}),
    ("POST /platform/resellers/{reseller_id}", "reseller:manage", {"send": TERMS | {"version": 1}}),
    ("POST /platform/resellers/{reseller_id}/suspend", "reseller:manage", {"send": {"reason": "Left"}}),
    (
        "POST /platform/resellers/{reseller_id}/resume",
        "reseller:manage",
        {"send": {}, "kinds": {"reseller_id": "suspended_reseller"}},
    ),
    by="olga",
)
PARAMETERS = {
    "/platform/providers": "text name state edition reseller_id after size",
    "/platform/activity": "actor action search after before",
}
KEPT = {"provider_features.feature"}
RULED = {"provider_counts.noun"}
