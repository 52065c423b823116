"""Reading what somebody sent: it comes back as it was exported, and a file made to do harm does none."""

import asyncio
import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import sheet_reading, sheets
from core.accounts.imports.rows import row_of
from core.errors import Invalid
from core.sheet_reading import Head

KEYS = ["a", "b", "c"]
CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30) | st.builds(
    lambda head, tail: head + tail, st.text("'=+-@", min_size=1, max_size=3), st.text('ab 1,;"|', max_size=6)
)


def read(content: bytes, most_rows: int = 1000) -> tuple[Head, list[sheet_reading.Row]]:
    async def all_of_it() -> tuple[Head, list[sheet_reading.Row]]:
        found: list[sheet_reading.Row] = []
        async for one in sheet_reading.read(content, most_rows=most_rows):
            if isinstance(one, Head):
                head = one
            else:
                found += one
        return head, found

    return asyncio.run(all_of_it())


def wrong(content: bytes, most_rows: int = 1000) -> str:
    with pytest.raises(Invalid) as refused:
        read(content, most_rows)
    return refused.value.errors["file"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=40), st.sampled_from(sheets.FORMATS))
def test_what_was_exported_comes_back_unchanged(rows: list[tuple[str, str, str]], form: sheets.Format) -> None:
    writer = sheets.writer(form)
    writer.rows([KEYS, *rows])
    with writer.end() as file:
        _head, found = read(file.read())
    kept = [{key: cell for key, cell in zip(KEYS, row, strict=True) if cell.strip()} for row in rows]
    assert [row_of(number, cells, KEYS).values for number, cells in found] == [row for row in kept if row]


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        ("é,b\n1,2\n".encode(), "utf-8", ","),
        ("é;b;c,d\n1;2\n".encode("utf-8-sig"), "utf-8-sig", ";"),
        ("é\tb\n1\t2\n".encode("utf-16"), "utf-16", "\t"),
        ("é;b\n1;2\n".encode("utf-16-be"), "utf-16-be", ";"),
        ("é;b\n1;2\n".encode("cp1252"), "cp1252", ";"),
        ("sep=|\né|b,c,d\n1|2\n".encode(), "utf-8", "|"),
    ],
)
def test_encodings_and_separators_are_found_out(content: bytes, encoding: str, separator: str) -> None:
    head, rows = read(content)
    assert (head.encoding, head.separator, head.headings[0]) == (encoding, separator, "é")
    assert [cells for _number, cells in rows] == [["1", "2"]]


def test_rows_are_numbered_as_a_spreadsheet_does_it() -> None:
    _head, rows = read(b'a,b\r\n\n"x\ny",1\r2,3\n,,\n4,5')
    assert rows == [(3, ["x\ny", "1"]), (4, ["2", "3"]), (6, ["4", "5"])]
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet()
        sheet.write_string(2, 0, "head")
        sheet.write_number(4, 0, 12)
        sheet.write_number(6, 0, 1.5)
    head, rows = read(book.getvalue())
    assert (head.format, head.headings, rows) == ("xlsx", ["head"], [(5, ["12"]), (7, ["1.5"])])


def test_odd_letters_stay_to_be_refused_row_by_row() -> None:
    assert read(b"a\nx\0y\n")[1] == [(2, ["x\0y"])]
    lone = b"\xff\xfe" + "a\n\ud800x\n".encode("utf-16-le", "surrogatepass")
    assert read(lone)[1] == [(2, ["\0x"])]
    assert read(b"a,b\n" + b"x" * 100_000 + b",1\n2,3\n")[1] == [(2, None), (3, ["2", "3"])]


def test_a_million_empty_rows_are_passed_over() -> None:
    assert read(b"a,b\n" + b",\n" * 1_000_000 + b"1,2\n")[1] == [(1_000_002, ["1", "2"])]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"a\n" + b"1\n" * 1001, "too many rows"),
        (b"a\n\x81\n", "letters"),
        (b'a\n"x\n' + b"1\n" * 400_000, "quotation mark"),
        (b"PK\x03\x04rest", "damaged"),
        (b"%PDF-1.4", "neither CSV nor XLSX"),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, told: str) -> None:
    assert told in wrong(content)


def test_a_spreadsheet_that_would_take_all_memory_is_refused() -> None:
    sparse = io.BytesIO()
    with xlsxwriter.Workbook(sparse, {"constant_memory": True}) as made:
        sheet = made.add_worksheet()
        sheet.write_string(0, 0, "a")
        sheet.write_string(1_048_575, 16_383, "b")
    assert "damaged" in wrong(sparse.getvalue()) or "columns" in wrong(sparse.getvalue())
    bomb = io.BytesIO(sparse.getvalue())
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/more.xml", "w") as entry:
        for _part in range(450):
            entry.write(b" " * 1_000_000)
    assert "too big once it is unpacked" in wrong(bomb.getvalue())
    entities = io.BytesIO()
    with zipfile.ZipFile(entities, "w") as packed:
        packed.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY l "l">]><workbook>&l;</workbook>')
    assert "damaged" in wrong(entities.getvalue())
