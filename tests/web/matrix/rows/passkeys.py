"""Passkeys: signing in with one, and one's own."""

from tests.visitor import PASSWORD
from tests.web.matrix.row import rows

PLACEHOLDERS = {"passkey_id": "passkey"}
ROWS = [
    *rows(
        "public",
        "any",
        ("POST /sign-in/passkey/options", "public", {"send": {}, "gives": 200, "by": ""}),
        ("POST /sign-in/passkey", "public", {"send": {"answer": "{}"}, "gives": 422, "by": ""}),
    ),
    *rows(
        "account",
        "any",
        ("GET /account/passkeys", "signed-in", {}),
        ("POST /account/passkeys/options", "signed-in", {"send": {}, "gives": 200}),
        ("POST /account/passkeys", "signed-in", {"send": {"name": "!name", "answer": "!passkey"}}),
        ("POST /account/passkeys/prove", "signed-in", {"send": {"code": PASSWORD}}),
        ("GET /account/passkeys/{passkey_id}", "signed-in", {}),
        ("POST /account/passkeys/{passkey_id}", "signed-in", {"send": {"name": "!name"}}),
        ("POST /account/passkeys/{passkey_id}/remove", "signed-in", {"send": {}}),
        by="max",
    ),
]
KEPT = {"passkeys.credential_id", "passkeys.public_key", "passkey_challenges.challenge"}
CHANGES_NOTHING = ("/account/passkeys/prove",)
RULED = {"passkey_challenges.purpose"}
FILLERS = {
    "passkeys": "(person_id, credential_id, public_key, host, name, created_at) SELECT id, 'c', 'k', 'h', 'n', now() FROM people WHERE tenant_id = {tenant} LIMIT 1",
    "passkey_challenges": "(purpose, challenge, bound_to, host, expires_at) VALUES ('add', 'c', 'b', 'h', now() + interval '5 minutes')",
}
