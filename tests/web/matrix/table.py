# ruff: noqa: E501 (a table reads better in one line a row)
"""The table of every route and method: whose host, which permission and feature, and how to call it.

A new route gets its line here, or test_table.py fails. In paths and bodies `$client` stands for a client's code and
`$group`, `$project`, ... for an id; the tests put in one's own, another provider's, or one that does not exist.
`!name`, `!email`, ... are new every time. `{code}` and its like in paths are told apart by PLACEHOLDERS.
"""

from typing import Any

import msgspec

from tests.visitor import PASSWORD

PLACEHOLDERS = {
    "attitude_id": "attitude",
    "group_id": "group",
    "key_id": "api_key",
    "project_id": "project",
    "reseller_id": "reseller",
    "key": "role",
    "session_id": "session",
    "staff_id": "staff",
    "token": "link",
}
"""What an id in a path is the id of. `{code}` is a client's on a provider's host and a provider's on the platform."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One route and method. `gives` is the answer to whoever may; `by` is who that is.
    `is_member`: the client it names is in the group it names."""

    method: str
    path: str
    area: str
    hosts: str
    needs: str
    feature: str | None = None
    query: str = ""
    send: dict[str, Any] | None = None
    gives: int = 200
    by: str = "alice"
    is_member: bool = False
    kinds: dict[str, str] = {}

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def is_json(self) -> bool:
        """Whether it speaks JSON and takes keys. The page about the API does not."""
        return self.area == "api" and self.path != "/api/v1/docs"

    @property
    def needs_permission(self) -> bool:
        return self.needs not in ("public", "signed-in")

    @property
    def named(self) -> list[tuple[str, str]]:
        """The names in the path, each with what it is the id of."""
        names = [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]
        usual = PLACEHOLDERS | {"code": "provider" if self.hosts == "platform" else "client"} | self.kinds
        return [(name, usual[name]) for name in names]


def rows(area: str, hosts: str, *listed: tuple[str, str, dict[str, Any]], **usual: Any) -> list[Row]:
    """The rows of an area. A form that was saved answers with a redirect."""
    made = []
    for line, needs, more in listed:
        method, address = line.split()
        path, _mark, query = address.partition("?")
        given: dict[str, Any] = {"gives": 303 if method == "POST" and area != "api" else 200} | usual | more
        made.append(Row(method=method, path=path, query=query, area=area, hosts=hosts, needs=needs, **given))
    return made


GROUPS, PROJECTS = {"feature": "groups"}, {"feature": "projects"}
PLUGIN = {"kinds": {"name": "plugin"}}
CREDENTIALS = {"email": "max@nova.example", "password": PASSWORD}
NEW_CLIENT = {"login": "!login", "email": "!email", "country": "FR", "contact_person": "Jean Petit"}
NEW_PASSWORD = "another horse, another staple 77"
PASSWORDS = {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD}

PUBLIC = rows(
    "public",
    "any",
    ("GET /", "public", {}),
    ("GET /sign-in", "public", {"by": ""}),
    ("POST /sign-in", "public", {"send": CREDENTIALS, "by": ""}),
    ("GET /sign-in/code", "public", {"gives": 303, "by": ""}),
    ("POST /sign-in/code", "public", {"send": {"code": "123456"}, "by": ""}),
    ("POST /sign-out", "public", {"send": {}}),
    ("GET /password", "public", {"by": ""}),
    ("POST /password", "public", {"send": {"email": "max@nova.example"}, "gives": 200, "by": ""}),
    ("GET /password/{token}", "public", {"by": ""}),
    ("POST /password/{token}", "public", {"send": PASSWORDS, "by": ""}),
    ("GET /health/live", "public", {"by": ""}),
    ("GET /health/ready", "public", {"by": ""}),
    ("GET /static/{file_path}", "public", {"kinds": {"file_path": "static"}, "by": ""}),
    ("HEAD /static/{file_path}", "public", {"kinds": {"file_path": "static"}, "by": ""}),
)

