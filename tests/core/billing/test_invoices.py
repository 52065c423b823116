"""Invoices over expenses: drafting, issuing, paying, making void; and that nobody changes what was issued."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from core import clock, db
from core.accounts import companies, numbering, payer_documents
from core.actor import Actor
from core.billing import (
    expenses,
    invoice_content,
    invoice_drafts,
    invoice_files,
    invoice_making,
    invoice_states,
    invoice_terms,
    invoices,
    payments,
)
from core.billing.expenses import Tax
from core.billing.invoice_terms import Terms
from core.billing.payments import NewPayment
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books

pytestmark = pytest.mark.anyio


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


async def paid(units: int, by: Actor) -> None:
    await payments.create(await books.account_of("dupont"), NewPayment(units=units, method="bank_transfer"), by=by)


async def test_a_draft_takes_all_that_no_document_asks_for_and_no_more(carl: Actor) -> None:
    one, two = await bills.charged(1000, by=carl), await bills.charged(333, by=carl)
    first = await bills.drafted(by=carl)
    assert (first["net_units"], first["tax_units"], first["gross_units"]) == (1333, 267, 1600)
    assert [line["expense_id"] for line in await invoices.lines(first["id"])] == [one, two]
    with pytest.raises(Invalid) as refusal:
        await bills.drafted(by=carl)
    assert set(refusal.value.errors) == {"expense_ids"}
    with pytest.raises(Invalid):
        await bills.drafted(one, by=carl)
    await invoice_drafts.delete(first["id"], by=carl)
    assert await invoices.lines(first["id"]) == await invoices.history(first["id"]) == []
    assert (await bills.drafted(one, by=carl))["gross_units"] == 1200


async def test_what_is_issued_is_numbered_frozen_and_read_back(carl: Actor) -> None:
    expense_id = await bills.charged(999, by=carl, text="Hébergement")
    draft = await bills.drafted(expense_id, by=carl)
    issued = await invoice_states.issue(draft["id"], by=carl)
    today = clock.today(carl.tenant.timezone)
    assert issued["number"].startswith(f"INV-{today.year}-")
    assert issued["due_on"] == today + timedelta(days=14)
    said = invoice_content.read(issued["frozen"])
    assert invoice_making.digest(issued["frozen"].encode()) == issued["digest"]
    assert (said.number, said.buyer.city, said.totals.gross_units) == (issued["number"], "Lyon", 1199)
    assert [line.text for line in said.lines] == ["Hébergement"]
    assert [step["state"] for step in await invoices.history(issued["id"])] == ["draft", "issued"]
    with pytest.raises(Conflict):
        await invoice_states.issue(issued["id"], by=carl)


async def test_the_file_is_printed_once_and_stays_whatever_the_parties_are_called_later(carl: Actor) -> None:
    issued = await bills.issued(by=carl)
    first = await invoice_files.of(issued["id"], by=carl)
    await db.execute("UPDATE companies SET name = 'Another' WHERE is_default")
    await db.execute("UPDATE payers SET name = 'Another' WHERE id = $1", issued["payer_id"])
    assert (await invoice_files.of(issued["id"], by=carl)).content == first.content
    await db.execute("UPDATE invoices SET version = version + 1 WHERE id = $1", issued["id"])
    said = invoice_content.read((await invoices.find(issued["id"]))["frozen"])
    assert said.buyer.name != "Another"
    assert first.name == f"{issued['number']}.pdf"
    assert first.content.startswith(b"%PDF-1.7")


async def test_what_a_payment_covers_is_paid(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    assert issued["paid_units"] == 0
    await paid(500, carl)
    assert (await invoices.find(issued["id"]))["paid_units"] == 500
    await paid(700, carl)
    assert (await invoices.find(issued["id"]))["paid_units"] == issued["gross_units"]


async def test_a_void_invoice_has_a_credit_note_and_its_expenses_can_be_billed_again(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    with pytest.raises(Invalid) as refusal:
        await invoice_states.void(issued["id"], " ", by=carl)
    assert set(refusal.value.errors) == {"reason"}
    credit = await invoice_states.void(issued["id"], "Wrong payer", by=carl)
    assert (credit["kind"], credit["state"], credit["corrects"]) == ("credit_note", "issued", issued["number"])
    assert credit["number"].startswith("CN-")
    assert credit["gross_units"] == issued["gross_units"]
    said = invoice_content.read(credit["frozen"])
    assert said.origin is not None
    assert (said.origin.number, said.reason) == (issued["number"], "Wrong payer")
    now = await invoices.find(issued["id"])
    assert (now["state"], now["corrected_by"], now["number"]) == ("void", credit["number"], issued["number"])
    again = await invoice_states.issue((await bills.drafted(by=carl))["id"], by=carl)
    assert again["gross_units"] == issued["gross_units"]
    for invoice_id in (issued["id"], credit["id"]):
        with pytest.raises(Conflict):
            await invoice_states.void(invoice_id, "Again", by=carl)


async def test_taking_back_reverses_the_expenses_and_frees_what_was_paid(carl: Actor) -> None:
    issued = await bills.issued(1000, by=carl)
    await paid(1200, carl)
    (line,) = await invoices.lines(issued["id"])
    assert await expenses.why_it_stays(await expenses.get(line["expense_id"], by=carl))
    with pytest.raises(Conflict):
        await expenses.reverse(line["expense_id"], "Why", by=carl)
    await invoice_states.void(issued["id"], "Never delivered", takes_back=True, by=carl)
    assert (await expenses.get(line["expense_id"], by=carl))["reversed_at"] is not None
    free = await db.value("SELECT sum(units - allocated_units) FROM payments")
    assert free >= 1200


async def test_a_pro_forma_asks_for_nothing_and_has_no_number(carl: Actor) -> None:
    expense_id = await bills.charged(by=carl)
    made = await bills.drafted(expense_id, by=carl, kind="proforma")
    issued = await invoice_states.issue(made["id"], by=carl)
    assert (issued["number"], issued["state"], issued["paid_units"]) == ("", "issued", 0)
    assert b"factur-x" not in (await invoice_files.of(made["id"], by=carl)).content
    assert (await bills.drafted(expense_id, by=carl))["state"] == "draft"
    assert (await invoice_states.void(made["id"], "Too late", by=carl))["state"] == "void"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE invoices SET gross_units = 1, net_units = 1, tax_units = 0 WHERE id = $1",
        "UPDATE invoices SET frozen = '{}' WHERE id = $1",
        "UPDATE invoices SET number = 'X' WHERE id = $1",
        "UPDATE invoices SET due_on = NULL WHERE id = $1",
        """UPDATE invoices SET state = 'draft', number = '', issued_on = NULL, digest = '', frozen = ''
            WHERE id = $1""",
        "DELETE FROM invoices WHERE id = $1",
        "UPDATE invoice_lines SET net_units = 1 WHERE invoice_id = $1",
        "UPDATE invoice_lines SET is_live = false WHERE invoice_id = $1",
        "DELETE FROM invoice_lines WHERE invoice_id = $1",
        """INSERT INTO invoice_lines SELECT (jsonb_populate_record(l, jsonb_build_object('position', 9, 'id', 9,
           'expense_id', (SELECT id FROM expenses WHERE id <> l.expense_id)))).* FROM invoice_lines l
           WHERE l.invoice_id = $1""",
        "UPDATE invoice_states SET reason = 'x' WHERE invoice_id = $1",
        "DELETE FROM invoice_states WHERE invoice_id = $1",
        "UPDATE invoice_files SET content = 'x' WHERE invoice_id = $1",
        "DELETE FROM invoice_files WHERE invoice_id = $1",
        """UPDATE expenses SET reversed_at = now() WHERE id IN
           (SELECT expense_id FROM invoice_lines WHERE invoice_id = $1)""",
    ],
)
async def test_the_database_refuses_to_change_what_was_issued(carl: Actor, sql: str) -> None:
    """As the application's role, whatever asks."""
    issued = await bills.issued(by=carl)
    await bills.charged(by=carl)
    with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
        async with db.savepoint():
            await db.execute(sql, issued["id"])


