"""The ways to pay that a provider offers, for staff and programs."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.billing import payment_methods
from core.billing.payment_methods import MethodValues
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

MANAGE = "payment_method:manage"
FORM = {"name_en": "!name", "name_fr": "!name", "way": ":bank_transfer", "is_on": "1"}
VALUES = {"name_en": "!name", "name_fr": "!name", "method": "bank_transfer"}
PLACEHOLDERS = {"method_id": "payment_method"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/payment-methods", "payment:read", {}),
        ("POST /staff/payment-methods/usual", MANAGE, {"send": {}}),
        ("GET /staff/payment-methods/new", MANAGE, {}),
        ("POST /staff/payment-methods", MANAGE, {"send": FORM}),
        ("GET /staff/payment-methods/{method_id}/edit", MANAGE, {}),
        ("POST /staff/payment-methods/{method_id}", MANAGE, {"send": FORM | {"version": 1}}),
        ("POST /staff/payment-methods/{method_id}/move", MANAGE, {"send": {"steps": -1}}),
        ("GET /staff/payment-methods/{method_id}/delete", MANAGE, {}),
        ("POST /staff/payment-methods/{method_id}/delete", MANAGE, {"send": {}}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/payment-methods", "payment:read", {}),
        ("POST /api/v1/payment-methods", MANAGE, NEW | {"send": VALUES}),
        ("GET /api/v1/payment-methods/{method_id}", "payment:read", {}),
        ("PATCH /api/v1/payment-methods/{method_id}", MANAGE, {"send": VALUES | {"version": 1}}),
        ("POST /api/v1/payment-methods/{method_id}/move", MANAGE, GONE | {"send": {"steps": -1}}),
        ("DELETE /api/v1/payment-methods/{method_id}", MANAGE, GONE),
    ),
]
CHANGES_NOTHING = {"/staff/payment-methods/usual"}
RULED = {"payment_methods.method", "payment_methods.fee_bearer"}
FILLERS = {
    "payment_method_companies": "(method_id, company_id) SELECT m.id, c.id FROM payment_methods m, companies c"
    " WHERE m.tenant_id = {tenant} AND c.tenant_id = {tenant} LIMIT 1",
}


async def payment_method(world: "World", by: Actor) -> int:
    """One beside the usual ones, by which payments go on to be recorded."""
    name = world.fresh("method")
    async with db.as_tenant(by.tenant.id):
        if not await payment_methods.every(by=by):
            await payment_methods.begin_with_usual(by=by)
        new = MethodValues(name_en=name, name_fr=name, method="bank_transfer")
        return int((await payment_methods.create(new, by=by))["id"])


MAKERS = {"payment_method": payment_method}
