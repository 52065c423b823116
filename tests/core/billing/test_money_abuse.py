"""Money under abuse and at the edges of days: the cases M and C of `abuse-cases.md` that no other test is about.

Proven elsewhere: M6 tests/web/api/test_idempotency.py, M8 also test_pricing.py and test_invoice_xml.py, M9 also
tests/web/api/test_money_abuse.py and test_promo_codes.py, M10 that one, test_payments.py, test_invoices.py and
test_ledger.py, M11 test_money_machine.py, M15 test_invoices.py, C1 test_services.py.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from core import db, money
from core.accounts import client_projects, projects, removal
from core.accounts.projects import NewProject
from core.actor import Actor
from core.billing import (
    accounts,
    billing_run,
    dunning,
    expenses,
    invoice_content,
    invoice_drafts,
    invoice_files,
    invoice_states,
    invoice_xml,
    invoices,
    payments,
    refunds,
)
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.invoice_drafts import NewInvoice
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.errors import Conflict, Invalid
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books
from tests.pdf_text import text_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outside(database: Settings) -> Actor:
    """The owner of Nova, in no scope yet: for those who act at once."""
    return await cast.who("alice")


@pytest.fixture
async def alice(outside: Actor) -> AsyncIterator[Actor]:
    """The same inside Nova's scope; the books are looked at when the test is over."""
    async with db.as_tenant(outside.tenant.id):
        yield outside
        await books.check()


async def at_once(by: Actor, *calls: Callable[[], Awaitable[Any]]) -> list[BaseException | None]:
    """Each in a transaction of its own; what became of it. Then the books are looked at."""

    async def one(call: Callable[[], Awaitable[Any]]) -> None:
        async with db.as_tenant(by.tenant.id):
            await call()

    ended = await asyncio.gather(*(one(call) for call in calls), return_exceptions=True)
    async with db.as_tenant(by.tenant.id):
        await books.check()
    return ended


async def holds(units: int, by: Actor, **terms: Any) -> int:
    """The account of Dupont with so much paid beforehand."""
    account_id = await books.account_of("dupont")
    await accounts.set_terms(account_id, Terms(**({"is_postpaid": False, "credit_limit": 0} | terms)), by=by)
    if units:
        await payments.create(account_id, NewPayment(units=units), key="beforehand", by=by)
    return account_id


async def test_of_fifty_who_tell_of_one_payment_one_records_it(outside: Actor) -> None:
    """M1: the same transaction fifty times at once is one payment, one entry, one line of the audit."""
    async with db.as_tenant(outside.tenant.id):
        account_id = await holds(0, outside)

    async def tell() -> None:
        await payments.create(account_id, NewPayment(units=10_000), key="gateway-txn-1", by=outside)

    assert await at_once(outside, *[tell] * 50) == [None] * 50
    async with db.as_tenant(outside.tenant.id):
        assert (await accounts.get(account_id, by=outside))["balance"] == 10_000
        for sql in (
            "SELECT count(*) FROM payments",
            "SELECT count(*) FROM ledger_entries",
            "SELECT count(*) FROM audit_entries WHERE action = 'payment:created'",
        ):
            assert await db.value(sql) == 1


async def test_less_than_an_invoice_leaves_it_open_and_more_is_an_advance(alice: Actor) -> None:
    """M3: 1.00 of 100.00 is a part; then 150.00 pay the rest, and what is too much is the client's."""
    account_id = await holds(0, alice, is_postpaid=True)
    expense_id = await bills.charged(10_000, by=alice, tax=expenses.Tax())
    invoice = await invoice_states.issue((await bills.drafted(expense_id, by=alice))["id"], by=alice)
    await payments.create(account_id, NewPayment(units=100), by=alice)
    assert (await invoices.find(invoice["id"]))["paid_units"] == 100
    paid = await payments.create(account_id, NewPayment(units=15_000), by=alice)
    assert (await invoices.find(invoice["id"]))["paid_units"] == invoice["gross_units"]
    assert paid["free_units"] == (await accounts.get(account_id, by=alice))["balance"] == 5_100


async def test_of_twenty_who_spend_one_balance_twice_one_does(outside: Actor) -> None:
    """M5: 100 is there, and twenty want 80 of it: one gets it, 20 stay, and the others are told."""
    async with db.as_tenant(outside.tenant.id):
        account_id = await holds(100, outside)

    async def spend() -> None:
        await expenses.create(account_id, NewExpense(text="A domain", units=80, tax_rate=0), by=outside)

    ended = await at_once(outside, *[spend] * 20)
    assert ended.count(None) == 1
    assert all(one is None or isinstance(one, Conflict) for one in ended)
    async with db.as_tenant(outside.tenant.id):
        assert (await accounts.get(account_id, by=outside))["balance"] == 20


