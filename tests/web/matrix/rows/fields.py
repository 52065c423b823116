"""Fields of clients that the provider defines."""

RULED = {"client_fields.key", "client_fields.kind", "client_field_options.key"}
FILLERS = {
    "client_fields": "(key, kind, label) VALUES ('canary', 'text', 'x')",
    "client_field_options": "(field_id, key, label) SELECT id, 'x', 'x' FROM client_fields WHERE tenant_id = {tenant} LIMIT 1",
    "client_field_values": "(field_id, client_id, text, registered_at) SELECT f.id, c.id, 'x', now() FROM client_fields f, clients c WHERE f.tenant_id = {tenant} AND c.tenant_id = {tenant} AND f.kind = 'text' LIMIT 1",
}
