"""Notifications by webhook and by an SMS gateway: the contract of channels, against a server that answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from standardwebhooks import Webhook

from core import outside, plugin_calls, signed_webhooks
from core.channel_contract import Later, Refused
from plugins.notifications import sms_gateway, webhook_channel
from plugins.notifications.sms_gateway import SmsGateway
from plugins.testing_channels import ChannelContract, a_delivery
from tests.plugins.receiving_thread import receiving_aside
from tests.receiver import Receiver, status

SECRET = signed_webhooks.new_secret()


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiving_aside() as made:
        yield made


class HttpContract(ChannelContract):
    more: ClassVar[dict[str, Any]] = {}
    answers: ClassVar[dict[int, type[Exception]]] = {}

    @pytest.fixture(autouse=True)
    def _there(self, there: Receiver) -> None:
        self.there = there
        self.settings = {"url": there.url} | self.more

    def arrived(self) -> list[Any]:
        return list(self.there.requests)

    def test_what_comes_of_an_answer(self) -> None:
        (channel,) = self.channels()
        for code, told in self.answers.items():
            self.there.answer = status(code, body="said")
            with pytest.raises(told):
                self.send(self.delivery(channel))

    def test_an_address_inside_is_refused(self) -> None:
        (channel,) = self.channels()
        outside.configure(reach_loopback=False)
        with pytest.raises(Refused):
            self.send(self.delivery(channel))
        assert self.there.connections == 0


class TestWebhookChannel(HttpContract):
    plugin = webhook_channel
    more: ClassVar[dict[str, Any]] = {"secret": SECRET}
    answers: ClassVar[dict[int, type[Exception]]] = {410: Refused, 429: Later, 500: plugin_calls.PluginFailed}

    def test_it_is_signed_and_the_same_at_all_attempts(self) -> None:
        (channel,) = self.channels()
        self.send(self.delivery(channel))
        self.send(self.delivery(channel, attempt=2))
        first, second = self.there.requests
        at = datetime.fromtimestamp(int(first.headers["webhook-timestamp"]), UTC)
        signature = Webhook(SECRET).sign(first.headers["webhook-id"], at, first.body.decode())
        assert first.headers["webhook-signature"] == signature
        said = msgspec.json.decode(first.body)
        assert said["type"] == "notification.invoice.issued"
        assert said["data"]["values"] == {"number": "F-2026-0012"}
        assert first.body == second.body and first.headers["webhook-id"] == second.headers["webhook-id"]


class TestSmsGateway(HttpContract):
    plugin = sms_gateway
    more: ClassVar[dict[str, Any]] = {
        "key": "Bearer t0ken",
        "sender": "Nova",
        "fields": "to: {to}\nmessage={text}\nref: {id}\nfrom: {from}",
    }
    answers: ClassVar[dict[int, type[Exception]]] = {400: Refused, 503: Later, 401: plugin_calls.PluginFailed}

    def test_the_fields_go_as_json_with_the_key_in_its_header(self) -> None:
        (channel,) = self.channels()
        self.send(self.delivery(channel, short="Code {to} 12"))
        (sent,) = self.there.requests
        assert sent.headers["authorization"] == "Bearer t0ken"
        said = msgspec.json.decode(sent.body)
        assert said["message"] == "Code {to} 12", "a text is no template"
        assert (said["to"], said["from"]) == ("+33123456789", "Nova")

    def test_success_is_what_the_provider_says(self) -> None:
        self.settings = {**self.settings, "success": '"ok"'}
        (channel,) = self.channels()
        with pytest.raises(plugin_calls.PluginFailed):
            self.send(self.delivery(channel))
        self.there.answer = status(200, body='{"state": "ok"}')
        assert self.send(self.delivery(channel)).said.startswith("200")

    def test_without_a_number_nothing_is_asked(self) -> None:
        (channel,) = self.channels()
        with pytest.raises(Refused):
            self.send(self.delivery(channel, phone=""))
        assert self.arrived() == []


def test_a_gateway_can_want_a_form_or_an_address() -> None:
    delivery = a_delivery(medium="sms", short="à & b")
    settings = SmsGateway(url="https://sms.example/send?v=1", method="GET", fields="n: {digits}\nt: {text}")
    url, body, headers = sms_gateway.request_of(settings, delivery)
    assert parse_qs(urlsplit(url).query) == {"v": ["1"], "n": ["33123456789"], "t": ["à & b"]}
    assert body is None and headers == {}
    settings = SmsGateway(url="https://sms.example/send", form="form", fields="t: {text}")
    url, body, headers = sms_gateway.request_of(settings, delivery)
    assert body is not None and parse_qs(body.decode()) == {"t": ["à & b"]}
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
