"""The kinds of notifications and their texts, for staff and programs."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.support import notification_templates
from core.support.notification_templates import Place, TemplateText
from tests.web.matrix.row import rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

MANAGE = "notification_template:manage"
KIND = {"kinds": {"key": "notification_kind"}}
OWN = {"kinds": {"key": "notification_text"}}
TEXT = {"language": "fr", "subject": "Bonjour", "text": "Salut {{ name }}"}
STAFF, API = "/staff/notification-templates", "/api/v1/notification-templates"
ROWS = [
    *rows(
        "staff",
        "provider",
        (f"GET {STAFF}", MANAGE, {}),
        (f"GET {STAFF}/missing", MANAGE, {}),
        (f"GET {STAFF}/{{key}}", MANAGE, KIND),
        (f"POST {STAFF}/{{key}}", MANAGE, KIND | {"send": TEXT | {"version": "0"}}),
        (f"POST {STAFF}/{{key}}/switch", MANAGE, KIND | {"send": {"is_on": "0"}}),
        (f"POST {STAFF}/new-kinds", MANAGE, {"send": {"is_on": "$new_kind"}}),
        (f"POST {STAFF}/{{key}}/preview", MANAGE, KIND | {"send": TEXT, "gives": 200}),
        (f"POST {STAFF}/{{key}}/trial", MANAGE, KIND | {"send": TEXT, "gives": 200}),
        (f"GET {STAFF}/{{key}}/history", MANAGE, OWN),
        (f"GET {STAFF}/{{key}}/back", MANAGE, OWN),
        (f"POST {STAFF}/{{key}}/back", MANAGE, OWN | {"send": {"language": "fr", "version": "1"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/notification-kinds", MANAGE, {}),
        ("GET /api/v1/notification-kinds/missing", MANAGE, {}),
        ("PATCH /api/v1/notification-kinds/{key}", MANAGE, KIND | {"send": {"is_on": False}}),
        (f"GET {API}/{{key}}?language=fr", MANAGE, KIND),
        (f"PUT {API}/{{key}}", MANAGE, KIND | {"send": TEXT | {"version": 0}}),
        (f"DELETE {API}/{{key}}?language=fr&version=1", MANAGE, OWN),
        (f"POST {API}/{{key}}/preview", MANAGE, KIND | {"send": TEXT}),
        (f"POST {API}/{{key}}/trial", MANAGE, KIND | {"send": TEXT, "gives": 200}),
        (f"GET {API}/{{key}}/history?language=fr", MANAGE, OWN),
    ),
]
CHANGES_NOTHING = {f"{STAFF}/{{key}}/preview", f"{API}/{{key}}/preview"}
PARAMETERS = {
    f"{STAFF}/{{key}}": "language project_id",
    f"{STAFF}/{{key}}/history": "language project_id version",
    f"{STAFF}/{{key}}/back": "language project_id",
    f"{API}/{{key}}": "language project_id",
    f"{API}/{{key}}/history": "language project_id",
}
FILLERS = {
    "notification_switches": "(kind, is_on) VALUES ('invoice.issued', false)",
    "notification_templates": "(kind, language, version, subject, text, made_at, made_by) VALUES ('invoice.issued', 'fr', 1, 'x', 'x', now(), 'x')",
}


async def notification_kind(_world: "World", by: Actor) -> str:
    """A kind with the text that it comes with, and that is sent."""
    async with db.as_tenant(by.tenant.id):
        await db.execute("DELETE FROM notification_templates WHERE kind = 'account.passkey_added'")
        await db.execute("DELETE FROM notification_switches WHERE kind = 'account.passkey_added'")
    return "account.passkey_added"


async def notification_text(_world: "World", by: Actor) -> str:
    """One with a French text of the provider's own."""
    async with db.as_tenant(by.tenant.id):
        await db.execute("DELETE FROM notification_templates WHERE kind = 'account.address_changed'")
        text = TemplateText(subject="Bonjour", text="Salut {{ name }}")
        await notification_templates.save("account.address_changed", Place(language="fr"), text, version=0, by=by)
    return "account.address_changed"


async def new_kind(_world: "World", by: Actor) -> str:
    """The wish to send what an update brought, and there is something."""
    async with db.as_tenant(by.tenant.id):
        await db.execute(
            """INSERT INTO notification_switches (kind, is_on, is_new) VALUES ('account.low_balance', false, true)
               ON CONFLICT (tenant_id, kind) DO UPDATE SET is_on = false, is_new = true"""
        )
    return "1"


MAKERS = {made.__name__: made for made in (new_kind, notification_kind, notification_text)}