ACCOUNT = rows(
    "account",
    "any",
    ("GET /account", "signed-in", {}),
    ("POST /account", "signed-in", {"send": {"name": "Alice", "locale": "fr", "theme": "dark"}}),
    ("POST /account/password", "signed-in", {"send": {"current": PASSWORD} | PASSWORDS, "by": "max"}),
    ("POST /account/language", "public", {"send": {"locale": "fr", "back": "/"}}),
    ("POST /account/appearance", "public", {"send": {"theme": "dark", "back": "/"}}),
    ("GET /account/sessions", "signed-in", {}),
    ("POST /account/sessions/{session_id}/end", "signed-in", {"send": {}}),
    ("POST /account/sessions/end-others", "signed-in", {"send": {}}),
    ("GET /account/two-factor", "signed-in", {}),
    ("POST /account/two-factor/begin", "signed-in", {"send": {}, "by": "sam"}),
    ("POST /account/two-factor", "signed-in", {"send": {"code": "!first_code"}, "gives": 200, "by": "sam"}),
    ("POST /account/two-factor/codes", "signed-in", {"send": {"secret": "!enrolled"}, "gives": 200, "by": "carl"}),
    ("POST /account/two-factor/off", "signed-in", {"send": {"secret": "!enrolled"}, "by": "ada"}),
)

