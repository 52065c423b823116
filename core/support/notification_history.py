"""What changed between two versions of a text, line by line. Pure."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any, Literal

import msgspec

AROUND = 2
FIELDS = ("subject", "text", "short")


class Line(msgspec.Struct, frozen=True):
    """A line that was added, removed, stands around such lines, or a gap between them."""

    sign: Literal["+", "-", " ", "…"]
    text: str


def between(
    older: Mapping[str, Any] | None, newer: Mapping[str, Any], usual: Mapping[str, Any]
) -> dict[str, list[Line]]:
    """What a version changed: of the one before it, or of the `usual` text where that was in force."""
    return changes(_text(older, usual), _text(newer, usual))


def _text(version: Mapping[str, Any] | None, usual: Mapping[str, Any]) -> Mapping[str, Any]:
    return usual if version is None or version["is_default"] else version


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[Line]]:
    """The lines that differ, by field; a field in which nothing does is left out."""
    found = {name: list(_lines(str(old[name] or ""), str(new[name] or ""))) for name in FIELDS}
    return {name: lines for name, lines in found.items() if lines}


def _lines(old: str, new: str) -> Iterator[Line]:
    for number, line in enumerate(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=AROUND)):
        if line.startswith("@@"):
            if number > 2:
                yield Line("…", "")
        elif number > 1:
            yield Line(line[0], line[1:])  # type: ignore[arg-type]
