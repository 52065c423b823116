"""Contract tests for authors of fraud checks: make a subclass beside your tests.

    class TestMyChecks(FraudContract):
        plugin = my_checks

What is tried is what the core counts on: an answer in time, one of the three verdicts, a reason in words whenever
something is not let in, the same answer twice, and no effect of being asked.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from core import plugin_calls
from core.breaker import Breaker
from core.fraud_hookspecs import Opinion, Order, OrderLine, Registration
from core.plugin_registry import Registered, Registry
from plugins.testing import CLIENT, a_context, check_plugin

__all__ = ["FraudContract"]

HOOKS = ("check_registration", "check_order")


class FraudContract:
    """Set `plugin`, and `settings` when some are required."""

    plugin: Any
    settings: ClassVar[Mapping[str, Any]] = {}
    registrations: ClassVar[tuple[Registration, ...]] = (
        Registration(source="sign_up", address="203.0.113.7"),
        Registration(source="staff"),
        Registration(source="api", address="2001:db8::7"),
    )
    orders: ClassVar[tuple[Order, ...]] = (
        Order(source="portal", currency="EUR", lines=[OrderLine(product_id=7, name="Hosting", units=1200)]),
        Order(source="staff", currency="JPY", lines=[], vat_number="FR40303265045", payer_country="FR"),
    )
    clients: ClassVar[tuple[Mapping[str, Any], ...]] = (
        CLIENT,
        {**CLIENT, "phone": "", "contact_person": "", "country": "JP", "language": "ja"},
    )

    def test_it_registers_with_settings_and_checks_something(self) -> None:
        """It has at least one of the two hooks."""
        assert set(HOOKS) & set(check_plugin(self.plugin, settings=self.settings).hooks)

    def test_it_answers_about_whatever_comes_and_says_why(self) -> None:
        """An opinion about each, with a reason in words unless it passes."""
        for one in self._opinions():
            assert one.verdict == "pass" or one.reasons, "say why"
            for reason in one.reasons:
                assert not reason.values or reason.text % reason.values

    def test_the_same_question_gets_the_same_answer(self) -> None:
        """Being asked changes nothing."""
        assert self._opinions() == self._opinions()

    def _opinions(self) -> list[Opinion]:
        registry = Registry()
        registered = registry.add(check_plugin(self.plugin, settings=self.settings).info.name, self.plugin)
        asked = [
            ("check_registration", {"client": client, "registration": one})
            for client in self.clients
            for one in self.registrations
        ] + [("check_order", {"client": client, "order": one}) for client in self.clients for one in self.orders]
        return [
            opinion or Opinion()
            for hook, arguments in asked
            for opinion in self._answers(registry, registered, hook, arguments)
        ]

    def _answers(
        self, registry: Registry, registered: Registered, hook: str, arguments: Mapping[str, Any]
    ) -> list[Opinion | None]:
        ctx = a_context(registered, self.settings)
        return [
            asyncio.run(
                plugin_calls.call(one, Breaker(), ctx, arguments, seconds=plugin_calls.CALL_SECONDS),
            )
            for one in registry.implementations(hook)
        ]
