"""Documents as PDF files, by typst: a source of ours, and data that is text and never markup.

The same data at the same moment give the same bytes. PDF/A-2b where the letters are in the fonts that come with
typst or stand on this machine; what has letters in none of them is still printed, as a plain PDF.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import typst

SOURCES = Path(__file__).parent / "documents"
TRIES: tuple[dict[str, Any], ...] = (
    {"ignore_system_fonts": True, "pdf_standards": "a-2b"},
    {"ignore_system_fonts": False, "pdf_standards": "a-2b"},
    {"ignore_system_fonts": False},
)


class NotPrinted(RuntimeError):
    """typst refuses the source itself; a mistake of ours."""


async def pdf(source: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The document `source` of `core/documents` filled with the data; `at` is when it says it was made."""
    return await asyncio.to_thread(_pdf, source, msgspec.json.encode(data).decode(), at)


def _pdf(source: str, data: str, at: datetime) -> bytes:
    text = (SOURCES / f"{source}.typ").read_bytes()
    reason = ""
    for options in TRIES:
        try:
            made = typst.compile(
                text, root=SOURCES, format="pdf", sys_inputs={"data": data}, timestamp=at, **options
            )
        except typst.TypstError as error:
            reason = str(error)
        else:
            assert isinstance(made, bytes)
            return made
    raise NotPrinted(reason)
