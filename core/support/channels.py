"""The channels of a provider: those of its plugins, the installation's mail server where no plugin sends mail, and
the panel itself.
"""

from typing import Any

import msgspec
from asyncpg import Record

from core import hooks, mail
from core.actor import Actor
from core.channel_contract import Channel
from core.i18n import N_, _
from core.notification_kinds import Kind, Medium

MAIL, PANEL, CAUGHT = "mail", "panel", "caught_sms"
OWN = {
    MAIL: N_("Mail server of the installation"),
    PANEL: N_("In the panel"),
    CAUGHT: N_("SMS among the caught mail"),
}
MEDIA: dict[str, str] = {
    "mail": N_("E-mail"),
    "sms": N_("SMS"),
    "webhook": N_("Webhook"),
    "panel": N_("In the panel"),
}
EVERYTHING = "*"


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """A channel, and the plugin that brings it (None for our own). `name` is what deliveries call it."""

    name: str
    title: str
    medium: Medium
    plugin: str | None = None
    key: str = ""
    kinds: frozenset[str] = frozenset()
    seconds: float = 20.0

    def takes(self, kind: Kind) -> bool:
        """Whether notifications of this kind go by it."""
        if self.medium in kind.channels or kind.key in self.kinds:
            return True
        return not kind.is_secret and (self.medium == PANEL or EVERYTHING in self.kinds)


PANEL_WAY = Way(name=PANEL, title=OWN[PANEL], medium="panel")
MAIL_WAY = Way(name=MAIL, title=OWN[MAIL], medium="mail")
CAUGHT_WAY = Way(name=CAUGHT, title=OWN[CAUGHT], medium="sms")
"""Where mail is caught and no plugin sends SMS: they are found among the mail."""


async def every(*, by: Actor) -> list[Way]:
    """The channels in force, the panel last; raises `PluginFailed` when a plugin does not say which it has.

    Of several plugins that send mail the first one does.
    """
    found: list[Way] = []
    for plugin in hooks.heard("provide_channels", by=by):
        brought: list[Channel] = await hooks.ask_anyway("provide_channels", plugin, by=by) or []
        found += [_way(plugin, channel) for channel in brought]
    senders = [way for way in found if way.medium == "mail"]
    others = [way for way in found if way.medium not in ("mail", "panel")]
    if mail.is_caught() and not any(way.medium == "sms" for way in others):
        others.append(CAUGHT_WAY)
    return [*(senders[:1] or [MAIL_WAY]), *others, PANEL_WAY]


def of(delivery: Record, ways: list[Way]) -> Way | None:
    """The channel a delivery goes by: its own, or another one of its medium when that is gone."""
    own = next((way for way in ways if way.name == delivery["channel"]), None)
    return own or next((way for way in ways if way.medium == delivery["medium"]), None)


def title(name: str, ways: list[Way]) -> str:
    """What people call a channel, also one that is gone."""
    known: dict[str, Any] = {way.name: way.title for way in ways}
    found = known.get(name) or OWN.get(name)
    return _(found) if found else name


def _way(plugin: str, channel: Channel) -> Way:
    return Way(
        name=f"{plugin}:{channel.key}",
        title=channel.title,
        medium=channel.medium,
        plugin=plugin,
        key=channel.key,
        kinds=frozenset(channel.kinds),
        seconds=channel.seconds,
    )
