"""Those who want to know of what happens, in the transaction in which it happens: outgoing webhooks are such.

What the audit notes is told to who listens to the action, and so is the little that has no entry there
(`expense:covered`). A listener writes rows and asks for jobs; it refuses nothing, and changes nothing of ours.
Whoever does a thing to thousands asks first whether it is wanted, and then tells of them all at once.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """What it happened to; `changed` are the names of the fields that are not what they were."""

    id: int
    client_id: int | None = None
    name: str = ""
    changed: tuple[str, ...] = ()


class Listener(Protocol):
    """Who listens. Both are called inside the scope of the provider."""

    async def wants(self, action: str) -> bool:
        """Whether this provider has a use for it. Called very often: it remembers."""

    async def hear(self, action: str, happened: Sequence[Happened]) -> None:
        """It happened to these; called when it is wanted."""


_listeners: dict[str, list[Listener]] = {}


def listen(actions: Iterable[str], listener: Listener) -> None:
    """Let a listener hear of these actions, in every process that imports who calls this."""
    for action in actions:
        _listeners.setdefault(action, []).append(listener)


async def is_wanted(action: str) -> bool:
    """Whether anybody has a use for it."""
    for listener in _listeners.get(action, ()):
        if await listener.wants(action):
            return True
    return False


async def tell(action: str, happened: Sequence[Happened]) -> None:
    """Tell who wants it, one after the other."""
    for listener in _listeners.get(action, ()):
        if happened and await listener.wants(action):
            await listener.hear(action, happened)
