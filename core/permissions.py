"""Every right of the product, as `noun:act`, and the features that editions gate.

A permission that belongs to a gated noun answers "not in your edition" before it answers "not in your role".
"""

from enum import StrEnum
from types import MappingProxyType

from core.i18n import N_


class Permission(StrEnum):
    """One right. Alphabetical; the text for people is in `permission_words`."""

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
    MESSAGE_READ = "message:read"
    MESSAGE_SEND = "message:send"
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
    PHONE_ASK = "phone:ask"
    PHONE_WAIVE = "phone:waive"
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
    WEBHOOK_MANAGE = "webhook:manage"
    WEBHOOK_READ = "webhook:read"


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
