"""Money that is owed and paid. Everything stands on `ledger`; `money` and `periods` are its arithmetic."""
