"""What is sold and owed as files: accounts, discounts, expenses, invoices, payments and services."""

from core.accounts.export_lists import CLIENT, Listing
from core.accounts.focus import Focus
from core.actor import Actor
from core.billing import account_list, accounts, expense_list, invoice_list, invoices, payment_list, service_list
from core.billing.account_list import AccountFilter
from core.billing.expense_list import ExpenseFilter
from core.billing.invoice_list import InvoiceFilter
from core.billing.payment_list import PaymentFilter
from core.billing.service_list import ServiceFilter
from core.catalog import discount_list, discounts
from core.catalog.discount_list import DiscountFilter
from core.filters import Conditions
from core.i18n import N_
from core.permissions import Permission


async def _accounts(chosen: AccountFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return await account_list.conditions(chosen or AccountFilter(), by=by, within=within)


async def _discounts(chosen: DiscountFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return discount_list.conditions(chosen or DiscountFilter(), by=by, within=within)


async def _expenses(chosen: ExpenseFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return expense_list.conditions(chosen or ExpenseFilter(), by=by, within=within)


async def _invoices(chosen: InvoiceFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return invoice_list.conditions(chosen or InvoiceFilter(), by=by, within=within)


async def _payments(chosen: PaymentFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return payment_list.conditions(chosen or PaymentFilter(), by=by, within=within)


async def _services(chosen: ServiceFilter | None, by: Actor, within: Focus | None) -> Conditions:
    return service_list.conditions(chosen or ServiceFilter(), by=by, within=within)


LISTINGS = {
    "accounts": Listing(
        noun="accounts",
        label=N_("Accounts"),
        right=Permission.ACCOUNT_READ,
        action="account:exported",
        columns=CLIENT
        | {"project": "p.name", "currency": "p.currency", "balance": accounts.BALANCE}
        | {"open_units": f"{account_list.OPEN_UNITS}::bigint"}
        | {"credit_limit": "coalesce(a.credit_limit, p.credit_limit)", "is_postpaid": "a.is_postpaid"}
        | {"opened_at": "a.opened_at"},
        tables="client_projects a JOIN projects p ON p.id = a.project_id JOIN clients c ON c.id = a.client_id",
        order="a.id DESC",
        filter=AccountFilter,
        narrowed=_accounts,
    ),
    "discounts": Listing(
        noun="discounts",
        label=N_("Discounts"),
        right=Permission.DISCOUNT_READ,
        action="discount:exported",
        columns={key: f"d.{key}" for key in ("name", "kind", "percent", "units", "currency", "recipient")}
        | {"client": "c.code", "group": "g.name", "area": "d.area", "product": "coalesce(p.name, r.name)"}
        | {"plan": "n.name"}
        | {
            key: f"d.{key}"
            for key in (
                *("period_count", "period_unit", "priority", "from_day", "until_day", "lasts", "periods"),
                *("needs_code", "ended_at", "created_at"),
            )
        },
        tables=discounts.TABLES,
        order="d.created_at DESC, d.id DESC",
        filter=DiscountFilter,
        narrowed=_discounts,
    ),
    "expenses": Listing(
        noun="expenses",
        label=N_("Expenses"),
        right=Permission.EXPENSE_READ,
        action="expense:exported",
        columns={"day": "e.day"}
        | CLIENT
        | {"project": "j.name"}
        | {key: f"e.{key}" for key in ("text", "kind", "period_start")}
        | {"period_last": "e.period_end - 1", "currency": "e.currency"}
        | {
            key: f"e.{key}"
            for key in (
                *("discount_units", "net_units", "tax_rate", "tax_category", "tax_reason", "tax_units"),
                *("gross_units", "covered_units", "created_at", "created_by", "reversed_at", "reversed_reason"),
            )
        },
        tables="""expenses e JOIN clients c ON c.id = e.client_id JOIN client_projects a ON a.id = e.account_id
            JOIN projects j ON j.id = a.project_id""",
        order="e.created_at DESC, e.id DESC",
        filter=ExpenseFilter,
        narrowed=_expenses,
    ),
    "invoices": Listing(
        noun="invoices",
        label=N_("Invoices"),
        right=Permission.INVOICE_READ,
        action="invoice:exported",
        columns={"number": "k.number", "kind": "k.kind", "state": "k.state"}
        | CLIENT
        | {"project": "j.name", "payer_name": "p.name", "company_name": "o.name"}
        | {
            key: f"k.{key}"
            for key in (
                *("issued_on", "due_on", "currency", "discount_units", "net_units", "tax_units", "gross_units"),
                *("language", "created_at"),
            )
        }
        | {"paid_units": invoices.PAID, "credited_units": invoices.CREDITED},
        tables=f"""{invoice_list.TABLES} JOIN payers p ON p.id = k.payer_id JOIN companies o ON o.id = k.company_id
            JOIN projects j ON j.id = a.project_id""",
        order="k.created_at DESC, k.id DESC",
        filter=InvoiceFilter,
        narrowed=_invoices,
    ),
    "payments": Listing(
        noun="payments",
        label=N_("Payments"),
        right=Permission.PAYMENT_READ,
        action="payment:exported",
        columns={"day": "p.day"}
        | CLIENT
        | {"project": "j.name"}
        | {
            key: f"p.{key}"
            for key in (
                *("method", "state", "currency", "units", "allocated_units", "refunded_units", "reference"),
                *("note", "created_at", "created_by"),
            )
        },
        tables="""payments p JOIN clients c ON c.id = p.client_id JOIN client_projects a ON a.id = p.account_id
            JOIN projects j ON j.id = a.project_id""",
        order="p.created_at DESC, p.id DESC",
        filter=PaymentFilter,
        narrowed=_payments,
    ),
    "services": Listing(
        noun="services",
        label=N_("Services"),
        right=Permission.SERVICE_READ,
        action="service:exported",
        columns={"id": "s.id", "name": "s.name", "label": "s.label", "state": "s.state"}
        | CLIENT
        | {"project": "j.name"}
        | {
            key: f"s.{key}"
            for key in (
                *("billing", "period_count", "period_unit", "currency", "full_units", "discount_units"),
                *("next_on", "ends_on", "suspended_for", "parked", "created_at", "created_by"),
            )
        },
        tables="""services s JOIN clients c ON c.id = s.client_id JOIN client_projects a ON a.id = s.account_id
            JOIN projects j ON j.id = a.project_id""",
        order="s.created_at DESC, s.id DESC",
        filter=ServiceFilter,
        narrowed=_services,
    ),
}
"""Amounts are in minor units of the currency beside them."""
