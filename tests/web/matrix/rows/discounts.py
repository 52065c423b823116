"""Discounts, their promo codes, and trying a price."""

from typing import TYPE_CHECKING

from core import db
from core.actor import Actor
from core.catalog import discounts, promo_codes
from core.catalog.discount_fields import NewDiscount
from core.catalog.promo_codes import NewPromoCode
from tests.web.matrix.row import GONE, NEW, rows

if TYPE_CHECKING:
    from tests.web.matrix.world import World

FORM = {"name": "!name", "kind": "percent", "percent": "5.5", "recipient": "all", "area": "all", "lasts": "days"}
SENT = {"name": "!name", "kind": "percent", "percent": 5500}
CODED = {"kinds": {"discount_id": "coded_discount"}}
PLACEHOLDERS = {"discount_id": "discount", "code_id": "promo_code"}
TRIAL = {"units": 1000, "currency": "EUR", "client": "$client"}
ROWS = [
    *rows(
        "staff",
        "provider",
        ("GET /staff/discounts", "discount:read", {}),
        ("GET /staff/discounts/new", "discount:create", {}),
        ("POST /staff/discounts", "discount:create", {"send": FORM}),
        ("GET /staff/discounts/export", "discount:read", {}),
        ("POST /staff/discounts/export", "discount:read", {"gives": 200, "send": {"columns": "name"}}),
        ("GET /staff/discounts/{discount_id}", "discount:read", {}),
        ("GET /staff/discounts/{discount_id}/edit", "discount:update", {}),
        ("POST /staff/discounts/{discount_id}", "discount:update", {"send": FORM | {"version": 1}}),
        ("GET /staff/discounts/{discount_id}/end", "discount:update", {}),
        ("POST /staff/discounts/{discount_id}/end", "discount:update", {"send": {}}),
        ("GET /staff/discounts/{discount_id}/delete", "discount:delete", {}),
        ("POST /staff/discounts/{discount_id}/delete", "discount:delete", {"send": {}}),
        ("POST /staff/discounts/{discount_id}/codes", "discount:update", CODED | {"send": {"code": "!code"}}),
        ("POST /staff/promo-codes/{code_id}/withdraw", "discount:update", {"send": {}}),
        ("GET /staff/clients/{code}/discounts", "discount:read", {}),
        ("GET /staff/price-trial?amount=10&currency=EUR&client=$client", "discount:read", {}),
    ),
    *rows(
        "api",
        "provider",
        ("GET /api/v1/discounts", "discount:read", {}),
        ("POST /api/v1/discounts", "discount:create", NEW | {"send": SENT}),
        ("POST /api/v1/discounts/export", "discount:read", {"send": {}}),
        ("GET /api/v1/discounts/{discount_id}", "discount:read", {}),
        ("PATCH /api/v1/discounts/{discount_id}", "discount:update", {"send": {"name": "!name", "version": 1}}),
        ("POST /api/v1/discounts/{discount_id}/end", "discount:update", {}),
        ("DELETE /api/v1/discounts/{discount_id}", "discount:delete", GONE),
        ("GET /api/v1/discounts/{discount_id}/codes", "discount:read", CODED),
        (
            "POST /api/v1/discounts/{discount_id}/codes",
            "discount:update",
            CODED | NEW | {"send": {"code": "!code"}},
        ),
        ("POST /api/v1/promo-codes/{code_id}/withdraw", "discount:update", GONE),
        ("GET /api/v1/clients/{code}/discounts", "discount:read", {}),
        ("POST /api/v1/price-trials", "discount:read", {"send": TRIAL}),
    ),
]
PARAMETERS = {
    "/staff/discounts": "name state recipient after before",
    "/staff/discounts/new": "client",
    "/staff/price-trial": "amount currency quantity setup client product_id plan_id period day code is_first_order",
    "/api/v1/discounts": "name state recipient after before limit",
}
CHANGES_NOTHING = {"/api/v1/price-trials"}
RULED = {
    *(f"discounts.{column}" for column in ("kind", "currency", "recipient", "area", "period_unit", "lasts")),
    "discount_uses.subject",
}
FILLERS = {
    "discounts": """(name, kind, percent, recipient, area, lasts, needs_code, created_at)
        VALUES ('filled', 'percent', 1000, 'all', 'all', 'days', true, now())""",
    "promo_codes": """(discount_id, code, created_at)
        SELECT id, 'FILLED', now() FROM discounts WHERE tenant_id = {tenant} LIMIT 1""",
    "discount_uses": """(discount_id, client_id, subject, day, at)
        SELECT d.id, c.id, 'order-1', '2026-07-01', now() FROM discounts d, clients c
        WHERE d.tenant_id = {tenant} AND c.tenant_id = {tenant} LIMIT 1""",
}


async def discount_(world: "World", by: Actor, *, needs_code: bool = False) -> int:
    new = NewDiscount(name=world.fresh("discount"), kind="percent", percent=10_000, needs_code=needs_code)
    async with db.as_tenant(by.tenant.id):
        return int((await discounts.create(new, by=by))["id"])


async def coded_discount_(world: "World", by: Actor) -> int:
    return await discount_(world, by, needs_code=True)


async def promo_code_(world: "World", by: Actor) -> int:
    discount_id = await coded_discount_(world, by)
    async with db.as_tenant(by.tenant.id):
        return int((await promo_codes.create(discount_id, NewPromoCode(code=world.fresh("code")), by=by))["id"])


MAKERS = {"discount": discount_, "coded_discount": coded_discount_, "promo_code": promo_code_}