STAFF = rows(
    "staff",
    "provider",
    ("GET /staff", "signed-in", {}),
    ("GET /staff/clients", "client:read", {}),
    (
        "POST /staff/clients",
        "client:create",
        {"send": NEW_CLIENT | {"language": "fr", "attitude_id": "$attitude"}},
    ),
    ("POST /staff/clients/columns", "client:read", {"send": {"columns": ["code", "name"]}}),
    ("GET /staff/clients/new", "client:create", {}),
    ("GET /staff/clients/{code}", "client:read", {}),
    (
        "POST /staff/clients/{code}",
        "client:update",
        {"send": {"version": 1, "note": "Seen", "project_id": "$project"}},
    ),
    ("GET /staff/clients/{code}/edit", "client:update", {}),
    ("GET /staff/clients/{code}/activity", "activity:read", {}),
    ("GET /staff/clients/{code}/groups", "group:read", GROUPS),
    ("POST /staff/clients/{code}/groups", "group:assign", GROUPS | {"send": {"group": "$group"}}),
    (
        "POST /staff/clients/{code}/groups/{group_id}/remove",
        "group:assign",
        GROUPS | {"send": {}, "is_member": True},
    ),
    ("GET /staff/clients/groups?code=$client", "group:assign", GROUPS),
    (
        "POST /staff/clients/groups",
        "group:assign",
        GROUPS | {"send": {"code": "$client", "group": "$group", "act": "add"}},
    ),
    ("GET /staff/clients/delete?code=$client", "client:delete", {}),
    ("POST /staff/clients/delete", "client:delete", {"send": {"code": "$client"}}),
    ("GET /staff/groups", "group:read", GROUPS),
    ("POST /staff/groups", "group:create", GROUPS | {"send": {"name": "!name", "description": ""}}),
    ("GET /staff/groups/new", "group:create", GROUPS),
    ("GET /staff/groups/{group_id}", "group:read", GROUPS),
    ("POST /staff/groups/{group_id}", "group:update", GROUPS | {"send": {"name": "!name", "version": 1}}),
    ("GET /staff/groups/{group_id}/edit", "group:update", GROUPS),
    ("GET /staff/groups/{group_id}/delete", "group:delete", GROUPS),
    ("POST /staff/groups/{group_id}/delete", "group:delete", GROUPS | {"send": {}}),
    ("POST /staff/groups/{group_id}/members", "group:assign", GROUPS | {"send": {"code": "$client"}}),
    (
        "POST /staff/groups/{group_id}/members/remove",
        "group:assign",
        GROUPS | {"send": {"code": "$client"}, "is_member": True},
    ),
    ("GET /staff/projects", "project:read", PROJECTS),
    ("POST /staff/projects", "project:create", PROJECTS | {"send": {"name": "!name", "currency": "EUR"}}),
    ("GET /staff/projects/new", "project:create", PROJECTS),
    ("GET /staff/projects/{project_id}/edit", "project:update", PROJECTS),
    ("POST /staff/projects/{project_id}", "project:update", PROJECTS | {"send": {"name": "!name", "version": 1}}),
    ("POST /staff/projects/{project_id}/default", "project:update", PROJECTS | {"send": {}}),
    ("GET /staff/projects/{project_id}/delete", "project:delete", PROJECTS),
    ("POST /staff/projects/{project_id}/delete", "project:delete", PROJECTS | {"send": {}}),
    ("GET /staff/attitudes", "attitude:manage", {}),
    ("POST /staff/attitudes", "attitude:manage", {"send": {"name": "!name", "color": "green"}}),
    ("GET /staff/attitudes/{attitude_id}/edit", "attitude:manage", {}),
    ("POST /staff/attitudes/{attitude_id}", "attitude:manage", {"send": {"name": "!name", "version": 1}}),
    ("POST /staff/attitudes/{attitude_id}/move", "attitude:manage", {"send": {"steps": -1}}),
    ("POST /staff/attitudes/{attitude_id}/default", "attitude:manage", {"send": {}}),
    ("GET /staff/attitudes/{attitude_id}/delete", "attitude:manage", {}),
    ("POST /staff/attitudes/{attitude_id}/delete", "attitude:manage", {"send": {"replacement_id": "$attitude"}}),
    ("GET /staff/people", "staff:read", {}),
    ("GET /staff/people/new", "staff:manage", {}),
    ("POST /staff/people", "staff:manage", {"send": {"email": "!email", "name": "!name", "role": "support"}}),
    ("GET /staff/people/{staff_id}", "staff:read", {}),
    (
        "POST /staff/people/{staff_id}",
        "staff:manage",
        {"send": {"role": "auditor", "project_ids": "$project", "version": 1}},
    ),
    ("POST /staff/people/{staff_id}/invite-again", "staff:manage", {"send": {}}),
    ("GET /staff/people/{staff_id}/remove", "staff:manage", {}),
    ("POST /staff/people/{staff_id}/remove", "staff:manage", {"send": {}}),
    ("POST /staff/people/{staff_id}/restore", "staff:manage", {"send": {}, "kinds": {"staff_id": "former_staff"}}),
    ("POST /staff/people/{staff_id}/disable", "staff:manage", {"send": {}}),
    (
        "POST /staff/people/{staff_id}/enable",
        "staff:manage",
        {"send": {}, "kinds": {"staff_id": "disabled_staff"}},
    ),
    (
        "POST /staff/people/{staff_id}/reset-factor",
        "staff:manage",
        {"send": {}, "kinds": {"staff_id": "enrolled_staff"}},
    ),
    ("GET /staff/roles", "role:manage", {}),
    ("GET /staff/roles/new", "role:manage", {}),
    ("POST /staff/roles", "role:manage", {"send": {"name": "!name", "permissions": ["client:read"]}}),
    ("GET /staff/roles/{key}", "role:manage", {}),
    (
        "POST /staff/roles/{key}",
        "role:manage",
        {"send": {"name": "!name", "permissions": "client:read", "version": 1}},
    ),
    ("GET /staff/roles/{key}/delete", "role:manage", {}),
    ("POST /staff/roles/{key}/delete", "role:manage", {"send": {}}),
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
    ("POST /staff/api-keys", "api_key:manage", {"send": {"name": "!name", "scopes": "client:read"}, "gives": 200}),
    ("GET /staff/api-keys/{key_id}/revoke", "api_key:manage", {}),
    ("POST /staff/api-keys/{key_id}/revoke", "api_key:manage", {"send": {}}),
    ("GET /staff/activity", "activity:read", {}),
    ("GET /staff/settings", "settings:manage", {}),
    ("POST /staff/settings", "settings:manage", {"send": {"name": "!name", "version": "!version"}}),
)

