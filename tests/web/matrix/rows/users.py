"""Users of clients: their roles, invitations, and who is in which client."""

from tests.web.matrix.row import Row

ROWS: list[Row] = []
RULED = {"invitations.roles", "memberships.roles"}
FILLERS = {
    "client_roles": "(client_id, name, rights, created_at) SELECT id, 'x', ARRAY['log:read'], now() FROM clients WHERE tenant_id = {tenant} LIMIT 1",
    "invitations": "(client_id, email, roles, role_ids, token_hash, invited_by, sent_at, expires_at) SELECT id, 'x@y.example', ARRAY['billing'], ARRAY[]::bigint[], 'x', 'x', now(), now() + interval '1 day' FROM clients WHERE tenant_id = {tenant} LIMIT 1",
}
