"""What is there for whoever comes by, and for whoever is signed in."""

from tests.visitor import PASSWORD
from tests.web.matrix.row import PASSWORDS, rows

PLACEHOLDERS = {"session_id": "session", "token": "link"}
CREDENTIALS = {"email": "max@nova.example", "password": PASSWORD}
ROWS = [
    *rows(
        "public",
        "any",
        ("GET /sign-in", "public", {"by": ""}),
        ("POST /sign-in", "public", {"send": CREDENTIALS, "by": ""}),
        ("GET /sign-in/code", "public", {"gives": 303, "by": ""}),
        ("POST /sign-in/code", "public", {"send": {"code": "123456"}, "by": ""}),
        ("POST /sign-out", "public", {"send": {}}),
        ("GET /password", "public", {"by": ""}),
        ("POST /password", "public", {"send": {"email": "max@nova.example"}, "gives": 200, "by": ""}),
        ("GET /password/{token}", "public", {"by": ""}),
        ("POST /password/{token}", "public", {"send": PASSWORDS, "by": ""}),
        ("POST /callbacks/{plugin}", "public", {"send": {}, "gives": 404, "by": ""}),
        ("GET /health/live", "public", {"by": ""}),
        ("GET /health/ready", "public", {"by": ""}),
        ("GET /static/{file_path}", "public", {"kinds": {"file_path": "static"}, "by": ""}),
        ("HEAD /static/{file_path}", "public", {"kinds": {"file_path": "static"}, "by": ""}),
    ),
    *rows(
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
        (
            "POST /account/two-factor/codes",
            "signed-in",
            {"send": {"secret": "!enrolled"}, "gives": 200, "by": "carl"},
        ),
        ("POST /account/two-factor/off", "signed-in", {"send": {"secret": "!enrolled"}, "by": "ada"}),
    ),
]
PARAMETERS = {"/sign-in": "next", "/sign-in/code": "next recovery"}
CHANGES_NOTHING = ("/callbacks/{plugin}", "/sign-in/code", "/password", "/account/language", "/account/appearance")
