"""The lists of money among those whose filters can be saved (`core/accounts/list_filters.py`)."""

from core.accounts.list_filters import LISTS, FilteredList
from core.billing import account_list, expense_list, invoice_list, offer_list, payment_list, service_list
from core.billing.account_list import AccountFilter
from core.billing.expense_list import ExpenseFilter
from core.billing.invoice_list import InvoiceFilter
from core.billing.offer_list import OfferFilter
from core.billing.payment_list import PaymentFilter
from core.billing.service_list import ServiceFilter
from core.i18n import N_
from core.permissions import Permission

MONEY = {
    "accounts": FilteredList(
        label=N_("Accounts"),
        filter=AccountFilter,
        right=Permission.ACCOUNT_READ,
        check=account_list.conditions,
    ),
    "expenses": FilteredList(
        label=N_("Expenses"),
        filter=ExpenseFilter,
        right=Permission.EXPENSE_READ,
        check=expense_list.conditions,
    ),
    "invoices": FilteredList(
        label=N_("Invoices"),
        filter=InvoiceFilter,
        right=Permission.INVOICE_READ,
        check=invoice_list.conditions,
    ),
    "offers": FilteredList(
        label=N_("Quotes"),
        filter=OfferFilter,
        right=Permission.SERVICE_READ,
        check=offer_list.conditions,
    ),
    "payments": FilteredList(
        label=N_("Payments"),
        filter=PaymentFilter,
        right=Permission.PAYMENT_READ,
        check=payment_list.conditions,
    ),
    "services": FilteredList(
        label=N_("Services"),
        filter=ServiceFilter,
        right=Permission.SERVICE_READ,
        check=service_list.conditions,
    ),
}
LISTS |= MONEY
