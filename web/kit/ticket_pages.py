"""What was said in a ticket, as pages show it: Markdown becomes HTML in which nothing can run."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import rich_text


def messages(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a ticket, each with `html`."""
    return [dict(row) | {"html": rich_text.html(row["text"])} for row in found]
