"""The contract of channel plugins as tests. Make a subclass beside your tests; pytest runs it against your plugin.

    class TestMyChannel(ChannelContract):
        plugin = my_channel
        settings = {"token": "t0ken"}

What a plugin does is tried for real: let it speak to a fake of the other side, and say what arrived there.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from core import plugin_calls
from core.breaker import Breaker
from core.channel_contract import Channel, Delivery, Later, Receipt, Refused
from core.plugin_registry import Registered, Registry
from plugins.testing import a_context, check_plugin

__all__ = ["ChannelContract", "a_delivery"]

EVIL = "Hello\r\nBcc: eve@example.org\nX-Evil: 1"


def a_delivery(**changes: Any) -> Delivery:
    """One as channels get it."""
    delivery = Delivery(
        id="0c9a6f5e-3b52-4f0e-9f63-2f3d5a1f7a11",
        channel="mail",
        medium="mail",
        kind="invoice.issued",
        attempt=1,
        written_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        address="zoe@dupont.example",
        phone="+33123456789",
        name="Zoé Dupont",
        locale="fr",
        subject="Votre facture",
        text="Bonjour Zoé,\n\nvotre facture est prête.\n",
        html="<p>Bonjour Zoé</p>",
        short="Votre facture est prête.",
        sender_name="Example Hosting",
        client=42,
        about="invoice:12",
        data={"number": "F-2026-0012"},
    )
    return msgspec.structs.replace(delivery, **changes)


class ChannelContract:
    """Tests that every channel plugin has to pass. `arrived` says what the other side got, if it can be asked."""

    plugin: object
    settings: Mapping[str, Any] = {}

    def arrived(self) -> list[Any] | None:
        """What has arrived on the other side so far; None when nobody can look."""
        return None

    def test_it_registers_as_a_notification_plugin(self) -> None:
        """It keeps the contract of all plugins, and is of the kind "notification"."""
        assert check_plugin(self.plugin, settings=self.settings).info.kind == "notification"

    def test_it_says_which_channels_it_has(self) -> None:
        """At least one, each under a key of its own."""
        channels = self.channels()
        assert channels, "it brings no channel"
        assert len({one.key for one in channels}) == len(channels), "two channels have one key"

    def test_it_sends(self) -> None:
        """A delivery is taken, and arrives once."""
        for channel in self.channels():
            before = self.arrived()
            receipt = self.send(self.delivery(channel))
            assert receipt is None or isinstance(receipt, Receipt)
            after = self.arrived()
            assert before is None or after is None or len(after) == len(before) + 1

    def test_a_dry_run_sends_nothing(self) -> None:
        """With `ctx.dry_run` nothing leaves."""
        for channel in self.channels():
            before = self.arrived()
            self.send(self.delivery(channel), dry_run=True)
            assert self.arrived() == before

    def test_line_breaks_do_no_harm(self) -> None:
        """Names and subjects with line breaks are sent as one message, or refused and not sent."""
        for channel in self.channels():
            evil = self.delivery(channel, subject=EVIL, name=EVIL, short=EVIL, sender_name=EVIL)
            before, is_refused = self.arrived(), False
            try:
                self.send(evil)
            except (Refused, Later):
                is_refused = True
            after = self.arrived()
            assert before is None or after is None or len(after) == len(before) + (not is_refused)

    def channels(self) -> list[Channel]:
        """What the plugin brings."""
        return self.call("provide_channels") or []

    def delivery(self, channel: Channel, **changes: Any) -> Delivery:
        """One for this channel."""
        return a_delivery(channel=channel.key, medium=channel.medium, **changes)

    def send(self, delivery: Delivery, *, dry_run: bool = False) -> Any:
        """What becomes of it."""
        return self.call("send_notification", dry_run=dry_run, delivery=delivery)

    def registered(self) -> Registered:
        """The plugin as the product knows it."""
        return self._registry()[1]

    def call(self, hook: str, *, dry_run: bool = False, **arguments: Any) -> Any:
        """What the plugin answers, checked like everywhere."""
        registry, registered = self._registry()
        ctx = msgspec.structs.replace(a_context(registered, self.settings), dry_run=dry_run)
        (found,) = registry.implementations(hook)
        return asyncio.run(plugin_calls.call(found, Breaker(), ctx, arguments, seconds=20))

    def _registry(self) -> tuple[Registry, Registered]:
        registry = Registry()
        name = self.plugin.provide_plugin().name  # type: ignore[attr-defined]
        return registry, registry.add(name, self.plugin)
