"""What is put into a text of Markdown: words of people, which are letters there and never marks. Pure.

Only what can be a mark stands behind a backslash, so that people can read and go on with what was filled in.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

MARKS = re.compile(r"[\\`*_\[\]<>&~|]")
"""What is a mark anywhere in a line."""
FIRST = re.compile(r"^([ \t]*)([#+=:.)-])|^([ \t]*\d{1,9})([.)])(?=\s|\Z)", re.MULTILINE)
"""What is one where a line begins: a heading, a list, a line; or behind a number, which may stand before it."""
LINE_END = re.compile(r"\r\n?")
"""What Markdown takes for the end of a line besides the usual one."""
INDENT = re.compile(r"^[ \t]{2,}|^\t", re.MULTILINE)
"""Four blanks would make a line a block of code."""
ADDRESS = re.compile(r"(https?://|mailto:)[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")


AS_IT_IS = "_markdown"
"""Variables whose names end so are Markdown themselves, such as the message that somebody wrote."""


def escaped(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with each mark of Markdown behind a backslash; addresses stay what they are, for `<{{ link }}>`."""
    return {name: value if name.endswith(AS_IT_IS) else _escaped(value) for name, value in data.items()}


def unmarked(names: Iterable[str]) -> dict[str, str]:
    """The plain twin of each variable that is Markdown: {"text": "text_markdown"}, where no other has its name."""
    known = set(names)
    twins = {name.removesuffix(AS_IT_IS): name for name in known if name.endswith(AS_IT_IS)}
    return {name: marked for name, marked in twins.items() if name and name not in known}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value if ADDRESS.fullmatch(value) else _as_letters(value)
    if isinstance(value, Mapping):
        return escaped(value)
    if isinstance(value, list | tuple):
        return [_escaped(one) for one in value]
    return value


def _as_letters(text: str) -> str:
    lines = INDENT.sub(" ", LINE_END.sub("\n", text))
    return FIRST.sub(_first, MARKS.sub(r"\\\g<0>", lines))


def _first(found: re.Match[str]) -> str:
    before, mark = (found[1], found[2]) if found[2] else (found[3], found[4])
    return f"{before}\\{mark}"