async def test_twenty_who_issue_at_once_half_of_whom_fail_leave_no_gap(people: dict[str, Actor]) -> None:
    by = people["carl"]
    async with db.as_tenant(by.tenant.id):
        made = [(await bills.drafted(await bills.charged(by=by), by=by))["id"] for _ in range(20)]

    async def one(place: int, invoice_id: int) -> None:
        async with db.as_tenant(by.tenant.id):
            await invoice_states.issue(invoice_id, by=by)
            if place % 2:
                raise RuntimeError("undone")

    ended = await asyncio.gather(*(one(*numbered) for numbered in enumerate(made)), return_exceptions=True)
    assert [error for error in ended if error is not None and not isinstance(error, RuntimeError)] == []
    async with db.as_tenant(by.tenant.id):
        found = await db.fetch("SELECT number FROM invoices WHERE id = ANY($1::bigint[]) AND number <> ''", made)
        numbers = sorted(int(row["number"].rsplit("-", 1)[1]) for row in found)
        company = await companies.default()
        (following,) = await numbering.give(company, "invoice", on=clock.today(by.tenant.timezone))
    assert len(numbers) == 10
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    assert int(following.rsplit("-", 1)[1]) == numbers[-1] + 1


async def test_two_drafts_of_one_expense_at_once_are_one(people: dict[str, Actor]) -> None:
    by = people["carl"]
    async with db.as_tenant(by.tenant.id):
        expense_id = await bills.charged(by=by)
        await bills.ready()

    async def one() -> None:
        async with db.as_tenant(by.tenant.id):
            await bills.drafted(expense_id, by=by)

    ended = await asyncio.gather(*(one() for _ in range(5)), return_exceptions=True)
    assert sum(error is None for error in ended) == 1
    assert all(isinstance(error, Invalid | Conflict) for error in ended if error is not None)


