"""The ledger, which has no page of its own; what is charged and paid fills it."""

RULED = {
    "ledger_accounts.kind",
    "ledger_accounts.currency",
    "ledger_entries.kind",
    "ledger_transfers.currency",
}
