"""Tables as files: CSV and XLSX, written with flat memory and read back as they were.

A spreadsheet takes a cell that begins with `= + - @`, a tab or a line's end for a formula. Such a text gets an
apostrophe in front in CSV; in XLSX it is written as a text, which no program calculates. Reading takes the
apostrophe away, so that a file that went through here comes back unchanged.
"""

import csv
import io
import re
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any, Literal, Protocol

from core import xlsx

Format = Literal["csv", "xlsx"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
QUOTED = re.compile(r"'+[=+\-@\t\r\n]")


class Writer(Protocol):
    """Takes rows of cells, and ends with a file that can be read from its beginning."""

    def rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write these rows after those before."""

    def end(self) -> IO[bytes]:
        """The whole file, at its beginning. It is gone once it is closed."""


def writer(form: Format) -> Writer:
    """A writer into a temporary file of this format."""
    return CsvWriter() if form == "csv" else XlsxWriter()


class CsvWriter:
    """CSV as RFC 4180 has it, in UTF-8 with a mark, so that every spreadsheet reads its letters."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        self.text = io.TextIOWrapper(self.file, encoding="utf-8-sig", newline="", write_through=False)
        self.csv = csv.writer(self.text)

    def rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write these rows; texts that look like formulas are quoted."""
        self.csv.writerows([[quoted(cell) for cell in row] for row in rows])

    def end(self) -> IO[bytes]:
        """The file."""
        self.text.flush()
        self.text.detach()
        self.file.seek(0)
        return self.file


class XlsxWriter:
    """XLSX: every cell a whole number or a text, never a formula, a link or a date."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        self.book = xlsx.Book(self.file)

    def rows(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write these rows; a text that begins as a quoted one does is quoted once more."""
        self.book.rows([_cell(cell) for cell in row] for row in rows)

    def end(self) -> IO[bytes]:
        """The file."""
        self.book.end()
        self.file.seek(0)
        return self.file


def _cell(cell: Any) -> int | str | None:
    """A cell as XLSX has it."""
    if type(cell) is int or cell is None:
        return cell
    text = plain(cell)
    return "'" + text if text[:1] == "'" and QUOTED.match(text) else text


def quoted(cell: Any) -> Any:
    """A cell as CSV shows it: no spreadsheet takes it for a formula."""
    if type(cell) is int or cell is None:
        return cell
    text = plain(cell)
    return "'" + text if text[:1] in "'=+-@\t\r\n" and FORMULA.match(text) else text


def unquoted(text: str) -> str:
    """The text that was quoted."""
    return text[1:] if text[:1] == "'" and QUOTED.match(text) else text


def plain(cell: Any) -> str:
    """A value as a text: moments as RFC 3339, lists with a bar between."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, Decimal):
        return f"{cell:f}".rstrip("0").rstrip(".") if "." in f"{cell:f}" else f"{cell:f}"
    if isinstance(cell, list | tuple):
        return " | ".join(str(item) for item in cell)
    return "" if cell is None else str(cell)
