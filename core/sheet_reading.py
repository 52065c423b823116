"""Reading a table that somebody sent, CSV or XLSX, without trusting it: `core/sheet_program.py` does it.

    async for found in sheet_reading.read(content, most_rows=200_000):
        ...                                # first the Head, then lists of rows, at most some thousands at a time

All that is wrong with the file as a whole is raised as `Invalid` under "file", with the row where it is.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import IO

import msgspec

from core.errors import Invalid, Unavailable
from core.i18n import N_, _

PROGRAM = Path(__file__).with_name("sheet_program.py")
MOST_BYTES = 32 * 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024
SECONDS = 120.0
PATIENCE = 20.0
_turns = asyncio.Semaphore(2)

WRONG = {
    "columns": N_("The row of headings is too long: %(at)s columns."),
    "empty": N_("This file is empty."),
    "kind": N_("This is neither CSV nor XLSX."),
    "letters": N_("The letters of this file cannot be read. Save it as UTF-8."),
    "quotes": N_("Line %(at)s cannot be read: a quotation mark before it is not closed, or a cell is too long."),
    "rows": N_("There are too many rows: at most %(most)s, please."),
    "size": N_("This file is too big once it is unpacked."),
    "unreadable": N_("This file cannot be read. It may be damaged."),
}

Row = tuple[int, list[str] | None]
"""The number of the row in its spreadsheet, and its cells; None for a row that is far too long."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What the file is, and its headings. `encoding` and `separator` are those of CSV."""

    format: str
    encoding: str
    separator: str
    headings: list[str]


class _Line(msgspec.Struct):
    head: Head | None = None
    part: list[Row] | None = None
    end: int | None = None
    wrong: str = ""
    at: int = 0


async def read(content: bytes, *, most_rows: int) -> AsyncGenerator[Head | list[Row], None]:
    """What is in the file, in its order."""
    if not content.strip():
        raise Invalid({"file": _(WRONG["empty"])})
    if len(content) > MOST_BYTES:
        raise Invalid({"file": _("At most %(count)s MB, please.") % {"count": MOST_BYTES // 1024**2}})
    try:
        async with asyncio.timeout(PATIENCE):
            await _turns.acquire()
    except TimeoutError as error:
        raise Unavailable(_("Many files are being read. Please try again in a moment.")) from error
    try:
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.seek(0)
            async with aclosing(_lines(file, most_rows)) as lines:
                async for line in lines:
                    if line.wrong:
                        said = _(WRONG.get(line.wrong, WRONG["unreadable"]))
                        raise Invalid({"file": said % {"at": line.at, "most": most_rows}})
                    found = line.head if line.head is not None else line.part
                    if found:
                        yield found
    finally:
        _turns.release()


async def _lines(file: IO[bytes], most_rows: int) -> AsyncGenerator[_Line, None]:
    """What the program says, to its end; a last line says so when it was ended by what it read."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(PROGRAM), str(most_rows)),
        stdin=file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE,
    )
    assert program.stdout is not None
    has_ended = is_over = False
    try:
        async with asyncio.timeout(SECONDS):
            while text := await program.stdout.readline():
                line = msgspec.json.decode(text, type=_Line)
                has_ended = line.end is not None or bool(line.wrong)
                yield line
        is_over = True
    except (TimeoutError, ValueError):
        has_ended = False
    finally:
        if not is_over:
            with suppress(ProcessLookupError):
                program.kill()
        await program.wait()
    if not has_ended:
        yield _Line(wrong="unreadable")
