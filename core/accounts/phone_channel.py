"""Whether the provider can send short messages: without that nobody is asked to prove a telephone number."""

from core import hooks
from core.actor import Actor
from core.channel_contract import Channel
from core.plugin_calls import PluginFailed


async def is_there(*, by: Actor) -> bool:
    """Whether a plugin brings a channel for SMS; one that does not say counts: failing opens no door."""
    for plugin in hooks.heard("provide_channels", by=by):
        try:
            brought: list[Channel] = await hooks.ask_anyway("provide_channels", plugin, by=by) or []
        except PluginFailed:
            return True
        if any(channel.medium == "sms" for channel in brought):
            return True
    return False
