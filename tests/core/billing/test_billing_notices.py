"""What clients are told of what billing did: once, in their language, and not when the kind is switched off."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from core import clock, db, notification_switches
from core.actor import Actor
from core.billing import billing_notices, credit_notes, low_balance, payments, service_states, waking
from core.billing.billing_kinds import INVOICE_ISSUED, LOW_BALANCE, PAYMENT_RECEIVED
from core.billing.credit_notes import NewCreditNote
from core.billing.payments import NewPayment
from core.filters import cursor_at
from core.settings import Settings
from core.support import notification_texts
from core.support.notification_layout import Brand
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_services import account, begin, on, sell

pytestmark = pytest.mark.anyio
BRAND = Brand(name="Nova", panel="https://nova.example")
TODAY = date(2026, 3, 2)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by


async def told(kind: str = "") -> list[dict[str, Any]]:
    """What waits in the outbox."""
    found = await db.fetch("SELECT * FROM notifications WHERE $1 IN ('', kind) ORDER BY created_at, id", kind)
    return [dict(row) for row in found]


async def test_an_invoice_and_its_credit_note_are_told_to_the_payer_in_his_language(alice: Actor) -> None:
    bill = await bills.issued(1000, by=alice)
    await credit_notes.create(bill["id"], NewCreditNote(reason="A mistake"), by=alice)
    issued, credited = await told()
    assert (issued["kind"], issued["locale"], issued["about_id"]) == ("invoice.issued", "fr", bill["id"])
    usual = notification_texts.default(INVOICE_ISSUED, "fr")
    text = notification_texts.filled(usual, INVOICE_ISSUED, issued["data"], BRAND).text
    assert bill["number"] in text and "12,00" in text and f"/invoices/{bill['id']}" in text
    assert credited["kind"] == "credit_note.issued" and credited["data"]["corrects"] == bill["number"]
    await billing_notices.documents(INVOICE_ISSUED, [bill["id"]], by=alice)
    assert len(await told()) == 2


async def test_what_a_run_issued_is_told_behind_it_each_once(alice: Actor) -> None:
    since = clock.now() - timedelta(minutes=1)
    made = [await bills.issued(1000, login=login, by=alice) for login in ("dupont", "elodie")]
    await db.execute("DELETE FROM notifications")
    for _again in range(2):
        after = await billing_notices._some(cursor_at(since, 0), clock.now(), by=alice)
        assert after == ""
    assert {row["about_id"] for row in await told("invoice.issued")} == {bill["id"] for bill in made}


async def test_a_payment_is_told_when_its_money_is_there_unless_the_kind_is_off(alice: Actor) -> None:
    account_id = await books.account_of("dupont")
    new = NewPayment(units=5000, day=clock.today(alice.tenant.timezone), method="cash")
    waiting = await payments.create(account_id, NewPayment(units=100, method="cash", is_pending=True), by=alice)
    assert await told() == []
    await payments.confirm(waiting["id"], by=alice)
    await payments.create(account_id, new, by=alice)
    assert [row["data"]["amount"]["_units"] for row in await told("payment.received")] == [100, 5000]
    await notification_switches.put(PAYMENT_RECEIVED, False, by=alice)
    await payments.create(account_id, new, by=alice)
    assert len(await told("payment.received")) == 2


async def test_a_service_that_stops_and_goes_on_is_told_each_time(alice: Actor) -> None:
    with on(TODAY):
        service_id = await begin(await account(alice), (await sell(alice, {"units": 1000}))[0], alice)
        for _time in range(2):
            await service_states.suspend(service_id, "request", "He asked", by=alice)
            await service_states.resume(service_id, by=alice)
    kinds = [row["kind"] for row in await told() if row["kind"].startswith("service.")]
    assert kinds == ["service.suspended", "service.resumed"] * 2
    assert await waking.wake([]) == 0


async def test_an_account_that_runs_out_within_the_week_is_told_once_a_fortnight(alice: Actor) -> None:
    with on(TODAY):
        account_id = await account(alice, is_postpaid=False, credit_limit=0)
        await payments.create(account_id, NewPayment(units=1500, day=TODAY, method="cash"), by=alice)
        await begin(account_id, (await sell(alice, {"units": 1000}))[0], alice)
    with on(TODAY + timedelta(days=10)):
        await low_balance.some(0, by=alice)
        assert await told(LOW_BALANCE.key) == []
    for days in (26, 27):
        with on(TODAY + timedelta(days=days)):
            await low_balance.some(0, by=alice)
    (row,) = await told(LOW_BALANCE.key)
    assert row["data"]["day"] == {"_day": "2026-04-02"} and row["about_id"] == account_id
