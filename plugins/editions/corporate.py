"""Corporate: several brands (projects), partners, business hours, and selling to other providers."""

from plugins.api import N_, Edition, Plugin, hookimpl

FEATURES = frozenset({"business_hours", "partners", "projects", "provider_sales"})
POLICIES = (
    ("owner", "project", "*"),
    ("manager", "project", "assign"),
    ("manager", "project", "create"),
    ("manager", "project", "read"),
    ("manager", "project", "update"),
    ("support", "project", "assign"),
    ("support", "project", "read"),
    ("accountant", "project", "read"),
    ("auditor", "project", "read"),
)


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(name="edition-corporate", kind="edition", title=N_("Corporate edition"))


@hookimpl
def provide_edition() -> Edition:
    return Edition(
        name="corporate",
        title="Corporate",
        inherits="advanced",
        features=FEATURES,
        limits={"staff": None, "api_keys": None, "webhooks": None},
        policies=POLICIES,
    )
