"""What was said in a ticket, as pages show it: Markdown becomes HTML in which nothing can run."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import rich_text
from web.kit import attaching


async def messages(found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a ticket, each with `html` and `files`."""
    return await attaching.with_files(dict(row) | {"html": rich_text.html(row["text"])} for row in found)