PROVIDER = {
    "code": "!code",
    "name": "!name",
    "owner_name": "Owner",
    "owner_email": "!email",
    "owner_password": "",
    "edition": "standard",
}
TERMS = {"name": "!name", "editions": ["standard"], "features": []}

OPERATOR = rows(
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

CODES = {"codes": ["$client"]}
NEW, GONE = {"gives": 201}, {"gives": 204}

API = rows(
    "api",
    "provider",
    ("GET /api/v1/me", "signed-in", {}),
    ("GET /api/v1/openapi.json", "signed-in", {}),
    ("GET /api/v1/docs", "signed-in", {}),
    ("GET /api/v1/clients", "client:read", {}),
    ("POST /api/v1/clients", "client:create", NEW | {"send": NEW_CLIENT | {"attitude_id": "$attitude"}}),
    ("POST /api/v1/clients/delete", "client:delete", {"send": CODES}),
    ("GET /api/v1/clients/{code}", "client:read", {}),
    ("PATCH /api/v1/clients/{code}", "client:update", {"send": {"version": 1, "project_id": "$project"}}),
    ("DELETE /api/v1/clients/{code}", "client:delete", GONE),
    ("GET /api/v1/clients/{code}/activity", "activity:read", {}),
    ("GET /api/v1/clients/{code}/groups", "group:read", GROUPS),
    ("GET /api/v1/groups", "group:read", GROUPS),
    ("POST /api/v1/groups", "group:create", GROUPS | NEW | {"send": {"name": "!name"}}),
    ("GET /api/v1/groups/{group_id}", "group:read", GROUPS),
    ("PATCH /api/v1/groups/{group_id}", "group:update", GROUPS | {"send": {"name": "!name", "version": 1}}),
    ("DELETE /api/v1/groups/{group_id}", "group:delete", GROUPS | GONE),
    ("POST /api/v1/groups/{group_id}/members", "group:assign", GROUPS | {"send": CODES}),
    ("POST /api/v1/groups/{group_id}/members/delete", "group:assign", GROUPS | {"send": CODES, "is_member": True}),
    ("GET /api/v1/projects", "project:read", PROJECTS),
    ("POST /api/v1/projects", "project:create", PROJECTS | NEW | {"send": {"name": "!name"}}),
    ("GET /api/v1/projects/{project_id}", "project:read", PROJECTS),
    (
        "PATCH /api/v1/projects/{project_id}",
        "project:update",
        PROJECTS | {"send": {"name": "!name", "version": 1}},
    ),
    ("POST /api/v1/projects/{project_id}/default", "project:update", PROJECTS | GONE),
    ("DELETE /api/v1/projects/{project_id}", "project:delete", PROJECTS | GONE),
    ("GET /api/v1/attitudes", "client:read", {}),
    ("POST /api/v1/attitudes", "attitude:manage", NEW | {"send": {"name": "!name"}}),
    ("GET /api/v1/attitudes/{attitude_id}", "attitude:manage", {}),
    ("PATCH /api/v1/attitudes/{attitude_id}", "attitude:manage", {"send": {"name": "!name", "version": 1}}),
    ("POST /api/v1/attitudes/{attitude_id}/move", "attitude:manage", GONE | {"send": {"steps": -1}}),
    ("POST /api/v1/attitudes/{attitude_id}/default", "attitude:manage", GONE),
    ("DELETE /api/v1/attitudes/{attitude_id}?replacement_id=$attitude", "attitude:manage", GONE),
    ("GET /api/v1/staff", "staff:read", {}),
    (
        "POST /api/v1/staff",
        "staff:manage",
        NEW | {"send": {"email": "!email", "name": "!name", "role": "support", "group_ids": ["$group"]}},
    ),
    ("GET /api/v1/staff/{staff_id}", "staff:read", {}),
    ("GET /api/v1/roles", "staff:read", {}),
    ("GET /api/v1/activity", "activity:read", {}),
)

ROWS = [*PUBLIC, *ACCOUNT, *STAFF, *OPERATOR, *API]
