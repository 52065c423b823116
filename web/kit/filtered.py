"""What stands around a list that its address filters and pages: links, and the line of the filter in force."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from core.i18n import _

PAGING = frozenset({"after", "before", "all"})
"""Parameters that say where in the list one is, not what it shows. `all` shows everything also to whoever's list
opens with a saved filter."""


def link(path: str, given: Mapping[str, str], **more: str) -> str:
    """The address of the list with these parameters."""
    wanted = {**given, **more}
    return f"{path}?{urlencode(wanted)}" if wanted else path


def paging(
    path: str, given: Mapping[str, str], previous: str | None, following: str | None
) -> dict[str, str | None]:
    """The addresses of the pages around, by the cursors of a list; none at an end."""
    return {
        "previous": link(path, given, before=previous) if previous else None,
        "next": link(path, given, after=following) if following else None,
    }


def in_force(
    path: str,
    given: Mapping[str, str],
    labels: Mapping[str, str],
    shown: Callable[[str, str], str],
    **more: str,
) -> list[dict[str, Any]]:
    """The parameters of the filter for people, each with the address of the list without it."""
    return [
        {
            "label": _(labels[name]),
            "value": shown(name, value),
            "without": link(path, {other: text for other, text in given.items() if other != name}, **more),
        }
        for name, value in given.items()
        if name in labels
    ]