async def test_what_is_missing_is_said_before_it_is_issued(carl: Actor) -> None:
    draft = await bills.drafted(await bills.charged(by=carl), by=carl)
    await db.execute("UPDATE payers SET city = '' WHERE id = $1", draft["payer_id"])
    with pytest.raises(Conflict, match="payer"):
        await invoice_states.issue(draft["id"], by=carl)
    await bills.ready()
    await db.execute("UPDATE companies SET email = '' WHERE is_default")
    with pytest.raises(Conflict, match="company"):
        await invoice_states.issue(draft["id"], by=carl)
    await bills.ready()
    (line,) = await invoices.lines(draft["id"])
    await expenses.reverse(line["expense_id"], "Wrong", by=carl)
    with pytest.raises(Conflict, match="reversed"):
        await invoice_states.issue(draft["id"], by=carl)


async def test_under_reverse_charge_the_payer_needs_a_number(carl: Actor) -> None:
    draft = await bills.drafted(await bills.charged(by=carl, tax=Tax(category="AE")), by=carl)
    await db.execute(
        "UPDATE payers SET country = 'DE', registration_number = '', postcode = '10115' WHERE id = $1",
        draft["payer_id"],
    )
    with pytest.raises(Conflict, match="VAT number"):
        await invoice_states.issue(draft["id"], by=carl)


async def test_the_payer_is_on_a_document_and_the_company_stays(carl: Actor) -> None:
    draft = await bills.drafted(await bills.charged(by=carl), by=carl)
    assert await payer_documents.has_documents(draft["payer_id"])


async def test_the_terms_of_a_company_stand_on_what_it_issues_next(people: dict[str, Actor], carl: Actor) -> None:
    before = await bills.issued(by=carl)
    company_id = before["company_id"]
    terms = Terms(due_days=30, operations="mixed", is_vat_on_debits=True)
    kept = await invoice_terms.update(company_id, terms, version=0, by=carl)
    assert kept == {
        "due_days": 30,
        "operations": "mixed",
        "is_vat_on_debits": True,
        "is_manual": False,
        "version": 1,
    }
    said = invoice_content.read((await bills.issued(by=carl))["frozen"])
    assert (said.operations, said.is_vat_on_debits) == ("mixed", True)
    assert said.due_on == said.issued_on + timedelta(days=30)
    with pytest.raises(EditConflict):
        await invoice_terms.update(company_id, Terms(), version=0, by=carl)
    with pytest.raises(Invalid):
        await invoice_terms.update(company_id, Terms(due_days=121, operations="x"), version=1, by=carl)


async def test_support_reads_and_issues_nothing_and_others_see_nothing(
    people: dict[str, Actor], carl: Actor
) -> None:
    draft = await bills.drafted(await bills.charged(by=carl), by=carl)
    sam = people["sam"]
    assert (await invoices.get(draft["id"], by=sam))["id"] == draft["id"]
    for verb in (
        invoice_states.issue(draft["id"], by=sam),
        invoice_states.void(draft["id"], "x", by=sam),
        invoice_drafts.delete(draft["id"], by=sam),
    ):
        with pytest.raises(Forbidden):
            await verb
    with pytest.raises(NotFound):
        await invoices.get(2**60, by=carl)
