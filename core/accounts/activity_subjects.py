"""The words in which people read the audit: a name per kind of what something was done to."""

from types import MappingProxyType

from core.i18n import N_

SUBJECTS = MappingProxyType(
    {
        "addon": N_("Addons"),
        "api_key": N_("API keys"),
        "attitude": N_("Attitudes"),
        "bank_line": N_("Bank lines"),
        "bank_statement": N_("Bank statements"),
        "client": N_("Clients"),
        "company": N_("Companies"),
        "client_role": N_("Roles of users"),
        "contract": N_("Contracts"),
        "contract_template": N_("Contract templates"),
        "dunning": N_("Dunning"),
        "dunning_policy": N_("Dunning policies"),
        "expense": N_("Expenses"),
        "discount": N_("Discounts"),
        "export": N_("Exports"),
        "field": N_("Fields"),
        "file": N_("Files"),
        "group": N_("Account groups"),
        "import": N_("Imports"),
        "invitation": N_("Invitations"),
        "job": N_("Jobs"),
        "list_filter": N_("Saved filters of lists"),
        "membership": N_("Users"),
        "invoice": N_("Invoices"),
        "note": N_("Notes"),
        "passkey": N_("Passkeys"),
        "payer": N_("Payers"),
        "payment": N_("Payments"),
        "person": N_("People"),
        "plan": N_("Plans"),
        "plugin": N_("Plugins"),
        "price_list": N_("Price lists"),
        "product": N_("Products"),
        "product_type": N_("Product types"),
        "project": N_("Projects"),
        "promise": N_("Promised payments"),
        "provider": N_("Provider"),
        "reseller": N_("Resellers"),
        "role": N_("Roles"),
        "segment": N_("Saved filters"),
        "offer": N_("Quotes"),
        "service": N_("Services"),
        "session": N_("Sessions"),
        "staff": N_("Staff"),
        "tax_rate": N_("Tax rates"),
        "taxes": N_("Taxes"),
        "terms": N_("Terms"),
        "task": N_("Tasks"),
    }
)
"""What it can be done to."""
