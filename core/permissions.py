"""Every right of the product, as `noun:act`, and the features that editions gate.

A permission that belongs to a gated noun answers "not in your edition" before it answers "not in your role".
"""

from enum import StrEnum
from types import MappingProxyType

from core.i18n import N_


class Permission(StrEnum):
    """One right. Alphabetical; the text for people is in DESCRIPTIONS."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_UPDATE = "account:update"
    ACTIVITY_READ = "activity:read"
    API_KEY_MANAGE = "api_key:manage"
    ATTITUDE_MANAGE = "attitude:manage"
    BANK_STATEMENT_MANAGE = "bank_statement:manage"
    CLIENT_CLEAR = "client:clear"
    CLIENT_CLOSE = "client:close"
    CLIENT_CREATE = "client:create"
    CLIENT_DELETE = "client:delete"
    CLIENT_EXPORT = "client:export"
    CLIENT_IMPERSONATE = "client:impersonate"
    CLIENT_IMPORT = "client:import"
    CLIENT_MERGE = "client:merge"
    CLIENT_PERSONAL_DATA = "client:personal_data"
    CLIENT_READ = "client:read"
    CLIENT_UPDATE = "client:update"
    COMPANY_CREATE = "company:create"
    COMPANY_DELETE = "company:delete"
    COMPANY_READ = "company:read"
    COMPANY_UPDATE = "company:update"
    CONTRACT_CREATE = "contract:create"
    CONTRACT_DELETE = "contract:delete"
    CONTRACT_READ = "contract:read"
    CONTRACT_UPDATE = "contract:update"
    CONTRACT_TEMPLATE_MANAGE = "contract_template:manage"
    DISCOUNT_CREATE = "discount:create"
    DISCOUNT_DELETE = "discount:delete"
    DISCOUNT_READ = "discount:read"
    DISCOUNT_UPDATE = "discount:update"
    DUNNING_MANAGE = "dunning:manage"
    DUNNING_PAUSE = "dunning:pause"
    DUNNING_READ = "dunning:read"
    DUNNING_RUN = "dunning:run"
    EXPENSE_CREATE = "expense:create"
    EXPENSE_READ = "expense:read"
    EXPENSE_REVERSE = "expense:reverse"
    FIELD_MANAGE = "field:manage"
    FILE_CREATE = "file:create"
    FILE_DELETE = "file:delete"
    FILE_READ = "file:read"
    FRAUD_DECIDE = "fraud:decide"
    FRAUD_READ = "fraud:read"
    GROUP_ASSIGN = "group:assign"
    GROUP_CREATE = "group:create"
    GROUP_DELETE = "group:delete"
    GROUP_READ = "group:read"
    GROUP_UPDATE = "group:update"
    INVOICE_CREATE = "invoice:create"
    INVOICE_ISSUE = "invoice:issue"
    INVOICE_READ = "invoice:read"
    INVOICE_VOID = "invoice:void"
    NOTE_CREATE = "note:create"
    NOTE_MANAGE = "note:manage"
    NOTE_READ = "note:read"
    NOTIFICATION_READ = "notification:read"
    NOTIFICATION_SEND = "notification:send"
    NOTIFICATION_TEMPLATE_MANAGE = "notification_template:manage"
    PAYER_CREATE = "payer:create"
    PAYER_DELETE = "payer:delete"
    PAYER_MERGE = "payer:merge"
    PAYER_READ = "payer:read"
    PAYER_UPDATE = "payer:update"
    PAYMENT_CAPTURE = "payment:capture"
    PAYMENT_CREATE = "payment:create"
    PAYMENT_READ = "payment:read"
    PAYMENT_REFUND = "payment:refund"
    PAYMENT_METHOD_MANAGE = "payment_method:manage"
    PLATFORM_ACTIVITY = "platform:activity"
    PLATFORM_HEALTH = "platform:health"
    PLUGIN_MANAGE = "plugin:manage"
    PLUGIN_READ = "plugin:read"
    PRODUCT_CREATE = "product:create"
    PRODUCT_DELETE = "product:delete"
    PRODUCT_READ = "product:read"
    PRODUCT_UPDATE = "product:update"
    PROJECT_ASSIGN = "project:assign"
    PROJECT_CREATE = "project:create"
    PROJECT_DELETE = "project:delete"
    PROJECT_READ = "project:read"
    PROJECT_UPDATE = "project:update"
    PROVIDER_EDITION = "provider:edition"
    PROVIDER_FEATURES = "provider:features"
    PROVIDER_OPEN = "provider:open"
    PROVIDER_PLUGINS = "provider:plugins"
    PROVIDER_READ = "provider:read"
    PROVIDER_SUSPEND = "provider:suspend"
    REPORT_READ = "report:read"
    RESELLER_MANAGE = "reseller:manage"
    RESELLER_READ = "reseller:read"
    RESPONSE_TEMPLATE_MANAGE = "response_template:manage"
    RESPONSE_TEMPLATE_READ = "response_template:read"
    ROLE_MANAGE = "role:manage"
    SEGMENT_SHARE = "segment:share"
    SERVICE_BILL = "service:bill"
    SERVICE_CREATE = "service:create"
    SERVICE_READ = "service:read"
    SERVICE_UPDATE = "service:update"
    SETTINGS_MANAGE = "settings:manage"
    STAFF_MANAGE = "staff:manage"
    STAFF_READ = "staff:read"
    TASK_MANAGE = "task:manage"
    TASK_READ = "task:read"
    TAX_MANAGE = "tax:manage"
    TAX_READ = "tax:read"
    TICKET_ANSWER = "ticket:answer"
    TICKET_CREATE = "ticket:create"
    TICKET_MANAGE = "ticket:manage"
    TICKET_READ = "ticket:read"
    TICKET_UPDATE = "ticket:update"
    USER_DISABLE = "user:disable"
    USER_INVITE = "user:invite"
    USER_READ = "user:read"
    USER_REMOVE = "user:remove"
    USER_TRANSFER = "user:transfer"
    USER_UPDATE = "user:update"


DESCRIPTIONS = MappingProxyType(
    {
        Permission.ACCOUNT_READ: N_("See what clients have and owe"),
        Permission.ACCOUNT_UPDATE: N_("Change what clients may owe, and move money between their accounts"),
        Permission.ACTIVITY_READ: N_("Read who changed what, and when"),
        Permission.API_KEY_MANAGE: N_("Make and revoke one's own API keys"),
        Permission.ATTITUDE_MANAGE: N_("Change the list of attitudes"),
        Permission.BANK_STATEMENT_MANAGE: N_("Import bank statements, and record their payments"),
        Permission.CLIENT_CLEAR: N_("Clear the personal data of closed clients"),
        Permission.CLIENT_CLOSE: N_("Close clients, and open them again"),
        Permission.CLIENT_CREATE: N_("Register clients"),
        Permission.CLIENT_DELETE: N_("Delete clients"),
        Permission.CLIENT_EXPORT: N_("Export clients and other lists as files"),
        Permission.CLIENT_IMPERSONATE: N_("Enter with the client’s rights"),
        Permission.CLIENT_IMPORT: N_("Import clients from files"),
        Permission.CLIENT_MERGE: N_("Merge clients"),
        Permission.CLIENT_PERSONAL_DATA: N_("Export the personal data of clients"),
        Permission.CLIENT_READ: N_("See clients"),
        Permission.CLIENT_UPDATE: N_("Edit clients"),
        Permission.COMPANY_CREATE: N_("Add own companies"),
        Permission.COMPANY_DELETE: N_("Delete own companies"),
        Permission.COMPANY_READ: N_("See own companies"),
        Permission.COMPANY_UPDATE: N_("Edit own companies, their bank accounts and numbers"),
        Permission.CONTRACT_CREATE: N_("Draft contracts"),
        Permission.CONTRACT_DELETE: N_("Delete drafts of contracts"),
        Permission.CONTRACT_READ: N_("See contracts"),
        Permission.CONTRACT_TEMPLATE_MANAGE: N_("Change the templates of contracts"),
        Permission.CONTRACT_UPDATE: N_("Edit, send and cancel contracts, and record signatures"),
        Permission.DISCOUNT_CREATE: N_("Add discounts and promo codes"),
        Permission.DISCOUNT_DELETE: N_("Delete discounts that nobody has had"),
        Permission.DISCOUNT_READ: N_("See discounts, and try prices"),
        Permission.DISCOUNT_UPDATE: N_("Edit and end discounts, and their promo codes"),
        Permission.DUNNING_MANAGE: N_("Change dunning policies"),
        Permission.DUNNING_PAUSE: N_("Pause dunning for clients, and note what they promise to pay"),
        Permission.DUNNING_READ: N_("See what dunning does"),
        Permission.DUNNING_RUN: N_("Start the dunning run"),
        Permission.EXPENSE_CREATE: N_("Charge clients by hand"),
        Permission.EXPENSE_READ: N_("See expenses"),
        Permission.EXPENSE_REVERSE: N_("Reverse expenses"),
        Permission.FIELD_MANAGE: N_("Change the fields of clients"),
        Permission.FILE_CREATE: N_("Keep files with clients"),
        Permission.FILE_DELETE: N_("Delete files of clients"),
        Permission.FILE_READ: N_("See and download files of clients"),
        Permission.FRAUD_DECIDE: N_("Decide about registrations and orders that were held"),
        Permission.FRAUD_READ: N_("See what fraud checks found"),
        Permission.GROUP_ASSIGN: N_("Put clients into account groups, and take them out"),
        Permission.GROUP_CREATE: N_("Add account groups"),
        Permission.GROUP_DELETE: N_("Delete account groups"),
        Permission.GROUP_READ: N_("See account groups"),
        Permission.GROUP_UPDATE: N_("Edit account groups"),
        Permission.INVOICE_CREATE: N_("Draft invoices and pro formas, and delete drafts"),
        Permission.INVOICE_ISSUE: N_("Issue invoices"),
        Permission.INVOICE_READ: N_("See invoices and credit notes"),
        Permission.INVOICE_VOID: N_("Make invoices void by a credit note, or credit parts of them"),
        Permission.NOTE_CREATE: N_("Add notes about clients, and change one’s own"),
        Permission.NOTE_MANAGE: N_("Change and delete the notes of others"),
        Permission.NOTE_READ: N_("Read notes about clients"),
        Permission.NOTIFICATION_READ: N_("See what clients were told, and what became of it"),
        Permission.NOTIFICATION_SEND: N_("Send a notification again"),
        Permission.NOTIFICATION_TEMPLATE_MANAGE: N_("Change the texts of notifications, and which are sent"),
        Permission.PAYER_CREATE: N_("Add payers to clients"),
        Permission.PAYER_DELETE: N_("Delete payers"),
        Permission.PAYER_MERGE: N_("Merge payers of a client"),
        Permission.PAYER_READ: N_("See payers"),
        Permission.PAYER_UPDATE: N_("Edit payers"),
        Permission.PAYMENT_CAPTURE: N_("Take money that a gateway holds, or release it"),
        Permission.PAYMENT_CREATE: N_("Record payments"),
        Permission.PAYMENT_READ: N_("See payments"),
        Permission.PAYMENT_REFUND: N_("Give payments back"),
        Permission.PAYMENT_METHOD_MANAGE: N_("Manage payment methods"),
        Permission.PLATFORM_ACTIVITY: N_("Read what was done on the platform"),
        Permission.PLATFORM_HEALTH: N_("See the health of the platform"),
        Permission.PLUGIN_MANAGE: N_("Switch plugins on and off, and set them up"),
        Permission.PLUGIN_READ: N_("See plugins and their health"),
        Permission.PRODUCT_CREATE: N_("Add products, plans and addons"),
        Permission.PRODUCT_DELETE: N_("Delete products, plans and addons"),
        Permission.PRODUCT_READ: N_("See products and their prices"),
        Permission.PRODUCT_UPDATE: N_("Edit products, plans and addons, and publish prices"),
        Permission.PROJECT_ASSIGN: N_("Open and close accounts of clients in projects"),
        Permission.PROJECT_CREATE: N_("Add projects"),
        Permission.PROJECT_DELETE: N_("Delete projects"),
        Permission.PROJECT_READ: N_("See projects"),
        Permission.PROJECT_UPDATE: N_("Edit projects"),
        Permission.PROVIDER_EDITION: N_("Change a provider's edition"),
        Permission.PROVIDER_FEATURES: N_("Grant and take single features of a provider"),
        Permission.PROVIDER_OPEN: N_("Open providers"),
        Permission.PROVIDER_PLUGINS: N_("Switch a provider's plugins on and off"),
        Permission.PROVIDER_READ: N_("See providers"),
        Permission.PROVIDER_SUSPEND: N_("Suspend providers, and let them go on"),
        Permission.REPORT_READ: N_("See the figures of the business: revenue, receivables, reconciliation"),
        Permission.RESELLER_MANAGE: N_("Add resellers, and change what they may"),
        Permission.RESELLER_READ: N_("See resellers"),
        Permission.RESPONSE_TEMPLATE_MANAGE: N_("Change the response templates that are for all"),
        Permission.RESPONSE_TEMPLATE_READ: N_("Use response templates, and keep one’s own"),
        Permission.ROLE_MANAGE: N_("Make and change roles"),
        Permission.SEGMENT_SHARE: N_("Save filters for all"),
        Permission.SERVICE_BILL: N_("Start the billing run, which charges and issues invoices"),
        Permission.SERVICE_CREATE: N_("Order services for clients"),
        Permission.SERVICE_READ: N_("See services"),
        Permission.SERVICE_UPDATE: N_("Activate, suspend, resume and cancel services"),
        Permission.SETTINGS_MANAGE: N_("Change the provider's settings"),
        Permission.STAFF_MANAGE: N_("Add and remove staff, and give them roles"),
        Permission.STAFF_READ: N_("See the staff"),
        Permission.TASK_MANAGE: N_("See and cancel the tasks of others"),
        Permission.TASK_READ: N_("See and cancel one's own tasks"),
        Permission.TAX_MANAGE: N_("Change tax rates and what is decided about taxes, and have VIES asked"),
        Permission.TAX_READ: N_("See tax rates and what is decided about taxes"),
        Permission.TICKET_ANSWER: N_("Answer tickets, write notes in them, take, close and reopen them"),
        Permission.TICKET_CREATE: N_("Open tickets for clients"),
        Permission.TICKET_MANAGE: N_(
            "Set up departments, categories and statuses, and see the tickets of all departments"
        ),
        Permission.TICKET_READ: N_("Read tickets"),
        Permission.TICKET_UPDATE: N_("Assign, move, merge and change tickets"),
        Permission.USER_DISABLE: N_("Keep users of clients out, and let them in again"),
        Permission.USER_INVITE: N_("Invite users to clients"),
        Permission.USER_READ: N_("See the users of clients"),
        Permission.USER_REMOVE: N_("Take users out of clients"),
        Permission.USER_TRANSFER: N_("Hand a client over to another of its users"),
        Permission.USER_UPDATE: N_("Change users of clients and their roles"),
    }
)

FEATURES = MappingProxyType(
    {
        "affiliates": N_("Affiliate programme"),
        "business_hours": N_("Business hours of departments"),
        "companies": N_("More than one legal entity"),
        "contracts": N_("Contracts"),
        "group_discounts": N_("Discounts to a group"),
        "groups": N_("Account groups"),
        "partners": N_("Partners"),
        "payers": N_("Payers as a module of their own"),
        "payment_methods_per_company": N_("Payment methods per company"),
        "projects": N_("More than one project"),
        "provider_sales": N_("Selling to other Comptoir providers"),
        "users": N_("Users as a module of their own"),
    }
)

_FEATURE_OF_NOUN = {
    "contract": "contracts",
    "contract_template": "contracts",
    "group": "groups",
    "payer": "payers",
    "project": "projects",
    "user": "users",
}
_FEATURE_OF_PERMISSION = {"company:create": "companies", "company:delete": "companies"}
"""Where only a part of what there is to do with a noun is gated: every provider has one company."""
_PARTS = {permission.value: tuple(permission.value.split(":")) for permission in Permission}
_FEATURE_OF = {
    name: _FEATURE_OF_PERMISSION.get(name) or _FEATURE_OF_NOUN.get(parts[0]) for name, parts in _PARTS.items()
}


def parts_of(permission: str) -> tuple[str, str]:
    """The noun and the act of a permission; a KeyError for one that does not exist."""
    noun, act = _PARTS[permission]
    return noun, act


def feature_of(permission: str) -> str | None:
    """The gated feature that a permission belongs to, None when every edition has it."""
    return _FEATURE_OF[permission]
