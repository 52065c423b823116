"""The menu at the left: what this person may open, in the order of the work."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request

from core import hooks, policies
from core.actor import Actor
from core.hookspecs import MenuItem
from core.i18n import N_, _
from core.permissions import Permission
from web.kit import bells, portal_menu
from web.kit.visit import visit_of

Entry = tuple[str, str, str, Permission | None]

STAFF: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", ((N_("Start"), "/staff", "home", None),)),
    (
        N_("Clients"),
        (
            (N_("Clients"), "/staff/clients", "users", Permission.CLIENT_READ),
            (N_("Users"), "/staff/users", "user-circle", Permission.USER_READ),
            (N_("Payers"), "/staff/payers", "wallet", Permission.PAYER_READ),
            (N_("Contracts"), "/staff/contracts", "file-text", Permission.CONTRACT_READ),
            (N_("Account groups"), "/staff/groups", "users-group", Permission.GROUP_READ),
            (N_("Fraud checks"), "/staff/fraud-checks", "shield-check", Permission.FRAUD_READ),
            (N_("Attitudes"), "/staff/attitudes", "mood-smile", Permission.ATTITUDE_MANAGE),
            (N_("Import"), "/staff/imports", "upload", Permission.CLIENT_IMPORT),
            (N_("Fields"), "/staff/fields", "list", Permission.FIELD_MANAGE),
        ),
    ),
    (
        N_("Conversations"),
        (
            (N_("Tickets"), "/staff/tickets", "message", Permission.TICKET_READ),
            (N_("Departments"), "/staff/departments", "users-group", Permission.TICKET_MANAGE),
            (N_("Categories"), "/staff/ticket-categories", "list", Permission.TICKET_MANAGE),
            (N_("Statuses"), "/staff/ticket-statuses", "progress-check", Permission.TICKET_MANAGE),
            (N_("Notifications"), "/staff/notifications", "bell", Permission.NOTIFICATION_READ),
        ),
    ),
    (
        N_("Sales"),
        (
            (N_("Products"), "/staff/products", "tag", Permission.PRODUCT_READ),
            (N_("Discounts"), "/staff/discounts", "tags", Permission.DISCOUNT_READ),
        ),
    ),
    (
        N_("Billing"),
        (
            (N_("Services"), "/staff/services", "package", Permission.SERVICE_READ),
            (N_("Quotes"), "/staff/offers", "file-text", Permission.SERVICE_READ),
            (N_("Billing run"), "/staff/billing-run", "calendar-event", Permission.SERVICE_BILL),
            (N_("Dunning"), "/staff/dunning", "mail", Permission.DUNNING_READ),
            (N_("Invoices"), "/staff/invoices", "file-invoice", Permission.INVOICE_READ),
            (N_("Payments"), "/staff/payments", "cash", Permission.PAYMENT_READ),
            (N_("Online payments"), "/staff/payment-attempts", "world", Permission.PAYMENT_READ),
            (N_("Payment methods"), "/staff/payment-methods", "wallet", Permission.PAYMENT_METHOD_MANAGE),
            (N_("Bank statements"), "/staff/bank-statements", "credit-card", Permission.BANK_STATEMENT_MANAGE),
            (N_("Expenses"), "/staff/expenses", "receipt", Permission.EXPENSE_READ),
            (N_("Accounts"), "/staff/accounts", "coins", Permission.ACCOUNT_READ),
            (N_("Reconciliation"), "/staff/reconciliation", "calculator", Permission.REPORT_READ),
        ),
    ),
    (
        N_("Support"),
        ((N_("Messages to clients"), "/staff/messages", "send", Permission.MESSAGE_READ),),
    ),
    (
        N_("Provider"),
        (
            (N_("Projects"), "/staff/projects", "world", Permission.PROJECT_READ),
            (N_("Companies"), "/staff/companies", "building", Permission.COMPANY_READ),
            (N_("Taxes"), "/staff/taxes", "flag", Permission.TAX_READ),
            (N_("Staff"), "/staff/people", "id-badge-2", Permission.STAFF_READ),
            (
                N_("Response templates"),
                "/staff/response-templates",
                "note",
                Permission.RESPONSE_TEMPLATE_READ,
            ),
            (N_("Roles"), "/staff/roles", "shield-lock", Permission.ROLE_MANAGE),
            (N_("Plugins"), "/staff/plugins", "puzzle", Permission.PLUGIN_READ),
            (
                N_("Notification templates"),
                "/staff/notification-templates",
                "mail",
                Permission.NOTIFICATION_TEMPLATE_MANAGE,
            ),
            (N_("API keys"), "/staff/api-keys", "key", Permission.API_KEY_MANAGE),
            (N_("Webhooks"), "/staff/webhooks", "plug", Permission.WEBHOOK_READ),
            (N_("Activity"), "/staff/activity", "history", Permission.ACTIVITY_READ),
            (N_("Tasks"), "/staff/tasks", "progress-check", Permission.TASK_READ),
            (N_("Settings"), "/staff/settings", "settings", Permission.SETTINGS_MANAGE),
        ),
    ),
)

MODULES = {"/staff/companies": "companies"}
"""Entries that show only where the provider has the feature, because their permission is not gated."""

ABOUT_ALL = frozenset(
    {"/staff/bank-statements", "/staff/billing-run", "/staff/dunning", "/staff/reconciliation", "/staff/webhooks"}
)
"""Entries about all clients: not for whoever is limited to some of them."""

PLATFORM: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", ((N_("Start"), "/platform", "home", None),)),
    (
        N_("Platform"),
        (
            (N_("Providers"), "/platform/providers", "building-store", Permission.PROVIDER_READ),
            (N_("Resellers"), "/platform/resellers", "building-community", Permission.RESELLER_READ),
            (N_("Health"), "/platform/health", "heartbeat", Permission.PLATFORM_HEALTH),
            (N_("Activity"), "/platform/activity", "history", Permission.PLATFORM_ACTIVITY),
        ),
    ),
)

CAUGHT_MAIL: Entry = (N_("Caught mail"), "/platform/mail", "mail", Permission.PLATFORM_HEALTH)
"""Only where the demo catches what would be sent."""


async def ask_plugins(request: Request[Any, Any, Any]) -> None:
    """Before a handler of the staff: what the plugins of this provider bring to the menu."""
    visit = visit_of(request)
    visit.menu_items = await hooks.provide("provide_menu_items", by=visit.actor)
    await bells.ask(request)


def of(
    actor: Actor, path: str, *, items: Sequence[MenuItem] = (), catches_mail: bool = False
) -> list[dict[str, Any]]:
    """The menu of this actor, with the entry of `path` marked; `items` are those of plugins."""
    if not actor.is_signed_in:
        return []
    if actor.kind == "user":
        return portal_menu.of(actor, path)
    sections = PLATFORM if actor.tenant.is_platform else STAFF
    if catches_mail and actor.tenant.is_platform:
        *others, (title, entries) = sections
        sections = (*others, (title, (*entries, CAUGHT_MAIL)))
    menu = [_section(title, entries, actor, path) for title, entries in sections]
    if items:
        menu.append({"label": _("More"), "children": [_brought(item, path) for item in items]})
    return [section for section in menu if section.get("children") or section.get("href")]


def counted(menu: list[dict[str, Any]], counts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The menu with how much waits behind its entries."""
    for entry in (child for section in menu for child in section.get("children", ())):
        if entry["href"] in counts:
            entry["badge"] = counts[entry["href"]]
    return menu


def _section(title: str, entries: tuple[Entry, ...], actor: Actor, path: str) -> dict[str, Any]:
    children = [
        {"label": _(label), "href": href, "icon": icon, "active": _is_at(path, href)}
        for label, href, icon, permission in entries
        if (permission is None or policies.allows(actor, permission))
        and (href not in MODULES or policies.has_feature(actor.tenant, MODULES[href]))
        and (href not in ABOUT_ALL or (actor.projects is None and actor.groups is None))
    ]
    return {"label": _(title), "children": children} if title else children[0]


def _brought(item: MenuItem, path: str) -> dict[str, Any]:
    return {"label": item.title, "href": item.path, "icon": item.icon, "active": _is_at(path, item.path)}


def _is_at(path: str, href: str) -> bool:
    if href in ("/staff", "/platform"):
        return path.rstrip("/") == href
    return path == href or path.startswith(href + "/")
