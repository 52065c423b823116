"""What the platform's own people may: operators run it, resellers look after their providers."""

from plugins.api import N_, Edition, Plugin, hookimpl

POLICIES = (
    ("operator", "platform", "*"),
    ("operator", "provider", "*"),
    ("operator", "reseller", "*"),
    ("operator", "staff", "*"),
    ("reseller", "provider", "edition"),
    ("reseller", "provider", "features"),
    ("reseller", "provider", "open"),
    ("reseller", "provider", "plugins"),
    ("reseller", "provider", "read"),
    ("reseller", "provider", "suspend"),
)


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(name="edition-platform", kind="edition", title=N_("The platform itself"))


@hookimpl
def provide_edition() -> Edition:
    return Edition(name="platform", title="Platform", policies=POLICIES)
