"""Numbers of documents: what a pattern may be, and that none is missing or given twice, whoever is undone."""

import asyncio
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.accounts import companies, numbering
from core.checks import Checks
from tests.core.accounts.house import open_provider

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 28)


def errors(**values: str) -> dict[str, str]:
    checks = Checks()
    numbering.check(checks, numbering.DEFAULTS | {"series": ""} | values)
    return checks.errors


@pytest.mark.parametrize(
    ("pattern", "series", "expected"),
    [
        ("INV-{year}-{number:5}", "", ["INV-2026-00007", "INV-2026-00008"]),
        ("{series}/{number}", "AB", ["AB/7", "AB/8"]),
        ("{number:1}.{year}.{series}", "Z", ["7.2026.Z", "8.2026.Z"]),
    ],
)
def test_a_number_is_written_as_its_pattern_says(pattern: str, series: str, expected: list[str]) -> None:
    assert numbering.preview(pattern, series=series, year=2026, first=7, count=2) == expected
    assert not errors(invoice_pattern=pattern, series=series)


@pytest.mark.parametrize(
    "pattern",
    ["", "INV-{year}", "{number}{number}", "{number} {year} {year}", "{number:0}", "{number:12}",
     "{year:2}{number}", "{nummer}{number}", "{number", "{{number}}", "{number}<b>", "№{number}",
     "x" * 41 + "{number}"],
)  # fmt: skip
def test_a_pattern_that_cannot_be_is_told_beside_its_field(pattern: str) -> None:
    assert set(errors(contract_pattern=pattern)) == {"contract_pattern"}
    assert numbering.preview(pattern, series="", year=2026, first=1) == []


@given(st.text(max_size=50), st.text(max_size=12))
def test_whatever_is_typed_is_kept_or_told(pattern: str, series: str) -> None:
    wrong = errors(invoice_pattern=pattern, series=series)
    assert set(wrong) <= {"invoice_pattern", "series"}
    if not wrong:
        told = numbering.preview(pattern.strip(), series=series.strip().upper(), year=2026, first=1)
        assert len(set(told)) == 3


def test_a_series_that_a_pattern_names_must_be_there_and_two_kinds_never_share_a_pattern() -> None:
    assert set(errors(invoice_pattern="{series}{number}")) == {"series"}
    assert set(errors(series="a b")) == {"series"}
    same = {"invoice_pattern": "N{number}", "contract_pattern": "N{number}"}
    assert set(errors(**same)) == {"contract_pattern"}


@pytest.mark.usefixtures("database")
async def test_numbers_have_no_gap_though_every_third_transaction_is_undone() -> None:
    tenant = await open_provider()

    async def issue(number: int) -> list[str]:
        async with db.as_tenant(tenant.id):
            told = await numbering.give(await companies.default(), "invoice", on=DAY, count=1 + number % 2)
            if number % 3 == 0:
                raise ZeroDivisionError
        return told

    ended = await asyncio.gather(*(issue(number) for number in range(24)), return_exceptions=True)
    undone = [number for number, one in enumerate(ended) if isinstance(one, ZeroDivisionError)]
    assert undone == list(range(0, 24, 3))
    given = [number for one in ended if not isinstance(one, BaseException) for number in one]
    expected = sum(1 + number % 2 for number in range(24) if number % 3)
    assert sorted(given) == [f"INV-2026-{number:05}" for number in range(1, expected + 1)]


@pytest.mark.usefixtures("database")
async def test_each_year_series_and_kind_counts_for_itself_and_asking_gives_none() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        company = dict(await companies.default()) | {"contract_pattern": "{series}-{number}", "series": "A"}
        assert not await numbering.has_given(company["id"])
        await numbering.give(company, "invoice", on=DAY, count=3)
        assert await numbering.give(company, "invoice", on=date(2027, 1, 1)) == ["INV-2027-00001"]
        assert await numbering.give(company, "credit_note", on=DAY) == ["CN-2026-00001"]
        assert await numbering.give(company, "contract", on=DAY, count=2) == ["A-1", "A-2"]
        assert await numbering.give(company | {"series": "B"}, "contract", on=DAY) == ["B-1"]
        for _again in range(2):
            told = await numbering.upcoming(company["id"], company, on=DAY)
            assert told["invoice"] == ["INV-2026-00004", "INV-2026-00005", "INV-2026-00006"]
            assert told["contract"][0] == "A-3"
        assert (await numbering.upcoming(0, company, on=DAY))["invoice"][0] == "INV-2026-00001"
        assert await numbering.has_given(company["id"])
