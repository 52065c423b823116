"""The ledger, which has no page of its own: two accounts, and an entry between them."""

RULED = {
    "ledger_accounts.kind",
    "ledger_accounts.currency",
    "ledger_entries.kind",
    "ledger_transfers.currency",
}
FILLERS = {
    "ledger_accounts": "(kind, currency, opened_at) VALUES ('bank', 'EUR', now()), ('revenue', 'EUR', now())",
    "ledger_entries": "(key, kind, digest, at, recorded_at) VALUES ('x', 'payment', '\\x00', now(), now())",
    "ledger_transfers": "(entry_id, debit_id, credit_id, currency, units, at) SELECT e.id, d.id, c.id, 'EUR', 1, now() FROM ledger_entries e, ledger_accounts d, ledger_accounts c WHERE e.tenant_id = {tenant} AND d.tenant_id = {tenant} AND c.tenant_id = {tenant} AND d.kind = 'bank' AND c.kind = 'revenue' LIMIT 1",
}
