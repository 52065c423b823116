"""Tables as files: what is written is read back as it was, and no spreadsheet finds a formula in it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core import sheets

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40) | st.builds(
    lambda head, tail: head + tail,
    st.text("'=+-@\t", min_size=1, max_size=4),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=10),
)


def read_csv(rows: list[list[str]]) -> list[list[str]]:
    writer = sheets.CsvWriter()
    writer.rows(rows)
    return list(csv.reader(io.StringIO(writer.end().read().decode("utf-8-sig"), newline="")))


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_csv_comes_back_unchanged_and_holds_no_formula(rows: list[tuple[str, str]]) -> None:
    raw = read_csv([list(row) for row in rows])
    assert not [cell for row in raw for cell in row if cell.startswith(DANGEROUS)]
    assert [[sheets.unquoted(cell) for cell in row] for row in raw] == [list(row) for row in rows]


@given(TEXTS.filter(lambda text: text.strip() == text and text != ""))
def test_xlsx_comes_back_unchanged_and_holds_no_formula(text: str) -> None:
    writer = sheets.XlsxWriter()
    writer.rows([["head"], [text]])
    book = CalamineWorkbook.from_filelike(writer.end())
    assert sheets.unquoted(str(book.get_sheet_by_index(0).to_python()[1][0])) == text
    assert book.get_sheet_by_index(0).to_python()[1][0].__class__ is str


@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-5", "@SUM(A1)", "\tx", "\rx", "'=x", "''+x"])
def test_what_a_spreadsheet_would_calculate_gets_one_apostrophe(text: str) -> None:
    assert sheets.quoted(text) == "'" + text
    assert sheets.unquoted(sheets.quoted(text)) == text


@pytest.mark.parametrize("text", ["x", "a=b", "'quoted'", "'", "O'Brien", "1-2", ""])
def test_the_rest_stays_as_it_is(text: str) -> None:
    assert sheets.quoted(text) == text
    assert sheets.unquoted(text) == text
