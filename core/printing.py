"""Documents as PDF files, by typst: a source of ours, and data that is text and never markup.

The same data at the same moment give the same bytes. PDF/A where the letters are in the fonts that come with typst
or stand on this machine; what has letters in none of them is still printed, as a plain PDF.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import typst

SOURCES = Path(__file__).parent / "documents"
Standard = Literal["a-2b", "a-3b"]
"""Kinds of PDF/A: the third one may have files attached."""


class Printed(msgspec.Struct, frozen=True):
    """A file, and whether it is the PDF/A that was asked for."""

    content: bytes
    is_archival: bool


class NotPrinted(RuntimeError):
    """typst refuses the source itself; a mistake of ours."""


async def pdf(source: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """The document `source` of `core/documents` filled with the data; `at` is when it says it was made."""
    return (await asyncio.to_thread(made, source, data, at=at)).content


def made(source: str, data: Mapping[str, Any], *, at: datetime, standard: Standard = "a-2b") -> Printed:
    """The same at once, in this thread, as PDF/A of this kind where that can be."""
    text, inputs = (SOURCES / f"{source}.typ").read_bytes(), {"data": msgspec.json.encode(data).decode()}
    reason = ""
    tries: tuple[tuple[bool, Standard | None], ...] = ((False, standard), (True, standard), (True, None))
    for with_system, wanted in tries:
        options: dict[str, Any] = {"font_paths": _fonts(with_system), "pdf_standards": wanted}
        try:
            content = typst.compile(text, root=SOURCES, format="pdf", sys_inputs=inputs, timestamp=at, **options)
        except typst.TypstError as error:
            reason = str(error)
        else:
            assert isinstance(content, bytes)
            return Printed(content, wanted is not None)
    raise NotPrinted(reason)


@cache
def _fonts(with_system: bool) -> typst.Fonts:
    """The fonts that come with typst, and those of this machine; looked for once."""
    return typst.Fonts(include_system_fonts=with_system)
