"""Standard: clients, services, payments and conversations, for one brand and one legal entity."""

from plugins.api import N_, Edition, Plugin, hookimpl

POLICIES = (
    ("owner", "activity", "*"),
    ("owner", "api_key", "*"),
    ("owner", "attitude", "*"),
    ("owner", "client", "*"),
    ("owner", "company", "*"),
    ("owner", "discount", "*"),
    ("owner", "field", "*"),
    ("owner", "file", "*"),
    ("owner", "note", "*"),
    ("owner", "plugin", "*"),
    ("owner", "role", "*"),
    ("owner", "segment", "*"),
    ("owner", "settings", "*"),
    ("owner", "staff", "*"),
    ("owner", "task", "*"),
    ("owner", "tax", "*"),
    ("manager", "activity", "read"),
    ("manager", "api_key", "manage"),
    ("manager", "attitude", "manage"),
    ("manager", "client", "*"),
    ("manager", "company", "read"),
    ("manager", "company", "update"),
    ("manager", "discount", "*"),
    ("manager", "field", "manage"),
    ("manager", "file", "*"),
    ("manager", "note", "*"),
    ("manager", "plugin", "read"),
    ("manager", "segment", "share"),
    ("manager", "staff", "read"),
    ("manager", "task", "*"),
    ("manager", "tax", "read"),
    ("support", "api_key", "manage"),
    ("support", "client", "create"),
    ("support", "client", "impersonate"),
    ("support", "client", "read"),
    ("support", "client", "update"),
    ("support", "company", "read"),
    ("support", "discount", "read"),
    ("support", "file", "create"),
    ("support", "file", "read"),
    ("support", "note", "create"),
    ("support", "note", "read"),
    ("support", "task", "read"),
    ("accountant", "activity", "read"),
    ("accountant", "api_key", "manage"),
    ("accountant", "client", "read"),
    ("accountant", "company", "read"),
    ("accountant", "company", "update"),
    ("accountant", "discount", "create"),
    ("accountant", "discount", "read"),
    ("accountant", "discount", "update"),
    ("accountant", "file", "create"),
    ("accountant", "file", "read"),
    ("accountant", "note", "create"),
    ("accountant", "note", "read"),
    ("accountant", "task", "read"),
    ("accountant", "tax", "*"),
    ("auditor", "activity", "read"),
    ("auditor", "client", "read"),
    ("auditor", "company", "read"),
    ("auditor", "discount", "read"),
    ("auditor", "file", "read"),
    ("auditor", "note", "read"),
    ("auditor", "plugin", "read"),
    ("auditor", "staff", "read"),
    ("auditor", "task", "read"),
    ("auditor", "tax", "read"),
)


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(name="edition-standard", kind="edition", title=N_("Standard edition"))


@hookimpl
def provide_edition() -> Edition:
    return Edition(name="standard", title="Standard", limits={"staff": 10, "api_keys": 20}, policies=POLICIES)
