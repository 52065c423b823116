"""Credit notes over parts of an invoice: to the cent, never more than it, and what becomes of the money."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import db
from core.actor import Actor
from core.billing import (
    accounts,
    credit_notes,
    credited_lines,
    expenses,
    invoice_content,
    invoice_files,
    invoice_issuing,
    invoice_list,
    invoice_states,
    invoice_xml,
    invoices,
    payments,
    receivables,
    reconciliation,
    refunds,
)
from core.billing.change_quotes import Amount
from core.billing.credit_notes import NewCreditNote, Portion
from core.billing.expenses import Tax
from core.billing.invoice_list import InvoiceFilter
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.errors import Conflict, Forbidden, Invalid
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books, factur_x

pytestmark = pytest.mark.anyio
LOW = Tax(rate=5500, category="S")


@pytest.fixture
async def people(database: Settings) -> dict[str, Actor]:
    return {name: await cast.who(name) for name in ("carl", "sam", "lea")}


@pytest.fixture
async def carl(people: dict[str, Actor]) -> AsyncIterator[Actor]:
    """The accountant of Nova, inside its scope; the books are looked at when the test is over."""
    by = people["carl"]
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def paid(units: int, by: Actor) -> int:
    new = NewPayment(units=units, method="bank_transfer")
    return int((await payments.create(await books.account_of("dupont"), new, by=by))["id"])


async def credited(invoice_id: int, *portions: tuple[int, int | None], by: Actor, **more: Any) -> Any:
    lines = [Portion(position=position, units=units) for position, units in portions] or None
    return await credit_notes.create(invoice_id, NewCreditNote(reason="Slower", lines=lines, **more), by=by)


async def two_lines(by: Actor) -> Any:
    """An issued invoice over 13.33 at 20 % and 9.99 at 5.5 %."""
    ids = await bills.charged(1333, by=by), await bills.charged(999, "Book", by=by, tax=LOW)
    return await invoice_states.issue((await bills.drafted(*ids, by=by))["id"], by=by)


@st.composite
def parts_of_a_line(draw: st.DrawFn) -> tuple[Amount, list[int]]:
    """A line, and parts of it before tax that make the whole."""
    net = draw(st.integers(1, 10**6))
    rate = draw(st.sampled_from([0, 2100, 5500, 20000]))
    cuts = sorted(draw(st.sets(st.integers(1, net - 1), max_size=40))) if net > 1 else []
    return Amount(net, Tax(rate=rate).on(net)), [b - a for a, b in zip([0, *cuts], [*cuts, net], strict=True)]


@given(parts_of_a_line())
@settings(deadline=None)
def test_any_parts_of_a_line_add_up_to_it_and_each_has_its_tax(drawn: tuple[Amount, list[int]]) -> None:
    whole, parts = drawn
    given_ = Amount()
    for net in parts:
        tax = credited_lines.tax_of(whole, given_, net)
        assert tax >= 0
        assert abs(tax - whole.tax * net / whole.net) <= 1
        given_ = Amount(given_.net + net, given_.tax + tax)
    assert given_ == whole


async def test_parts_are_credited_until_nothing_is_left(carl: Actor) -> None:
    issued = await two_lines(carl)
    seen = await credit_notes.look(
        issued["id"], NewCreditNote(reason="", lines=[Portion(position=1, units=1000)]), by=carl
    )
    assert (seen.totals.net_units, seen.totals.tax_units, seen.left_units) == (1000, 200, 1454)
    first = await credited(issued["id"], (1, 1000), by=carl, expected_units=seen.units)
    assert (first["kind"], first["corrects"], first["gross_units"]) == ("credit_note", issued["number"], 1200)
    with pytest.raises(Conflict):
        await credited(issued["id"], (1, 300), by=carl, expected_units=1)
    second = await credited(issued["id"], (1, 111), (2, 500), by=carl)
    third = await credited(issued["id"], by=carl)
    numbers = [int(row["number"].rsplit("-", 1)[1]) for row in (first, second, third)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    notes = await credit_notes.of_invoice(issued["id"], by=carl)
    assert [row["id"] for row in notes] == [first["id"], second["id"], third["id"]]
    sums: dict[int, Amount] = {}
    for row in notes:
        for part in invoice_content.read(row["frozen"]).totals.parts:
            was = sums.get(part.rate, Amount())
            sums[part.rate] = Amount(was.net + part.net_units, was.tax + part.tax_units)
    billed = invoice_content.read(issued["frozen"]).totals.parts
    assert sums == {part.rate: Amount(part.net_units, part.tax_units) for part in billed}
    now = await invoices.find(issued["id"])
    assert (now["state"], now["credited_units"], now["corrected_by"]) == ("issued", issued["gross_units"], None)
    with pytest.raises(Conflict):
        await credited(issued["id"], by=carl)


@pytest.mark.parametrize(
    ("portions", "fields"),
    [
        ([(1, 1334)], {"lines.1"}),
        ([(1, 0), (2, -1)], {"lines.1", "lines.2"}),
        ([(3, 1)], {"lines.3"}),
        ([(1, 1), (1, 1)], {"lines.1"}),
    ],
)
async def test_no_more_than_is_left_of_a_line_and_nothing_that_is_no_line(
    carl: Actor, portions: list[tuple[int, int]], fields: set[str]
) -> None:
    issued = await two_lines(carl)
    with pytest.raises(Invalid) as refusal:
        await credited(issued["id"], *portions, by=carl)
    assert set(refusal.value.errors) == fields
    with pytest.raises(Invalid) as refusal:
        await credit_notes.create(issued["id"], NewCreditNote(reason=" ", lines=[]), by=carl)
    assert set(refusal.value.errors) == {"reason", "lines"}


async def test_what_was_paid_of_it_is_free_and_can_be_paid_out(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    payment_id = await paid(1200, carl)
    account_id = await books.account_of("dupont")
    before = (await accounts.find(account_id))["balance"]
    note = await credited(issued["id"], (1, 400), by=carl)
    assert (await accounts.find(account_id))["balance"] == before + 480
    payment = await payments.get(payment_id, by=carl)
    assert payment["free_units"] == 480
    now = await invoices.find(issued["id"])
    assert (now["paid_units"], now["credited_units"]) == (1200, 480)
    credit = await payments.get(note["payment_id"], by=carl)
    assert (credit["method"], credit["free_units"], note["number"] in credit["reference"]) == ("credit", 0, True)
    with pytest.raises(Conflict):
        await refunds.create(credit["id"], NewRefund(units=480, reason="No"), by=carl)
    back = await refunds.create(payment_id, NewRefund(units=480, reason="Slower"), by=carl)
    assert (back["refunded_units"], back["free_units"]) == (480, 0)
    assert (await accounts.find(account_id))["balance"] == before


async def test_what_is_not_paid_is_owed_no_more_wherever_that_is_looked_at(carl: Actor) -> None:
    async def looked_at() -> list[int]:
        ages, _many = await receivables.now(by=carl)
        (sums,) = await invoice_list.totals(InvoiceFilter(), by=carl)
        return [
            sum(age.units for age in ages if age.currency == "EUR"),
            (await accounts.find(account_id))["open_units"],
            sums.sums["open"],
            sums.sums["gross"],
        ]

    account_id = await books.account_of("dupont")
    issued = await bills.issued(1000, by=carl)
    await paid(300, carl)
    before = await looked_at()
    await credited(issued["id"], (1, 500), by=carl)
    assert [was - now for was, now in zip(before, await looked_at(), strict=True)] == [600] * 4
    (sheet,) = [one for one in (await reconciliation.of(by=carl)).sheets if one.currency == "EUR"]
    assert sheet.is_right
    assert sheet.credited == 600
    await credited(issued["id"], by=carl)
    assert (await accounts.find(account_id))["balance"] == 300


async def test_what_is_freed_covers_what_is_open_elsewhere(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    await paid(1200, carl)
    other = await bills.charged(300, by=carl)
    await credited(issued["id"], (1, 500), by=carl)
    assert (await expenses.get(other, by=carl))["covered_units"] == 360
    (line,) = await invoices.lines(issued["id"])
    assert line["covered_units"] == 1200


async def test_a_note_is_sent_once_and_two_on_one_invoice_are_two(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    new = NewCreditNote(reason="Slower", lines=[Portion(position=1, units=100)])
    first = await credit_notes.create(issued["id"], new, key="one", by=carl)
    assert (await credit_notes.create(issued["id"], new, key="one", by=carl))["id"] == first["id"]
    assert (await credit_notes.create(issued["id"], new, key="two", by=carl))["id"] != first["id"]


async def test_what_is_credited_in_part_is_neither_made_void_nor_reversed(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    note = await credited(issued["id"], (1, 100), by=carl)
    with pytest.raises(Conflict):
        await invoice_states.void(issued["id"], "All of it", by=carl)
    with pytest.raises(Conflict):
        await credited(note["id"], by=carl)
    (line,) = await invoices.lines(issued["id"])
    with pytest.raises(Conflict):
        await expenses.reverse(line["expense_id"], "Why", by=carl)
    void = await bills.issued(1000, by=carl)
    await invoice_states.void(void["id"], "Wrong", by=carl)
    with pytest.raises(Conflict):
        await credited(void["id"], by=carl)


async def test_the_file_is_a_credit_note_that_fits_the_schema_and_all_rules(carl: Actor) -> None:
    issued = await two_lines(carl)
    note = await credited(issued["id"], (1, 111), (2, 500), by=carl)
    content = invoice_content.read(note["frozen"])
    xml = invoice_xml.xml(content)
    assert factur_x.broken(xml, factur_x.EN16931, factur_x.FRENCH) == []
    assert b">381<" in xml
    assert issued["number"].encode() in xml
    assert b"factur-x" in (await invoice_files.of(note["id"], by=carl)).content
    assert (content.origin, content.reason) == (
        invoice_content.Origin(number=issued["number"], issued_on=issued["issued_on"]),
        "Slower",
    )
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.savepoint():
            await db.execute("UPDATE invoices SET payment_id = NULL WHERE id = $1", note["id"])


async def test_twenty_who_credit_one_invoice_at_once_never_credit_more_than_it(people: dict[str, Actor]) -> None:
    by = people["carl"]
    async with db.as_tenant(by.tenant.id):
        issued = await bills.issued(1000, by=by)
        await paid(700, by)

    async def one() -> None:
        async with db.as_tenant(by.tenant.id):
            await credited(issued["id"], (1, 120), by=by)

    ended = await asyncio.gather(*(one() for _ in range(20)), return_exceptions=True)
    assert [error for error in ended if error is not None and not isinstance(error, Invalid)] == []
    assert ended.count(None) == 8
    async with db.as_tenant(by.tenant.id):
        assert (await invoices.find(issued["id"]))["credited_units"] == 8 * 144
        await books.check()


async def test_the_database_refuses_to_credit_more_than_the_invoice(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    await credited(issued["id"], (1, 600), by=carl)
    (line,) = invoice_content.read(issued["frozen"]).lines
    (kept,) = await invoices.lines(issued["id"])
    again = msgspec.structs.replace(line, net_units=401, tax_units=80)
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.savepoint():
            await invoice_issuing.correct(
                await invoices.find(issued["id"]), [(kept["expense_id"], again)], "More", by=carl
            )


async def test_whoever_may_not_make_void_credits_nothing(people: dict[str, Actor]) -> None:
    by = people["carl"]
    async with db.as_tenant(by.tenant.id):
        issued = await bills.issued(1000, by=by)
        for name in ("sam", "lea"):
            with pytest.raises(Forbidden):
                await credited(issued["id"], by=people[name])
            with pytest.raises(Forbidden):
                await credit_notes.look(issued["id"], NewCreditNote(reason=""), by=people[name])
