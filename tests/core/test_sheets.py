"""Tables as files: what is written is read back as it was, and no spreadsheet finds a formula in it."""

import csv
import io
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core import sheets, xlsx

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


def read_xlsx(rows: list[list]) -> CalamineWorkbook:
    writer = sheets.XlsxWriter()
    writer.rows(rows)
    return CalamineWorkbook.from_filelike(writer.end())


def test_a_cell_of_xlsx_is_a_number_or_a_text():
    rows = [[7, "7", "", None, True, 2**53 - 1, ["a", "b"], "Ünï & <b>"], [0, "x"]]
    found = read_xlsx(rows).get_sheet_by_index(0).to_python()
    assert found[0] == [7.0, "7", "", "", "1", float(2**53 - 1), "a | b", "Ünï & <b>"]
    assert found[1][:2] == [0.0, "x"]


def test_spaces_and_lines_of_a_text_stay():
    text = " two\nlines\tand a tab "
    assert read_xlsx([[text]]).get_sheet_by_index(0).to_python() == [[text]]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=20))
def test_every_text_makes_xml_that_can_be_read(text: str) -> None:
    writer = sheets.XlsxWriter()
    writer.rows([[text]])
    with ZipFile(writer.end()) as book:
        found = [ElementTree.fromstring(book.read(name)) for name in book.namelist()]
    assert {root.tag.rpartition("}")[2] for root in found} == {"Relationships", "Types", "workbook", "worksheet"}


def test_letters_that_xml_lacks_are_named_and_no_text_is_taken_for_such_a_name():
    assert read_xlsx([["a\x01b", "_x0041_"]]).get_sheet_by_index(0).to_python() == [["a\x01b", "_x0041_"]]


def test_wide_rows_have_their_columns_and_long_texts_an_end():
    row = [str(place) for place in range(1, 731)] + ["x" * 40_000]
    found = read_xlsx([row]).get_sheet_by_index(0).to_python()[0]
    assert found[:730] == row[:730]
    assert len(found[730]) == xlsx.LONGEST


def test_a_full_sheet_goes_on_in_the_next_one(monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    book = read_xlsx([[str(number)] for number in range(7)])
    assert book.sheet_names == ["Sheet1", "Sheet2", "Sheet3"]
    assert [cells for name in book.sheet_names for cells in book.get_sheet_by_name(name).to_python()] == [
        [str(number)] for number in range(7)
    ]
