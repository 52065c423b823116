-- What is not closed, in the order of the list: of many tickets few are.
CREATE INDEX tickets_open ON tickets (tenant_id, changed_at, id) WHERE closed_at IS NULL;
