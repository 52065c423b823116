"""Signing up, its settings, the terms, and who agreed to them."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import sessions, sign_up_settings, terms
from core.accounts.sign_up_settings import SignUpChanges
from core.accounts.terms import NewTerms
from core.actor import Actor, system
from tests.web.matrix.row import NEW, PASSWORDS, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

PLACEHOLDERS = {"number": "terms"}
SIGN_UP = {"by": "", "kinds": {"token": "sign_up"}}
ASKED = {
    "email": "!email",
    "kind": "individual",
    "company_name": "",
    "contact_person": "Jo Doe",
    "phone": "",
    "country": "FR",
    "terms": "$terms",
}
ROWS = [
    *rows(
        "portal",
        "provider",
        ("GET /sign-up?version=$open_sign_up", "public", {"by": ""}),
        ("POST /sign-up?version=$open_sign_up", "public", {"by": "", "send": ASKED, "gives": 200}),
        ("GET /sign-up/{token}", "public", SIGN_UP),
        ("POST /sign-up/{token}", "public", SIGN_UP | {"send": PASSWORDS}),
        ("GET /terms?number=$terms", "public", {"by": ""}),
        ("GET /terms/{number}", "public", {"by": ""}),
        ("POST /terms", "portal:profile:update", {"by": "dupont", "send": {"terms": "$terms"}}),
    ),
    *rows(
        "staff",
        "provider",
        ("GET /staff/settings/sign-up", "settings:manage", {}),
        (
            "POST /staff/settings/sign-up",
            "settings:manage",
            {
                "send": {
                    "is_open": "1",
                    "company": "hidden",
                    "phone": "required",
                    "country": "hidden",
                    "version": "!sign_up_version",
                }
            },
        ),
        ("POST /staff/settings/sign-up/terms", "settings:manage", {"send": {"text_en": "!name", "text_fr": ""}}),
        ("GET /staff/clients/{code}/consents", "client:read", {}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/sign-up", "settings:manage", {}),
        ("PATCH /api/v1/sign-up", "settings:manage", {"send": {"phone": "hidden", "version": "!sign_up_version"}}),
        ("GET /api/v1/terms", "settings:manage", {}),
        ("POST /api/v1/terms", "settings:manage", NEW | {"send": {"text_en": "!name"}}),
        ("GET /api/v1/clients/{code}/consents", "client:read", {}),
    ),
]


async def open_sign_up(world: "World", by: Actor) -> str:
    """Sign-up is open from now on; what it gives means nothing."""
    async with db.as_tenant(by.tenant.id):
        kept = await sign_up_settings.in_force()
        await sign_up_settings.update(SignUpChanges(is_open=True), version=kept["version"], by=system(by.tenant))
    return world.fresh("open")


async def terms_(world: "World", by: Actor) -> int:
    """New terms, in force. Gives their number; Acme's are numbers that Nova has not."""
    async with db.as_tenant(by.tenant.id):
        made = await terms.publish(NewTerms(text_en=world.fresh("terms")), by=system(by.tenant))
    if by.tenant.code != "acme" or made["number"] > 5000:
        return int(made["number"])
    return int(
        await world.admin.fetchval(
            "UPDATE terms SET number = number + 5000 WHERE id = $1 RETURNING number", made["id"]
        )
    )


async def sign_up_(world: "World", by: Actor) -> str:
    """Somebody signed up and was mailed a link. Gives its token."""
    await open_sign_up(world, by)
    token = sessions.new_token()
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            """INSERT INTO sign_ups (token_hash, email, kind, contact_person, country, locale, asked_at, expires_at)
               VALUES ($1, $2, 'individual', 'Jo Doe', 'FR', 'en', now(), now() + interval '1 hour')""",
            sessions.digest(token),
            f"{world.fresh()}@new.example",
        )
    return token


MAKERS = {"open_sign_up": open_sign_up, "terms": terms_, "sign_up": sign_up_}
KEPT = {"sign_ups.token_hash", "sign_ups.locale"}
RULED = {"sign_up_settings.company", "sign_up_settings.phone", "sign_up_settings.country", "sign_ups.kind"}
FILLERS = {
    "sign_up_settings": "(phone) VALUES ('hidden') ON CONFLICT DO NOTHING",
    "terms": "(number, text_en, published_at, published_by) VALUES (1, 'x', now(), 'x') ON CONFLICT DO NOTHING",
    "consents": "(client_id, person_id, number, agreed_at) SELECT client_id, person_id, 1, now() FROM memberships WHERE tenant_id = {tenant} LIMIT 1",
    "sign_ups": "(email, kind, country, locale, asked_at, expires_at) VALUES ('x@y.example', 'individual', 'FR', 'en', now(), now())",
}
