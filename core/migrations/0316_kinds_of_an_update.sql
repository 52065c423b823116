-- What billing tells clients by itself came with this version. A provider that is there already would begin to mail all his
-- clients by an update, unasked: for him these kinds are off until he decides. `is_new`: nobody has decided yet.
ALTER TABLE notification_switches ADD COLUMN is_new boolean NOT NULL DEFAULT false;

-- The owner of the tables reads and writes all of them for that; the wall is put up again at the end of the migration.
ALTER TABLE providers NO FORCE ROW LEVEL SECURITY;
ALTER TABLE notification_switches NO FORCE ROW LEVEL SECURITY;
INSERT INTO notification_switches (tenant_id, kind, is_on, is_new)
SELECT p.id, k.kind, false, true
  FROM providers p CROSS JOIN unnest(ARRAY['account.low_balance', 'credit_note.issued', 'invoice.issued', 'payment.received',
       'service.price_changes', 'service.resumed', 'service.suspended']) AS k (kind)
 WHERE p.id <> 0
ON CONFLICT (tenant_id, kind) DO NOTHING;
