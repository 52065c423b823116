-- What the reconciliation of a period asks for, found without reading everything that was ever charged and paid. None of
-- these is touched when services are charged; expenses are found by the day on which their entry was written.

CREATE INDEX expenses_reversed ON expenses (tenant_id, reversed_at) WHERE reversed_at IS NOT NULL;
CREATE INDEX payments_by_entry ON payments (tenant_id, entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX refunds_by_entry ON refunds (tenant_id, entry_id);
CREATE INDEX invoices_by_issue ON invoices (tenant_id, issued_on, id) WHERE issued_on IS NOT NULL;
