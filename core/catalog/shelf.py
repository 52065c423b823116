"""What a client can buy in a project on a day: products, plans and prices that are meant for it.

The order of a client and the order that staff writes for one both take from here.
"""

from datetime import date

import msgspec
from asyncpg import Record

from core import db, policies
from core.accounts import access
from core.actor import Actor, Tenant
from core.catalog import price_sheets
from core.catalog.list_price import Sheet
from core.permissions import Permission


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its product, and the ways to pay for it by the price list in force."""

    plan: Record
    sheets: list[Sheet]


async def every(
    client_id: int,
    project_id: int,
    *,
    day: date,
    currency: str = "",
    hidden: bool = False,
    product_id: int = 0,
    by: Actor,
) -> list[Offered]:
    """The plans on sale to a client, in the catalogue's order; with `hidden` also those that only staff sells.

    Of `product_id` the client has one already, so that it is there even when none is left.

    A plan without a price list in force on the day, or without a price in the currency, is not among them.
    """
    policies.require(by, Permission.PRODUCT_READ)
    await access.client(client_id, by=by)
    return await offered(
        client_id, project_id, day=day, currency=currency, hidden=hidden, product_id=product_id, tenant=by.tenant
    )


async def offered(
    client_id: int,
    project_id: int,
    *,
    day: date,
    currency: str = "",
    hidden: bool = False,
    product_id: int = 0,
    tenant: Tenant,
) -> list[Offered]:
    """The same, for who has asked whether it may be seen."""
    found = await db.fetch(
        _PLANS,
        client_id,
        project_id,
        day,
        ["on_sale", "hidden"] if hidden else ["on_sale"],
        policies.has_feature(tenant, "projects"),
        policies.has_feature(tenant, "groups"),
        product_id,
    )
    sheets = await price_sheets.of_lists(row["price_list_id"] for row in found)
    made = []
    for row in found:
        paid = [sheet for sheet in sheets.get(row["price_list_id"], []) if currency in ("", sheet.currency)]
        if paid:
            made.append(Offered(plan=row, sheets=paid))
    return made


_PLANS = """
SELECT n.id, n.name, n.description, n.product_id, l.id AS price_list_id, p.name AS product_name,
       p.code AS product_code, p.stock, p.most_per_client, p.trial_days, p.type_id
FROM plans n JOIN products p ON p.id = n.product_id JOIN product_types t ON t.id = p.type_id
JOIN LATERAL (SELECT o.id FROM price_lists o WHERE o.plan_id = n.id AND o.valid_from <= $3
              ORDER BY o.number DESC LIMIT 1) l ON true
WHERE n.state = ANY($4::text[]) AND p.state = ANY($4::text[])
  AND (p.stock IS NULL OR p.stock > 0 OR p.id = $7)
  AND (p.is_for_all_projects OR NOT $5 OR EXISTS (
      SELECT FROM product_projects v WHERE v.product_id = p.id AND v.project_id = $2))
  AND (p.is_for_all_groups OR NOT $6 OR EXISTS (
      SELECT FROM product_groups v JOIN group_members m ON m.group_id = v.group_id
      WHERE v.product_id = p.id AND m.client_id = $1))
ORDER BY t.position, t.id, p.position, p.id, n.position, n.id"""
