"""Whether the provider can send short messages: without that nobody is asked to prove a telephone number."""

from core import freshness, hooks, mail
from core.actor import Actor
from core.channel_contract import Channel
from core.plugin_calls import PluginFailed


async def is_there(*, by: Actor) -> bool:
    """Whether a plugin brings a channel for SMS, or they are caught. One that does not say counts: failing opens
    no door.

    What they say is remembered until a plugin or its settings change; that one failed is not.
    """
    brought: bool | None = await freshness.MEMORY.get(by.tenant.id, "sms channel", lambda: _is_brought(by))
    return brought is not False or mail.is_caught()


async def _is_brought(by: Actor) -> bool | None:
    """None when a plugin did not say, and none before it brings one."""
    for plugin in hooks.heard("provide_channels", by=by):
        try:
            brought: list[Channel] = await hooks.ask_anyway("provide_channels", plugin, by=by) or []
        except PluginFailed:
            return None
        if any(channel.medium == "sms" for channel in brought):
            return True
    return False
