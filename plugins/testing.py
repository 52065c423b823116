"""Contract tests for plugin authors: one function that tries a plugin against every hook it has.

from plugins.testing import check_plugin

def test_the_contract():
    check_plugin(my_plugin)
"""

import asyncio
import inspect
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from core import plugin_calls, plugin_forms
from core.actor import Tenant
from core.breaker import Breaker
from core.hook_lines import BilledAccount, BilledLine
from core.hookspecs import ClientCondition, Context, Veto, Who
from core.plugin_registry import HOOKS, Implementation, Registered, Registry

__all__ = ["CLIENT", "a_context", "check_plugin"]

CLIENT: Mapping[str, Any] = {
    "id": 42,
    "code": 1001,
    "login": "dupont",
    "name": "Dupont & Filles SARL",
    "kind": "company",
    "contact_person": "Zoé Dupont",
    "email": "zoe@dupont.example",
    "country": "FR",
    "language": "fr",
    "phone": "+33123456789",
    "note": "",
    "status": "active",
    "project_id": 7,
    "attitude_id": None,
    "registered_at": "2026-11-02T09:30:00Z",
    "welcome": True,
}
"""A client as hooks get it."""
ACCOUNT = BilledAccount(
    id=17,
    client=1001,
    currency="EUR",
    lines=[
        BilledLine(
            text="Hosting Start · example.org",
            net_units=1000,
            tax_units=200,
            service=23,
            period_start=date(2026, 11, 1),
            period_end=date(2026, 12, 1),
        )
    ],
)
"""An account that is to be invoiced."""


GIVEN = frozenset(("ctx", "client", "changes", "reason", "into", "condition", "operator", "values", "clients"))
"""What the dry run gives to hooks. Those of payments are tried by `plugins.testing_payments`, fraud checks by
`plugins.testing_fraud`."""


def check_plugin(plugin: object, *, settings: Mapping[str, Any] | None = None) -> Registered:
    """Assert that the plugin registers, that its settings become a form, and that its hooks survive a dry run.

    `settings` are needed when some of them are required. Raises AssertionError, naming what is wrong.
    """
    registry = Registry()
    try:
        registered = registry.add(_name_of(plugin), plugin)
    except Exception as error:
        raise AssertionError(f"it does not register: {error}") from error
    assert registered.info.title, "it needs a title"
    ctx = a_context(registered, settings or {})
    conditions: list[ClientCondition] = []
    for hook in registered.hooks:
        if {"ctx"} <= set(inspect.signature(HOOKS[hook]).parameters) <= GIVEN:
            for implementation in registry.implementations(hook):
                for asked in _asked(hook, conditions):
                    answer = _dry_run(implementation, ctx, asked)
                    conditions = answer if hook == "provide_client_conditions" and answer else conditions
    return registered


def a_context(registered: Registered, settings: Mapping[str, Any]) -> Context:
    """A context of a dry run, for a provider with every feature."""
    built: Any = None
    if registered.schema is not None:
        fields = plugin_forms.fields(registered.schema)
        assert all(field.title for field in fields), "every setting needs a title"
        missing = plugin_forms.missing(registered.schema, settings)
        assert not missing, f"give check_plugin these settings: {', '.join(missing)}"
        built = plugin_forms.build(registered.schema, settings)
    return Context(
        provider=Tenant(id=1, code="example", name="Example Hosting", edition="corporate"),
        actor=Who(kind="staff", name="Alice"),
        now=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        dry_run=True,
        settings=built,
        key=f"{registered.info.name}-dry-run",
    )


def _asked(hook: str, conditions: list[ClientCondition]) -> list[dict[str, Any]]:
    """More arguments, one call for each: every condition that the plugin brought is asked once."""
    if hook != "provide_clients_that_fit":
        return [{}]
    values = {"yes_no": "yes", "text": "a", "number": "1"}
    return [
        {
            "condition": one.key,
            "operator": "is",
            "values": [values.get(one.kind) or next(iter(one.options), "")],
            "clients": [CLIENT],
        }
        for one in conditions
    ]


def _dry_run(implementation: Implementation, ctx: Context, more: Mapping[str, Any]) -> Any:
    changes = {"name": ["Dupont", CLIENT["name"]]}
    arguments: dict[str, Any] = {
        "client": CLIENT,
        "changes": changes,
        "reason": "Moved away",
        "accounts": [ACCOUNT],
        **more,
    }
    call = plugin_calls.call(implementation, Breaker(), ctx, arguments, seconds=plugin_calls.CALL_SECONDS)
    try:
        return asyncio.run(call)
    except Veto:
        return None
    except plugin_calls.PluginFailed as error:
        raise AssertionError(str(error)) from error


def _name_of(plugin: object) -> str:
    provide = getattr(plugin, "provide_plugin", None)
    assert provide is not None, "it lacks the hook 'provide_plugin'"
    try:
        return str(provide().name)
    except Exception as error:
        raise AssertionError(f"provide_plugin: {error}") from error
