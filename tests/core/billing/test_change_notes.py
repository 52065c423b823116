"""What a change of a service gives back of an issued invoice has its credit note; what is on none has none."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from core import db
from core.actor import Actor
from core.billing import (
    credit_notes,
    invoice_content,
    invoice_drafts,
    invoice_states,
    invoices,
    payments,
    service_changes,
)
from core.billing.credit_notes import NewCreditNote
from core.billing.invoice_drafts import NewInvoice
from core.billing.payments import NewPayment
from core.billing.service_changes import NewChange
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_service_changes import sell
from tests.core.billing.test_services import account, begin, on

pytestmark = pytest.mark.anyio
MID = date(2026, 6, 16)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def invoiced(account_id: int, by: Actor) -> int:
    """An issued invoice over all that is open in this account."""
    payer = await bills.ready()
    company_id = await db.value("SELECT id FROM companies WHERE is_default")
    new = NewInvoice(account_id=account_id, payer_id=payer["id"], company_id=company_id)
    draft = await invoice_drafts.create(payer["client_id"], new, by=by)
    return int((await invoice_states.issue(draft["id"], by=by))["id"])


@pytest.mark.parametrize("paid", [0, 1000, 1200])
async def test_a_downgrade_credits_the_line_that_was_billed_and_lowers_what_it_asks_for(
    alice: Actor, paid: int
) -> None:
    small, middle, _large, _year = await sell(alice, downgrade_when="now")
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
        invoice_id = await invoiced(account_id, alice)
        if paid:
            await payments.create(account_id, NewPayment(units=paid), by=alice)
    with on(MID):
        await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        (note,) = await credit_notes.of_invoice(invoice_id, by=alice)
        content = invoice_content.read(note["frozen"])
        (line,) = content.lines
        assert (line.net_units, line.tax_units, line.period_start, line.period_end) == (
            250,
            50,
            MID,
            date(2026, 7, 1),
        )
        assert "Hosting Small" in content.reason
        now = await invoices.find(invoice_id)
        assert (now["credited_units"], now["paid_units"]) == (300, min(1200, paid + 300))
        credit = await db.row("SELECT * FROM payments WHERE method = 'credit'")
        assert credit is not None
        assert credit["units"] - credit["allocated_units"] == max(0, paid - 900)
        rest = await credit_notes.create(invoice_id, NewCreditNote(reason="All of it"), by=alice)
        assert (rest["net_units"], rest["tax_units"]) == (750, 150)


async def test_what_is_on_no_issued_invoice_has_no_credit_note(alice: Actor) -> None:
    small, middle, _large, _year = await sell(alice, downgrade_when="now")
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
    with on(MID):
        await service_changes.change(service_id, NewChange(price_id=small), by=alice)
    assert await db.fetch("SELECT id FROM invoices") == []
    assert await db.value("SELECT units FROM payments") == 300


async def test_two_invoices_of_one_period_are_credited_each_the_newest_first(alice: Actor) -> None:
    small, middle, large, _year = await sell(alice, downgrade_when="now")
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
        first = await invoiced(account_id, alice)
    with on(MID):
        await service_changes.change(service_id, NewChange(price_id=large), by=alice)
        second = await invoiced(account_id, alice)
        await service_changes.change(service_id, NewChange(price_id=small), by=alice)
    found = [(await invoices.find(one))["credited_units"] for one in (first, second)]
    assert found == [300, 1200]


async def test_what_staff_credited_is_not_given_back_again(alice: Actor) -> None:
    small, middle, _large, _year = await sell(alice, downgrade_when="now")
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
        invoice_id = await invoiced(account_id, alice)
        await credit_notes.create(invoice_id, NewCreditNote(reason="A gift"), by=alice)
    with on(MID):
        quoted = await service_changes.quote(service_id, NewChange(price_id=small), by=alice)
    assert quoted.units >= 0
