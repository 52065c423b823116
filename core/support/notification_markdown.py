"""What is put into a text of Markdown: words of people, which are letters there and never marks. Pure."""

import re
from collections.abc import Mapping
from typing import Any

MARKS = re.compile(r"([!-/:-@\[-`{-~])")
ADDRESS = re.compile(r"(https?://|mailto:)[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
AS_IT_IS = "_markdown"
"""Variables whose names end so are Markdown themselves, such as the message that somebody wrote."""


def escaped(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data with each mark of Markdown behind a backslash; addresses stay what they are, for `<{{ link }}>`."""
    return {name: value if name.endswith(AS_IT_IS) else _escaped(value) for name, value in data.items()}


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value if ADDRESS.fullmatch(value) else MARKS.sub(r"\\\1", value)
    if isinstance(value, Mapping):
        return escaped(value)
    if isinstance(value, list | tuple):
        return [_escaped(one) for one in value]
    return value
