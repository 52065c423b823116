"""The program that reads a table somebody sent: CSV or XLSX in at standard input, lines of JSON out.

It runs in a process of its own, alone (`python -I`), with a bound on memory and processor time, so that a file
made to do harm ends this process and nothing else. It knows nothing of the product. The lines, in this order:

    {"head": {"format": "csv", "encoding": "utf-8", "separator": ",", "headings": ["login", ...]}}
    {"part": [[2, ["jean", ...]], [3, null], ...]}     rows by their number in the spreadsheet; null: far too long
    {"part": [...], "end": 1234}                       the last of them, and how many rows there were
    {"wrong": "rows", "at": 200001}                    instead of all that would come: what is wrong, and where
"""

import csv
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, NoReturn

from python_calamine import CalamineWorkbook, SheetTypeEnum

MEMORY = 768 * 1024 * 1024
SECONDS = 120
UNPACKED = 400_000_000
"""Bytes of an XLSX once it is unpacked."""
MOST_COLUMNS = 200
MOST_LINES = 3_000_000
"""Rows of a file with those that are empty."""
MOST_LETTERS = 150_000_000
LONGEST_ROW = 50_000
AT_ONCE = 2000
LETTERS_AT_ONCE = 1_000_000
SEPARATORS = ",;\t|"
SAID = re.compile(r"sep=(.)\s*")
LONE = re.compile("[\ud800-\udfff]")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def main(most_rows: int) -> None:
    """Read standard input, which is a file, and say what is in it."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    file = open(0, "rb", closefd=False)  # noqa: SIM115
    start = file.read(8)
    file.seek(0)
    if start.startswith(b"PK\x03\x04"):
        tell({"xlsx": True}, xlsx(file), most_rows)
    elif start.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"PK")):
        wrong("kind")
    else:
        encoding = encoding_of(file)
        text = io.TextIOWrapper(
            file, encoding, newline="", errors="surrogatepass" if encoding.startswith("utf-16") else "strict"
        )
        separator, is_said = separator_of(text)
        tell({"encoding": encoding, "separator": separator}, separated(text, separator, is_said), most_rows)


def tell(about: dict[str, Any], rows: Iterable[list[str]], most: int) -> None:
    """Write the headings and then the rows that are not empty."""
    kind = {"format": "xlsx" if about.pop("xlsx", False) else "csv", "encoding": "", "separator": ""} | about
    found = numbered(rows)
    first = next(found, None)
    if first is None:
        wrong("empty")
    headings = first[1]
    if len(headings) > MOST_COLUMNS or sum(map(len, headings)) > LONGEST_ROW:
        wrong("columns", len(headings))
    say({"head": kind | {"headings": headings}})
    part: list[Any] = []
    count = letters = all_letters = 0
    for number, row in found:
        size = sum(map(len, row))
        kept = row[: MOST_COLUMNS + 1] if size <= LONGEST_ROW else None
        count, letters, all_letters = count + 1, letters + min(size, LONGEST_ROW), all_letters + size
        if count > most or all_letters > MOST_LETTERS:
            wrong("rows" if count > most else "size", number)
        part.append([number, kept])
        if len(part) == AT_ONCE or letters > LETTERS_AT_ONCE:
            say({"part": part})
            part, letters = [], 0
    say({"part": part, "end": count})


def numbered(rows: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, by their numbers, without empty cells at the end."""
    for number, row in enumerate(rows, start=1):
        if number > MOST_LINES:
            wrong("rows", number)
        while row and not row[-1].strip():
            row.pop()
        if row:
            yield number, row


def encoding_of(file: BinaryIO) -> str:
    """UTF-8 or UTF-16 by their marks, else UTF-8 when all of it is that, else Windows-1252."""
    start = file.read(400)
    file.seek(0)
    for mark, encoding in BOMS:
        if start.startswith(mark):
            return encoding
    for places, encoding in ((start[1::2], "utf-16-le"), (start[::2], "utf-16-be")):
        if len(start) > 3 and places.count(0) > len(places) * 0.6:
            return encoding
    for encoding in ("utf-8", "cp1252"):
        text = io.TextIOWrapper(file, encoding, newline="")
        try:
            while text.read(1_000_000):
                pass
            return encoding
        except UnicodeDecodeError:
            continue
        finally:
            text.detach()
            file.seek(0)
    return wrong("letters")


def separator_of(text: io.TextIOWrapper) -> tuple[str, bool]:
    """The sign between cells: said in a first line `sep=;`, or the most frequent outside of quotation marks."""
    line = ""
    for _attempt in range(50):
        line = text.readline(LONGEST_ROW)
        if line.strip() or not line:
            break
    text.seek(0)
    if said := SAID.fullmatch(line):
        return said[1], True
    bare = re.sub(r'"[^"]*"', "", line)
    return max(SEPARATORS, key=bare.count), False


def separated(text: io.TextIOWrapper, separator: str, is_said: bool) -> Iterator[list[str]]:
    """The rows of CSV, with quotation marks as RFC 4180 has them."""
    csv.field_size_limit(LONGEST_ROW * 10)
    reader = csv.reader(text, delimiter=separator)
    try:
        for row in reader:
            if is_said:
                is_said = False
                yield []
                continue
            yield [LONE.sub("\0", cell) for cell in row]
    except csv.Error:
        wrong("quotes", reader.line_num)
    except UnicodeDecodeError:
        wrong("letters")


def xlsx(file: BinaryIO) -> Iterator[list[str]]:
    """The rows of the first sheet."""
    check_size(file)
    book = CalamineWorkbook.from_filelike(file)
    names = [sheet.name for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    if not names:
        wrong("empty")
    for row in book.get_sheet_by_name(names[0]).iter_rows():
        yield [plain(cell) for cell in row]


def check_size(file: BinaryIO) -> None:
    """End here unless it is XLSX of a size that can be unpacked: what is said there of sizes is not believed."""
    left = UNPACKED
    with zipfile.ZipFile(file) as packed:
        if "xl/workbook.xml" not in packed.namelist():
            wrong("kind")
        for entry in packed.infolist():
            entry.file_size = UNPACKED + 1
            with packed.open(entry) as unpacked:
                while got := unpacked.read(1_000_000):
                    left -= len(got)
                    if left < 0:
                        wrong("size")
    file.seek(0)


def plain(cell: Any) -> str:
    """A cell as CSV would have it."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)


def say(line: dict[str, Any]) -> None:
    """One line of the answer."""
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


def wrong(what: str, at: int = 0) -> NoReturn:
    """Say what is wrong, and end."""
    say({"wrong": what, "at": at})
    raise SystemExit(0)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except Exception:
        wrong("unreadable")
