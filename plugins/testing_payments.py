"""The contract of payment plugins as tests. Make a subclass beside your tests; pytest runs what fits your plugin.

    class TestMyGateway(PaymentContract):
        plugin = my_gateway
        settings = {"secret": "s3cret"}

        def genuine(self, attempt):            # a call that your gateway would make about this attempt
            return Callback(body=..., headers={"x-signature": ...})

What a plugin does with its gateway is tried for real: let it speak to the gateway's sandbox, or to a fake.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

from core import plugin_calls
from core.breaker import Breaker
from core.payment_contract import Attempt, BankDetails, Callback, Heard, PaymentMethod, Refunding, Standing, Told
from core.plugin_registry import Registered, Registry
from plugins.testing import a_context, check_plugin

__all__ = ["PaymentContract"]

HOOKS_OF = {
    "starts": "start_payment",
    "instructs": "provide_payment_instructions",
    "captures": "capture_payment",
    "voids": "void_payment",
    "refunds": "refund_payment",
    "notifies": "notify_payment",
    "polls": "poll_payment",
    "reconciles": "reconcile_payments",
}
"""What a method can do, and the hook that does it."""


class PaymentContract:
    """Tests that every payment plugin has to pass."""

    plugin: object
    settings: Mapping[str, Any] = {}
    currency = "EUR"

    def genuine(self, attempt: Attempt) -> Callback | None:
        """A genuine call of the gateway saying that the attempt succeeded; None when it does not call back."""
        return None

    def test_it_registers_as_a_payment_plugin(self) -> None:
        """It keeps the contract of all plugins, and is of the kind "payment"."""
        assert check_plugin(self.plugin, settings=self.settings).info.kind == "payment"

    def test_it_does_what_it_says_it_can_and_nothing_else(self) -> None:
        """Each capability has its hook, each hook its capability, and keys of methods differ."""
        methods = self.methods()
        assert methods, "it brings no method"
        assert len({one.key for one in methods}) == len(methods), "two methods have one key"
        registered = self.registered()
        for name, hook in HOOKS_OF.items():
            can = any(getattr(one.can, name) for one in methods)
            assert can == (hook in registered.hooks), f"{name} and the hook {hook!r} go together"
        for one in methods:
            assert one.can.refunds or not one.can.refunds_in_part, f"{one.key}: refunds in part are refunds"
            holds = one.can.captures_in_part or one.can.voids
            assert one.can.captures or not holds, f"{one.key}: nothing is held"
            assert one.can.starts or one.can.instructs, f"{one.key}: nobody can pay by it"

    def test_what_it_tells_the_client_names_amount_account_and_reference(self) -> None:
        """Instructions are for copying: what has to be written must stand in them as it is."""
        for method in self.able("instructs"):
            attempt = self.attempt(method)
            told = self.call("provide_payment_instructions", attempt=attempt)
            values = " ".join(row.value.replace(" ", "") for row in told.rows)
            assert attempt.reference in values, "the reference is missing"
            assert (attempt.bank.iban if attempt.bank else "") in values, "the account is missing"

    def test_starting_again_with_the_same_key_is_the_same_payment(self) -> None:
        """A call without an answer is repeated; the gateway must not take money twice."""
        for method in self.able("starts"):
            attempt = self.attempt(method)
            first = self.call("start_payment", attempt=attempt)
            again = self.call("start_payment", attempt=attempt)
            assert isinstance(first, Told)
            assert first.gateway_id, "it has to say what the gateway calls it"
            assert first.gateway_id == again.gateway_id, "the gateway has it twice"
            other = self.call("start_payment", attempt=msgspec.structs.replace(attempt, key=attempt.key + "-2"))
            assert other.gateway_id != first.gateway_id, "two attempts are one"

    def test_no_forged_call_is_genuine(self) -> None:
        """Nothing, anything, a changed body, and the same content written otherwise are not the gateway's."""
        for method in self.able("notifies"):
            attempt = self.attempt(method)
            self.call("start_payment", attempt=attempt)
            real = self.genuine(attempt)
            assert real is not None, "give genuine() of the contract a call of your gateway"
            bodies = (b"", b"{}", real.body + b" ", real.body.replace(b"1", b"2"), real.body[:-1])
            forged = [msgspec.structs.replace(real, body=body) for body in bodies if body != real.body]
            forged.append(msgspec.structs.replace(real, headers={}))
            for one in forged:
                heard = self.call("notify_payment", callback=one)
                assert heard is None or not heard.is_genuine, f"forged, and believed: {one.body[:60]!r}"

    def test_a_genuine_call_says_which_payment_how_much_and_in_what(self) -> None:
        """The core compares; without amount and currency it records nothing."""
        for method in self.able("notifies"):
            attempt = self.attempt(method)
            started = self.call("start_payment", attempt=attempt)
            real = self.genuine(attempt)
            assert real is not None, "give genuine() of the contract a call of your gateway"
            heard = self.call("notify_payment", callback=real)
            assert isinstance(heard, Heard)
            assert heard.is_genuine, "the gateway's own call is not believed"
            (told,) = heard.told
            assert attempt.key == told.key or started.gateway_id == told.gateway_id, "which payment?"
            assert (told.units, told.currency) == (attempt.units, attempt.currency), "how much, and in what?"
            assert told.event_id, "a message needs an id, so that it counts once"

    def test_giving_back_again_with_the_same_key_is_one_refund(self) -> None:
        """What went back is told in all, however often it was asked for."""
        for method in self.able("refunds"):
            attempt = self.attempt(method)
            self.call("start_payment", attempt=attempt)
            real = self.genuine(attempt)
            if real is not None:
                self.call("notify_payment", callback=real)
            units = attempt.units // 2 if method.can.refunds_in_part else attempt.units
            asked = Refunding(key=f"{attempt.key}-r", units=units, reason="Asked for")
            told = [self.call("refund_payment", attempt=attempt, refund=asked) for _time in range(2)]
            assert [one.units for one in told] == [units, units], "what went back in all"

    def test_taking_again_with_the_same_key_is_one_capture(self) -> None:
        """A call without an answer is repeated; what is taken is told, and it is no more than is held."""
        for method in self.able("captures"):
            attempt = self.attempt(method)
            held = self.call("start_payment", attempt=attempt)
            if held.standing is not Standing.AUTHORIZED:
                continue
            units = attempt.units // 2 if method.can.captures_in_part else attempt.units
            told = [self.call("capture_payment", attempt=attempt, units=units) for _time in range(2)]
            assert [(one.standing, one.units) for one in told] == [(Standing.SUCCEEDED, units)] * 2, (
                "what was taken"
            )

    def methods(self) -> list[PaymentMethod]:
        """The ways to pay that it brings."""
        return self.call("provide_payment_methods") or []

    def able(self, what: str) -> list[PaymentMethod]:
        """Those that can do something, in the contract's currency."""
        return [one for one in self.methods() if getattr(one.can, what) and one.can.takes(self.currency)]

    def attempt(self, method: PaymentMethod) -> Attempt:
        """Something to pay, another one each time."""
        return Attempt(
            key=f"contract-{method.key}-{uuid4().hex}",
            method=method.key,
            units=1250,
            currency=self.currency,
            reference="RF471234",
            client={"name": "Dupont & Filles SARL", "country": "FR", "language": "fr"},
            bank=BankDetails(holder="Nova SAS", iban="FR7630006000011234567890189", bic="AGRIFRPP"),
        )

    def registered(self) -> Registered:
        """The plugin, registered alone."""
        return Registry().add(self._name(), self.plugin)

    def call(self, hook: str, **arguments: Any) -> Any:
        """What a hook answers, called as the core calls it."""
        registry = Registry()
        registered = registry.add(self._name(), self.plugin)
        (found,) = registry.implementations(hook)
        ctx = msgspec.structs.replace(a_context(registered, self.settings), dry_run=False)
        return asyncio.run(plugin_calls.call(found, Breaker(), ctx, arguments, seconds=15))

    def _name(self) -> str:
        return str(self.plugin.provide_plugin().name)  # type: ignore[attr-defined]
