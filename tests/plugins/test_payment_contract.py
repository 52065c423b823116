"""The contract of payment plugins, kept by the fake gateway, and broken by one that believes everybody."""

from typing import ClassVar

import pytest

from plugins.api import Attempt, Callback, Heard, hookimpl
from plugins.testing_payments import PaymentContract
from tests.plugins.fake_gateway import FakeGateway


class TestFakeGateway(PaymentContract):
    """Everything a gateway can do."""

    plugin = FakeGateway()
    settings: ClassVar = {"secret": "s3cret"}

    def genuine(self, attempt: Attempt) -> Callback:
        return self.plugin.says(attempt.key)


class TestHoldingGateway(TestFakeGateway):
    """The same where money is held first."""

    plugin = FakeGateway(holds=True)


class Gullible(FakeGateway):
    """It looks at no signature."""

    @hookimpl
    def notify_payment(self, callback: Callback) -> Heard:
        return Heard(is_genuine=True)


def test_a_plugin_that_believes_everybody_is_found_out() -> None:
    contract = TestFakeGateway()
    contract.plugin = Gullible()  # type: ignore[misc]
    with pytest.raises(AssertionError, match="forged, and believed"):
        contract.test_no_forged_call_is_genuine()
