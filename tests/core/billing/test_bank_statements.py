"""Bank statements: what is read of a file, whose payments its lines are, and that nothing is recorded twice."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import db
from core.accounts import bank_accounts, companies
from core.accounts.bank_accounts import AccountValues
from core.actor import Actor
from core.billing import (
    accounts,
    bank_clues,
    bank_files,
    bank_lines,
    bank_recording,
    bank_sheets,
    bank_statements,
    bank_uploads,
    camt,
    mt940,
    payment_reversals,
    payments,
)
from core.billing.accounts import Terms
from core.billing.bank_files import Line, WrongFile
from core.billing.bank_lines import LineFilter
from core.billing.payments import NewPayment
from core.errors import Conflict, Invalid, PermissionMissing
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books, statement_files

pytestmark = pytest.mark.anyio
PAYER = "DE89370400440532013000"


@pytest.fixture
async def carl(database: Settings) -> AsyncIterator[Actor]:
    """The accountant of Nova, inside its scope; the company has a bank account, and an account may owe."""
    by = await cast.who("carl")
    async with db.as_tenant(by.tenant.id):
        company = await companies.default()
        await bank_accounts.add(company["id"], AccountValues(iban=statement_files.OWN), by=by)
        await accounts.set_terms(await books.account_of("dupont"), Terms(is_postpaid=True), by=by)
        yield by
        await books.check()


async def uploaded(content: bytes, name: str = "november.xml", *, by: Actor) -> dict[str, Any]:
    (made,) = await bank_uploads.upload(name, content, by=by)
    return dict(made)


async def lines_of(statement: Any, *, by: Actor) -> list[Any]:
    chosen = LineFilter(statement=statement["id"])
    return sorted((await bank_lines.page(chosen, by=by)).rows, key=lambda row: row["number"])


async def test_a_statement_is_matched_accepted_once_and_covers_the_oldest_first(carl: Actor) -> None:
    invoice = await bills.issued(1000, by=carl)
    later = await bills.issued(2000, by=carl)
    number = later["number"].replace("-", " ").replace("0", "O")
    content = statement_files.camt(
        (1200, "Dupont", PAYER, f"Fact.{invoice['number'].replace('-', '')}", "R1"),
        (2000, "Dupont", PAYER, f"paiement {number} merci", "R2"),
        (500, "Somebody", "", "thanks", "R3"),
        (-4200, "Landlord", PAYER, "rent", "R4"),
    )
    statement = await uploaded(content, by=carl)
    assert (statement["lines"], statement["opening_units"], statement["closing_units"]) == (4, 10_000, 90_000)
    first, second, third, fourth = await lines_of(statement, by=carl)
    assert [(row["why"], row["sure"]) for row in (first, second, third)] == [
        ("invoice", "sure"),
        ("invoice", "likely"),
        ("", ""),
    ]
    assert (first["client_name"], fourth["state"]) == (third["client_name"] or first["client_name"], "outgoing")
    assert await bank_recording.accept(statement["id"], "sure", by=carl) is None
    assert await bank_recording.accept(statement["id"], "likely", by=carl) is None
    first, second, third, _fourth = await lines_of(statement, by=carl)
    paid = [await payments.get(row["payment_id"], by=carl) for row in (first, second)]
    assert [(row["units"], row["state"], row["day"]) for row in paid] == [
        (1200, "paid", statement_files.DAY),
        (2000, "paid", statement_files.DAY),
    ]
    assert [row["allocated_units"] for row in paid] == [1200, 2000]
    with pytest.raises(Conflict, match="here already"):
        await bank_uploads.upload("again.xml", content, by=carl)
    assert await db.value("SELECT count(*) FROM payments") == 2
    assert third["state"] == "open" and await bank_lines.number_open(by=carl) == 1


async def test_who_paid_before_is_known_by_his_account(carl: Actor) -> None:
    account_id = await books.account_of("dupont")
    first = await uploaded(statement_files.camt((700, "D", PAYER, "hello", "R1")), by=carl)
    (line,) = await lines_of(first, by=carl)
    assert (line["account_id"], line["why"]) == (None, "")
    done = await bank_lines.record(line["id"], account_id, by=carl)
    assert (done["state"], done["why"], done["client_code"] is not None) == ("recorded", "chosen", True)
    again = await uploaded(statement_files.camt((900, "D", PAYER, "hello again", "R2")), by=carl)
    (known,) = await lines_of(again, by=carl)
    assert (known["account_id"], known["why"], known["sure"]) == (account_id, "iban", "likely")


async def test_a_client_writes_its_reference_and_announced_money_is_confirmed(carl: Actor) -> None:
    account_id = await books.account_of("dupont")
    code = (await accounts.get(account_id, by=carl))["code"]
    waiting = await payments.create(account_id, NewPayment(units=800, is_pending=True), by=carl)
    text = f"virement {bank_clues.reference_of(code)}"
    statement = await uploaded(statement_files.mt940((800, "X", "", text, "B1")), "a.sta", by=carl)
    (line,) = await lines_of(statement, by=carl)
    assert (line["why"], line["sure"], line["account_id"]) == ("reference", "sure", account_id)
    await bank_recording.accept(statement["id"], "sure", by=carl)
    (line,) = await lines_of(statement, by=carl)
    assert line["payment_id"] == waiting["id"]
    assert (await payments.get(waiting["id"], by=carl))["state"] == "paid"


async def test_a_payment_taken_back_frees_its_line_and_what_it_covered(carl: Actor) -> None:
    invoice = await bills.issued(1000, by=carl)
    statement = await uploaded(statement_files.camt((1200, "D", "", invoice["number"], "R1")), by=carl)
    await bank_recording.accept(statement["id"], "sure", by=carl)
    (line,) = await lines_of(statement, by=carl)
    account = await accounts.get(line["account_id"], by=carl)
    gone = await payment_reversals.reverse(line["payment_id"], "Another client", by=carl)
    assert (gone["state"], gone["allocated_units"]) == ("cancelled", 0)
    assert (await accounts.get(account["id"], by=carl))["balance"] == account["balance"] - 1200
    with pytest.raises(Conflict):
        await payment_reversals.reverse(gone["id"], "Again", by=carl)
    (line,) = await lines_of(statement, by=carl)
    assert (line["state"], line["payment_id"]) == ("open", None)
    again = await bank_lines.record(line["id"], account["id"], by=carl)
    assert again["payment_id"] not in (None, gone["id"])


async def test_lines_are_set_aside_with_a_reason_and_taken_up_again(carl: Actor) -> None:
    statement = await uploaded(statement_files.camt((100, "Tax office", "", "refund", "R1")), by=carl)
    (line,) = await lines_of(statement, by=carl)
    with pytest.raises(Invalid):
        await bank_lines.set_aside(line["id"], " ", by=carl)
    aside = await bank_lines.set_aside(line["id"], "Not a client", by=carl)
    assert (aside["state"], aside["reason"], aside["closed_by"]) == ("set_aside", "Not a client", "Carl")
    with pytest.raises(Conflict):
        await bank_lines.record(line["id"], await books.account_of("dupont"), by=carl)
    assert (await bank_lines.put_back(line["id"], by=carl))["state"] == "open"


async def test_overlapping_statements_add_what_is_new_and_equal_lines_are_told_apart(carl: Actor) -> None:
    same = (999, "Shared Hosting", PAYER, "hosting", "")
    first = await uploaded(statement_files.camt(same, same), by=carl)
    second = await uploaded(statement_files.camt(same, same, same), by=carl)
    assert (first["lines"], second["lines"], second["known"]) == (2, 1, 2)
    other = await uploaded(statement_files.mt940((*same[:4], "B7")), "x.sta", by=carl)
    (twin,) = await lines_of(other, by=carl)
    assert (twin["why"], twin["sure"]) == ("twin", ""), "it may be one of the lines in another form of file"


async def test_support_sees_no_statement(database: Settings) -> None:
    sam = await cast.who("sam")
    async with db.as_tenant(sam.tenant.id):
        with pytest.raises(PermissionMissing):
            await bank_uploads.upload("x.xml", statement_files.camt((100, "X", "", "x", "R")), by=sam)
        with pytest.raises(PermissionMissing):
            await bank_lines.number_open(by=sam)


async def test_a_table_is_read_as_its_columns_are_confirmed(carl: Actor) -> None:
    rows = [(123_456, "Dupont", PAYER, "hello", ""), (-5, "Bank", "", "fee", "")]
    statement = await uploaded(statement_files.csv(*rows), "umsatz.csv", by=carl)
    assert statement["columns"] == ["day", "amount", "name", "iban", "text"]
    assert statement["state"] == "columns"
    with pytest.raises(Invalid):
        await bank_uploads.confirm(statement["id"], ["day", "day", "", "", ""], version=1, by=carl)
    read = await bank_uploads.confirm(statement["id"], statement["columns"], version=1, by=carl)
    assert (read["state"], read["lines"], read["rows"], read["first_on"]) == ("read", 2, None, statement_files.DAY)
    assert [row["units"] for row in await lines_of(read, by=carl)] == [123_456, -5]
    with pytest.raises(Conflict, match="confirmed before"):
        await bank_uploads.confirm(statement["id"], statement["columns"], version=2, by=carl)


async def test_another_account_another_currency_and_another_person_are_refused(carl: Actor) -> None:
    line = (100, "X", "", "x", "R")
    with pytest.raises(Invalid) as refused:
        await bank_uploads.upload("x.xml", statement_files.camt(line, account=PAYER), by=carl)
    assert PAYER in refused.value.errors["file"]
    with pytest.raises(Invalid) as refused:
        await bank_uploads.upload("x.xml", statement_files.camt(line, currency="SEK"), by=carl)
    assert "SEK" in refused.value.errors["file"]


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b"<Document><Other/></Document>",
        statement_files.camt()[:-30],
        b"<a>" * 1000,
    ],
)
def test_xml_that_is_no_statement_or_means_harm_is_refused(content: bytes) -> None:
    with pytest.raises(WrongFile):
        camt.read(content)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        *(("1.234,56", 123_456), ("1,234.56", 123_456), ("-12,5", -1250), ("12.00-", -1200), ("(7)", -700)),
        *(("1 234", 123_400), ("1.234", 123_400), ("€ 0,99", 99), ("+3", 300), ("1.234.567", 123_456_700)),
    ],
)
def test_amounts_are_read_however_a_bank_writes_them(text: str, units: int) -> None:
    assert bank_sheets.amount(text, "EUR") == units


def test_days_are_read_however_a_bank_writes_them() -> None:
    for text in ("2026-11-02", "02.11.2026", "02/11/26", "20261102", "2-11-2026", "2026-11-02T10:00:00"):
        assert bank_sheets.day(text, is_month_first=False) == date(2026, 11, 2)
    assert bank_sheets.day("11/02/2026", is_month_first=True) == date(2026, 11, 2)
    assert bank_sheets.is_month_first(["11/02/2026", "11/30/2026"])
    assert not bank_sheets.is_month_first(["02/11/2026", "30/11/2026"])


TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=120)


@given(before=TEXTS, after=TEXTS, number=st.from_regex(r"[A-Z]{1,3}-20[0-9]{2}-[0-9]{3,5}", fullmatch=True))
def test_a_number_is_found_wherever_it_stands(before: str, after: str, number: str) -> None:
    wanted = bank_clues.plain(number)
    written: list[Callable[[str], str]] = [
        str,
        str.lower,
        lambda n: n.replace("-", " "),
        lambda n: n.replace("-", ""),
    ]
    for write in written:
        assert wanted in bank_clues.read(f"{before} {write(number)} {after}").numbers
    assert wanted in bank_clues.read(f"RE{number.replace('-', '')}").numbers or len(number.split("-")[0]) == 3


@given(content=st.binary(max_size=400))
def test_no_content_breaks_a_reader(content: bytes) -> None:
    for reader in (camt.read, mt940.read):
        for start in (b"", b":20:X\n:25:Y\n:60F:C261102EUR1,00\n:61:", b"<a>"):
            try:
                found = reader(start + content)
            except WrongFile:
                continue
            assert all(isinstance(line.units, int) for one in found for line in one.lines)
    assert bank_files.kind_of(content) in ("camt053", "mt940", "csv")


@given(code=st.integers(100, 10**12))
def test_a_reference_is_known_again(code: int) -> None:
    reference = bank_clues.reference_of(code)
    assert code in bank_clues.read(f"paid {reference[:4]} {reference[4:]}").references


def test_keys_do_not_depend_on_what_stands_around() -> None:
    one, two = (Line(day=date(2026, 1, 1), units=units, currency="EUR") for units in (1, 2))
    assert bank_uploads.keys_of("A", [one, two, one])[2] == bank_uploads.keys_of("A", [one, one])[1]
    assert len(set(bank_uploads.keys_of("A", [one, one, two]) + bank_uploads.keys_of("B", [one]))) == 4


async def test_a_statement_is_thrown_away_unless_payments_came_of_it(carl: Actor) -> None:
    invoice = await bills.issued(1000, by=carl)
    statement = await uploaded(statement_files.camt((1200, "D", "", invoice["number"], "R1")), by=carl)
    await bank_recording.accept(statement["id"], "sure", by=carl)
    with pytest.raises(Conflict):
        await bank_statements.delete(statement["id"], by=carl)
    other = await uploaded(statement_files.camt((1, "D", "", "x", "R9")), by=carl)
    await bank_statements.delete(other["id"], by=carl)
    assert [row["id"] for row in await bank_statements.latest(by=carl)] == [statement["id"]]
