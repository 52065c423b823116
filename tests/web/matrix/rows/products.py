"""Product types, products, plans, addons and price lists, for staff and programs."""

RULED = {
    "products.state",
    "plans.state",
    "addons.kind",
    "prices.billing",
    "prices.period_unit",
    "prices.currency",
    "addon_offers.stepping",
}
FILLERS = {
    "product_types": "(name, position) VALUES ('x', 99) ON CONFLICT DO NOTHING",
    "products": "(type_id, name, code, position, created_at) SELECT id, 'x', 'x', 1, now() FROM product_types WHERE tenant_id = {tenant} LIMIT 1",
    "plans": "(product_id, name, position, created_at) SELECT id, 'x', 1, now() FROM products WHERE tenant_id = {tenant} AND code = 'x'",
    "addons": "(product_id, name, kind, position, created_at) SELECT id, 'x', 'choice', 1, now() FROM products WHERE tenant_id = {tenant} AND code = 'x'",
    "addon_choices": "(addon_id, name, position) SELECT id, 'x', 1 FROM addons WHERE tenant_id = {tenant}",
    "price_lists": "(plan_id, number, created_at) SELECT id, 1, now() FROM plans WHERE tenant_id = {tenant}",
    "prices": "(price_list_id, billing, currency, units) SELECT id, 'once', 'EUR', 1 FROM price_lists WHERE tenant_id = {tenant}",
    "addon_offers": "(price_list_id, addon_id) SELECT l.id, a.id FROM price_lists l, addons a WHERE l.tenant_id = {tenant} AND a.tenant_id = {tenant}",
}