async def test_money_goes_back_once_whether_given_or_taken(outside: Actor) -> None:
    """M7: of refunds and chargebacks of the whole payment at once one happens, and none of more than came."""
    async with db.as_tenant(outside.tenant.id):
        account_id = await holds(5_000, outside)
        payment_id = await db.value("SELECT id FROM payments")
        with pytest.raises(Invalid):
            await refunds.create(payment_id, NewRefund(units=5_001, reason="More"), by=outside)

    def back(kind: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: refunds.create(payment_id, NewRefund(units=5_000, reason="All", kind=kind), by=outside)

    ended = await at_once(outside, *[back("refund"), back("chargeback")] * 5)
    assert ended.count(None) == 1
    async with db.as_tenant(outside.tenant.id):
        assert (await accounts.get(account_id, by=outside))["balance"] == 0
        with pytest.raises((Conflict, Invalid)):
            await refunds.create(payment_id, NewRefund(units=1, reason="Bank", kind="chargeback"), by=outside)


@pytest.mark.parametrize(
    ("currency", "total"), [("JPY", "15267"), ("EUR", "152.67"), ("KWD", "15.267"), ("CLF", "1.5267")]
)
async def test_page_pdf_and_xml_say_one_total_in_every_currency(alice: Actor, currency: str, total: str) -> None:
    """M8: three lines at 20 %, 5.5 % and 27 %, each tax rounded once."""
    project = await projects.create(NewProject(name="Abroad", currency=currency), by=alice)
    payer = await bills.ready()
    account = await client_projects.open_account(payer["client_id"], project["id"], by=alice)
    await accounts.set_terms(account["id"], Terms(is_postpaid=True), by=alice)
    for units, rate in ((3333, 20_000), (6667, 5_500), (3333, 27_000)):
        await expenses.create(account["id"], NewExpense(text="Work", units=units, tax_rate=rate), by=alice)
    company_id = await db.value("SELECT id FROM companies WHERE is_default")
    new = NewInvoice(account_id=account["id"], payer_id=payer["id"], company_id=company_id)
    drafted = await invoice_drafts.create(payer["client_id"], new, by=alice)
    issued = await invoice_states.issue(drafted["id"], by=alice)
    assert issued["gross_units"] == 13_333 + 667 + 367 + 900
    assert money.written(issued["gross_units"], currency) == total
    drawn = text_of((await invoice_files.of(issued["id"], by=alice)).content)
    assert total.replace(".", ",") in drawn.replace("\u202f", "").replace("\xa0", "").replace(" ", "")
    said = invoice_content.read(issued["frozen"])
    if not invoice_xml.why_not(said):
        assert f">{total}</ram:GrandTotalAmount>".encode() in invoice_xml.xml(said)


@pytest.mark.parametrize("has", ["balance", "invoice"])
async def test_a_client_with_money_or_documents_is_not_deleted(alice: Actor, has: str) -> None:
    """M16: it stays with its sums, and of several each that stays is told with its reason."""
    before = await db.value("SELECT count(*) FROM clients")
    await holds(500, alice) if has == "balance" else await bills.issued(by=alice)
    dupont, tanaka = [
        await db.value("SELECT code FROM clients WHERE login = $1", login) for login in ("dupont", "tanaka")
    ]
    sums = await db.fetch("SELECT * FROM ledger_totals ORDER BY account_id")
    report = await removal.remove([dupont, tanaka], by=alice)
    (refused,) = report.refused
    assert refused.client["code"] == dupont and refused.reason
    assert await db.value("SELECT count(*) FROM clients") == before - 1
    assert await db.fetch("SELECT * FROM ledger_totals ORDER BY account_id") == sums


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
async def test_the_run_begins_once_a_day_also_when_clocks_change(
    alice: Actor, day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C2: asked every half hour around a night with 23 or 25 hours, in Europe/Paris."""
    begun: list[datetime] = []
    hour = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)

    async def start(*, by: Actor) -> int:
        begun.append(hour)
        return len(begun)

    monkeypatch.setattr(billing_run, "start", start)
    while hour < datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=30):
        await billing_run.nightly(hour)
        hour += timedelta(minutes=30)
    offsets = [1, 1, 2] if day.month == 3 else [2, 2, 1]
    expected = [
        datetime(one.year, one.month, one.day, tzinfo=UTC) - timedelta(hours=offset)
        for one, offset in zip((day + timedelta(days=step) for step in (-1, 0, 1)), offsets, strict=True)
    ]
    assert begun[1:] == expected, "at each midnight of Paris"
    assert len(begun) == 4, "and once for the day on which it was first asked"


async def test_who_pays_half_an_hour_before_midnight_on_the_last_day_is_in_time(alice: Actor) -> None:
    """C4: the day is the provider's, whatever day it is in UTC."""
    account_id = await holds(0, alice, is_postpaid=True)
    with time_machine.travel(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False):
        invoice = await bills.issued(by=alice)
    assert invoice["due_on"] == date(2026, 6, 15)
    assert await dunning.overdue([account_id], date(2026, 6, 15), by=alice) == {}
    assert await dunning.overdue([account_id], date(2026, 6, 16), by=alice) == {account_id: 1200}
    with time_machine.travel(datetime(2026, 6, 15, 21, 30, tzinfo=UTC), tick=False):
        paid = await payments.create(account_id, NewPayment(units=1200), by=alice)
    assert paid["day"] == date(2026, 6, 15)
    assert await dunning.overdue([account_id], date(2026, 6, 16), by=alice) == {}


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 1, tzinfo=UTC), date(2027, 1, 1)),
        (datetime(2026, 6, 30, 22, 1, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
async def test_an_invoice_is_of_the_day_that_it_is_in_paris(alice: Actor, moment: datetime, day: date) -> None:
    """C4: its date, its number and what is charged with it."""
    with time_machine.travel(moment, tick=False):
        invoice = await bills.issued(by=alice)
    assert (invoice["issued_on"], invoice["number"]) == (day, f"INV-{day.year}-00001")
    assert await db.value("SELECT day FROM expenses") == day
