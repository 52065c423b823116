"""Expenses, payments and accounts, for staff, users and programs."""

RULED = {
    *(f"expenses.{column}" for column in ("kind", "currency", "tax_category")),
    *(f"payments.{column}" for column in ("method", "state", "currency")),
    *("payment_states.state", "refunds.kind"),
}
