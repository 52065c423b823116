"""Verifying telephone numbers: for users, staff and programs. Nothing sends SMS here, so that no code is sent."""

from typing import TYPE_CHECKING

from core import db
from core.accounts import phone_decisions
from core.actor import Actor
from tests.web.matrix import things
from tests.web.matrix.row import PROJECTS, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

WAIVED = {"kinds": {"code": "waived_client"}}
NUMBER, VERSION = {"phone": "+33612345678"}, {"version": "!phone_version"}
NO_SMS, NO_CODE = {"gives": 409}, {"gives": 422, "send": {"code": "123456"}}
ROWS = [
    *rows(
        "portal",
        "provider",
        ("GET /phone", "portal", {}),
        ("POST /phone", "portal:profile:update", NO_SMS | {"send": NUMBER}),
        ("POST /phone/code", "portal:profile:update", NO_CODE),
        by="dupont",
    ),
    *rows(
        "staff",
        "provider",
        ("GET /staff/clients/{code}/phone", "fraud:read", {}),
        ("POST /staff/clients/{code}/phone/ask", "phone:ask", NO_SMS | {"send": {}}),
        ("POST /staff/clients/{code}/phone/waive", "phone:waive", {"send": {"reason": "Known"}}),
        ("POST /staff/clients/{code}/phone/take-back", "phone:waive", WAIVED | {"send": {}}),
        ("GET /staff/settings/phone/projects/{project_id}", "project:update", PROJECTS),
        (
            "POST /staff/settings/phone/projects/{project_id}",
            "project:update",
            PROJECTS | {"send": {"registration": "never", "paying": "no", "version": 1}},
        ),
        ("GET /staff/settings/phone", "settings:manage", {}),
        ("POST /staff/settings/phone", "settings:manage", {"send": VERSION | {"tries": "4"}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/clients/{code}/phone", "fraud:read", {}),
        ("POST /api/v1/clients/{code}/phone/codes", "phone:ask", NO_SMS | {"send": NUMBER}),
        ("POST /api/v1/clients/{code}/phone/confirm", "phone:ask", NO_CODE),
        ("POST /api/v1/clients/{code}/phone/ask", "phone:ask", NO_SMS),
        ("POST /api/v1/clients/{code}/phone/waive", "phone:waive", {"send": {"reason": "Known"}}),
        ("POST /api/v1/clients/{code}/phone/take-back", "phone:waive", WAIVED),
        ("GET /api/v1/projects/{project_id}/phone", "project:update", PROJECTS),
        (
            "PATCH /api/v1/projects/{project_id}/phone",
            "project:update",
            PROJECTS | {"send": {"paying": "no", "version": 1}},
        ),
        ("GET /api/v1/phone-settings", "settings:manage", {}),
        ("PATCH /api/v1/phone-settings", "settings:manage", {"send": VERSION | {"tries": 3}}),
    ),
]
PARAMETERS = {"/phone": "next other"}
CHANGES_NOTHING = {
    "/phone",
    "/phone/code",
    "/staff/clients/{code}/phone/ask",
    "/api/v1/clients/{code}/phone/codes",
    "/api/v1/clients/{code}/phone/confirm",
    "/api/v1/clients/{code}/phone/ask",
}
RULED = {
    "phone_settings.registration",
    "phone_codes.hash",
    "phone_codes.state",
    "phone_decisions.kind",
    "phone_projects.registration",
    "phone_projects.paying",
}
FILLERS = {
    "phone_settings": "(tries) VALUES (5) ON CONFLICT DO NOTHING",
    "phone_projects": "(project_id) SELECT id FROM projects WHERE tenant_id = {tenant} LIMIT 1"
    " ON CONFLICT DO NOTHING",
    "phone_codes": "(client_id, phone, state, created_at, expires_at, ended_at)"
    " SELECT id, '+33612345678', 'spent', now(), now(), now() FROM clients WHERE tenant_id = {tenant} LIMIT 1",
    "phone_decisions": "(client_id, kind, decided_at, decided_by) SELECT id, 'waived', now(), ''"
    " FROM clients WHERE tenant_id = {tenant} LIMIT 1",
}


async def waived_client(world: "World", by: Actor) -> int:
    """A client that was let off."""
    code = await things.client_(world, by)
    async with db.as_tenant(by.tenant.id):
        await phone_decisions.waive(code, "Known", by=by)
    return code


MAKERS = {"waived_client": waived_client}
