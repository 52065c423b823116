"""The kinds of notifications: what Comptoir may have to say, each declared beside the verb that has the reason.

    PAID = declare(Kind(key="invoice.paid", title=N_("Invoice paid"), ...))

A kind brings its usual texts: Markdown with minijinja variables, in English, translated like all messages. Plugins
bring theirs by the hook `provide_notification_kinds`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.-]{0,62}\Z")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Audience = Literal["client", "user", "staff"]
Medium = Literal["mail", "sms", "webhook", "panel"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. Titles, descriptions and texts are msgids, translated where they are read.

    `variables` are what its texts may use, each with a description, and `samples` a value for each of them.
    `is_service`: it cannot be opted out of. `is_secret`: its data is sealed, forgotten once it was sent, and staff
    cannot send it again. `channels` are the media it usually goes by. `short` is its text for SMS and the panel.
    After `minutes` (0: days) it is of no use to anybody and is not tried any more, such as a code that is over.
    Variables whose names end in `_markdown` are Markdown, such as what somebody wrote; all others are letters.
    """

    key: Key
    title: Line
    description: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    audience: Audience = "client"
    group: Annotated[str, msgspec.Meta(max_length=60)] = ""
    variables: dict[str, str] = {}
    samples: dict[str, Any] = {}
    is_service: bool = True
    is_secret: bool = False
    minutes: Annotated[int, msgspec.Meta(ge=0, le=4320)] = 0
    channels: tuple[Medium, ...] = ("mail",)
    subject: Line
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    short: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Declared(ValueError):
    """A kind of this key is declared already, or its samples are not those of its variables."""


KINDS: dict[str, Kind] = {}
"""Those of Comptoir itself, by key. What plugins bring stands in `brought`."""

_brought: dict[str, tuple[str, Kind]] = {}


def declare(kind: Kind) -> Kind:
    """Make a kind known; a key has one kind."""
    check(kind)
    if kind.key in KINDS:
        raise Declared(f"there is a kind {kind.key!r} already")
    KINDS[kind.key] = kind
    return kind


def check(kind: Kind) -> None:
    """Raise `Declared` for a kind that cannot be shown with its samples."""
    if set(kind.variables) != set(kind.samples):
        raise Declared(f"{kind.key}: each variable needs a sample, and each sample a variable")


def bring(kinds: Mapping[str, list[Kind]]) -> None:
    """Remember the kinds of the plugins that were loaded, by the name of the plugin."""
    _brought.clear()
    for plugin, listed in kinds.items():
        _brought.update({kind.key: (plugin, kind) for kind in listed})


def find(key: str) -> Kind | None:
    """The kind of this key, None when nothing declares it (any more)."""
    return KINDS.get(key) or (_brought[key][1] if key in _brought else None)


def every(plugins: frozenset[str]) -> list[Kind]:
    """All kinds of a provider with these plugins, by group and key."""
    found = [*KINDS.values(), *(kind for plugin, kind in _brought.values() if plugin in plugins)]
    return sorted(found, key=lambda kind: (kind.group, kind.key))
