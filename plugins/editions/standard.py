"""Standard: clients, services, payments and conversations, for one brand and one legal entity."""

from plugins.api import N_, Edition, Plugin, hookimpl

POLICIES = (
    ("owner", "activity", "*"),
    ("owner", "api_key", "*"),
    ("owner", "attitude", "*"),
    ("owner", "client", "*"),
    ("owner", "company", "*"),
    ("owner", "field", "*"),
    ("owner", "file", "*"),
    ("owner", "note", "*"),
    ("owner", "plugin", "*"),
    ("owner", "product", "*"),
    ("owner", "role", "*"),
    ("owner", "segment", "*"),
    ("owner", "settings", "*"),
    ("owner", "staff", "*"),
    ("owner", "task", "*"),
    ("manager", "activity", "read"),
    ("manager", "api_key", "manage"),
    ("manager", "attitude", "manage"),
    ("manager", "client", "*"),
    ("manager", "company", "read"),
    ("manager", "company", "update"),
    ("manager", "field", "manage"),
    ("manager", "file", "*"),
    ("manager", "note", "*"),
    ("manager", "plugin", "read"),
    ("manager", "product", "*"),
    ("manager", "segment", "share"),
    ("manager", "staff", "read"),
    ("manager", "task", "*"),
    ("support", "api_key", "manage"),
    ("support", "client", "create"),
    ("support", "client", "impersonate"),
    ("support", "client", "read"),
    ("support", "client", "update"),
    ("support", "company", "read"),
    ("support", "file", "create"),
    ("support", "file", "read"),
    ("support", "note", "create"),
    ("support", "note", "read"),
    ("support", "product", "read"),
    ("support", "task", "read"),
    ("accountant", "activity", "read"),
    ("accountant", "api_key", "manage"),
    ("accountant", "client", "read"),
    ("accountant", "company", "read"),
    ("accountant", "company", "update"),
    ("accountant", "file", "create"),
    ("accountant", "file", "read"),
    ("accountant", "note", "create"),
    ("accountant", "note", "read"),
    ("accountant", "product", "read"),
    ("accountant", "task", "read"),
    ("auditor", "activity", "read"),
    ("auditor", "client", "read"),
    ("auditor", "company", "read"),
    ("auditor", "file", "read"),
    ("auditor", "note", "read"),
    ("auditor", "plugin", "read"),
    ("auditor", "product", "read"),
    ("auditor", "staff", "read"),
    ("auditor", "task", "read"),
)


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(name="edition-standard", kind="edition", title=N_("Standard edition"))


@hookimpl
def provide_edition() -> Edition:
    return Edition(name="standard", title="Standard", limits={"staff": 10, "api_keys": 20}, policies=POLICIES)
