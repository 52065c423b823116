"""The start, settings, plugins, keys and activity of a provider."""

from tests.web.matrix.row import rows

PLACEHOLDERS = {"key_id": "api_key"}
PLUGIN = {"kinds": {"name": "plugin"}}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff", "signed-in", {}),
        ("GET /staff/plugins", "plugin:read", {}),
        ("GET /staff/plugins/{name}", "plugin:manage", PLUGIN),
        (
            "POST /staff/plugins/{name}",
            "plugin:manage",
            PLUGIN | {"send": {"subject_prefix": "!name", "version": "!plugin"}},
        ),
        ("POST /staff/plugins/{name}/disable", "plugin:manage", PLUGIN | {"send": {}}),
        ("POST /staff/plugins/{name}/enable", "plugin:manage", PLUGIN | {"send": {}}),
        ("GET /staff/api-keys", "api_key:manage", {}),
        ("GET /staff/api-keys/new", "api_key:manage", {}),
        (
            "POST /staff/api-keys",
            "api_key:manage",
            {"send": {"name": "!name", "scopes": "client:read"}, "gives": 200},
        ),
        ("GET /staff/api-keys/{key_id}/revoke", "api_key:manage", {}),
        ("POST /staff/api-keys/{key_id}/revoke", "api_key:manage", {"send": {}}),
        ("GET /staff/activity", "activity:read", {}),
        ("GET /staff/settings", "settings:manage", {}),
        ("GET /staff/sandbox", "settings:manage", {}),
        ("POST /staff/sandbox", "settings:manage", {"send": {"day": "!today"}}),
        ("POST /staff/settings", "settings:manage", {"send": {"name": "!name", "version": "!version"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/me", "signed-in", {}),
        ("GET /api/v1/openapi.json", "signed-in", {}),
        ("GET /api/v1/docs", "signed-in", {}),
        ("GET /api/v1/activity", "activity:read", {}),
        ("GET /api/v1/sandbox", "settings:manage", {}),
        ("PUT /api/v1/sandbox", "settings:manage", {"send": {"day": "!today"}}),
    ),
]
CHANGES_NOTHING = {"/staff/sandbox", "/api/v1/sandbox"}
PARAMETERS = {
    "/staff/activity": "actor action client search day_from day_to after before",
    "/api/v1/activity": "actor action client search after before",
}
KEPT = {"api_keys.key_hash", "api_keys.scopes", "plugin_settings.plugin"}
RULED = {"job_failures.state"}
FILLERS = {
    "job_failures": "(job_key, kind, attempt, error, first_failed_at, last_failed_at, state) VALUES (gen_random_uuid(), 'x', 1, 'x', now(), now(), 'dead')",
    "plugin_settings": "(plugin, updated_at) VALUES ('welcome-mail', now()) ON CONFLICT DO NOTHING",
    "idempotent_answers": "(api_key_id, key, request_hash, created_at) SELECT id, 'x', '\\x00', now() FROM api_keys WHERE tenant_id = {tenant} LIMIT 1",
}
