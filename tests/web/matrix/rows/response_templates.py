"""Response templates, on pages and in the API."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.support import response_templates
from core.support.response_templates import TemplateValues
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

READ = "response_template:read"
FORM = {"name": "!name", "audience": "own", "bodies.fr": "Bonjour {{ client.name }}"}
JSON = {"name": "!name", "audience": "own", "bodies": {"fr": "Bonjour {{ client.name }}"}}
FILL = {"autofill_into": "text", "autofill_client": "$client", "autofill_template": "$response_template"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/response-templates", READ, {}),
        ("GET /staff/response-templates/new", READ, {}),
        (
            "POST /staff/response-templates/new",
            READ,
            {"send": {"autofill_into": "text", "text": "x"}, "gives": 200},
        ),
        ("POST /staff/response-templates/preview", READ, {"send": FORM, "gives": 200}),
        ("POST /staff/response-templates", READ, {"send": FORM}),
        ("GET /staff/response-templates/{response_template_id}/edit", READ, {}),
        ("POST /staff/response-templates/{response_template_id}", READ, {"send": FORM | {"version": 1}}),
        ("GET /staff/response-templates/{response_template_id}/delete", READ, {}),
        ("POST /staff/response-templates/{response_template_id}/delete", READ, {"send": {}}),
        ("POST /staff/autofill", READ, {"send": FILL, "gives": 200}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/response-templates", READ, {}),
        ("POST /api/v1/response-templates", READ, NEW | {"send": JSON}),
        ("GET /api/v1/response-templates/{response_template_id}", READ, {}),
        ("PATCH /api/v1/response-templates/{response_template_id}", READ, {"send": JSON | {"version": 1}}),
        ("DELETE /api/v1/response-templates/{response_template_id}", READ, GONE),
        ("POST /api/v1/response-templates/{response_template_id}/fill", READ, {"send": {"client": "$client"}}),
    ),
]
PLACEHOLDERS = {"response_template_id": "response_template"}
CHANGES_NOTHING = {
    "/staff/response-templates/new",
    "/staff/response-templates/preview",
    "/staff/autofill",
    "/api/v1/response-templates/{response_template_id}/fill",
}
PARAMETERS = {"/staff/response-templates": "q", "/api/v1/response-templates": "q"}
FILLERS = {
    "response_templates": "(tenant_id, name, texts, created_at, created_by)"
    ' VALUES ({tenant}, \'x\', \'{{"en": {{"subject": "", "body": "x"}}}}\', now(), \'x\')'
}


async def response_template(world: "World", by: Actor) -> int:
    """One for all, so that everybody of the provider sees it."""
    new = TemplateValues(name=world.fresh("template"), audience="all", bodies={"fr": "Bonjour {{ client.name }}"})
    async with db.as_tenant(by.tenant.id):
        return (await response_templates.create(new, by=by)).id


MAKERS = {"response_template": response_template}
