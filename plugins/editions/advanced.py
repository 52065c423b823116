"""Advanced: account groups, users and payers as modules, contracts, and more than one legal entity."""

from plugins.api import N_, Edition, Plugin, hookimpl

FEATURES = frozenset(
    {
        "affiliates",
        "companies",
        "contracts",
        "group_discounts",
        "groups",
        "payers",
        "payment_methods_per_company",
        "users",
    }
)
POLICIES = (
    ("owner", "contract", "*"),
    ("owner", "contract_template", "*"),
    ("owner", "group", "*"),
    ("owner", "payer", "*"),
    ("manager", "company", "create"),
    ("owner", "user", "*"),
    ("manager", "contract", "*"),
    ("manager", "contract_template", "*"),
    ("manager", "group", "*"),
    ("manager", "payer", "*"),
    ("manager", "user", "*"),
    ("support", "contract", "create"),
    ("support", "contract", "read"),
    ("support", "contract", "update"),
    ("support", "group", "assign"),
    ("support", "group", "read"),
    ("support", "payer", "create"),
    ("support", "payer", "read"),
    ("support", "payer", "update"),
    ("support", "user", "invite"),
    ("support", "user", "read"),
    ("accountant", "contract", "create"),
    ("accountant", "contract", "read"),
    ("accountant", "contract", "update"),
    ("accountant", "group", "read"),
    ("accountant", "payer", "create"),
    ("accountant", "payer", "merge"),
    ("accountant", "payer", "read"),
    ("accountant", "payer", "update"),
    ("accountant", "user", "read"),
    ("auditor", "contract", "read"),
    ("auditor", "group", "read"),
    ("auditor", "payer", "read"),
    ("auditor", "user", "read"),
)


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(name="edition-advanced", kind="edition", title=N_("Advanced edition"))


@hookimpl
def provide_edition() -> Edition:
    return Edition(
        name="advanced",
        title="Advanced",
        inherits="standard",
        features=FEATURES,
        limits={"staff": 50, "api_keys": 100, "webhooks": 10},
        policies=POLICIES,
    )
