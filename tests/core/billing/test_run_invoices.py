"""The invoices of the billing run: one for each account and payer, gapless, once; and a reason for who waits."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core import clock, db, tasks
from core.actor import Actor
from core.billing import (
    billing_run,
    expenses,
    invoice_content,
    invoice_files,
    invoice_printing,
    invoice_terms,
    run_invoices,
)
from core.billing.expenses import NewExpense
from core.billing.invoice_terms import Terms
from core.catalog import tax_settings
from core.settings import Settings
from core.task_kinds import Result
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_services import a_run, account, begin, on, sell

pytestmark = pytest.mark.anyio
FIRST, NEXT = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def run(day: date, by: Actor) -> tuple[dict[str, Any], list[Result]]:
    """A whole run on this day, part by part; what it tells, and who it left out."""
    with on(day):
        task, waiting = a_run(day), list[Result]()
        while True:
            chunk = await billing_run.step(task, by)
            waiting += chunk.results
            if chunk.is_last:
                return chunk.outcome, waiting
            task = a_run(day, position=chunk.position, outcome=chunk.outcome, created_at=task.created_at)


async def issued() -> list[Any]:
    return await db.fetch(
        """SELECT k.*, (SELECT count(*) FROM invoice_lines l WHERE l.invoice_id = k.id AND l.is_live) AS lines
             FROM invoices k WHERE k.state = 'issued' ORDER BY k.number"""
    )


async def test_an_account_gets_one_invoice_over_all_that_is_open_and_the_next_run_none(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    await bills.ready()
    account_id = await account(alice)
    with on(FIRST):
        for label in ("a.example", "b.example"):
            await begin(account_id, monthly, alice, label=label)
        await expenses.create(account_id, NewExpense(text="Help by hand", units=500), by=alice)
    told, waiting = await run(NEXT, alice)
    assert (told["invoices"], waiting) == (1, [])
    (made,) = await issued()
    assert (made["lines"], made["net_units"], made["tax_units"]) == (5, 4500, 900)
    said = invoice_content.read(made["frozen"])
    assert (said.number, said.issued_on, said.due_on) == (made["number"], NEXT, date(2026, 2, 15))
    assert [line.text for line in said.lines].count("Help by hand") == 1
    assert (await run(NEXT, alice))[0]["invoices"] == 0, "nothing is asked for twice"
    history = await db.fetch("SELECT state, actor_kind FROM invoice_states WHERE invoice_id = $1", made["id"])
    assert [row["state"] for row in history] == ["issued"]
    noted = await db.row("SELECT * FROM audit_entries WHERE action = 'invoice:issued'")
    assert noted is not None
    assert (noted["subject_name"], noted["client_id"]) == (made["number"], made["client_id"])


async def test_numbers_follow_each_other_over_accounts_parts_and_runs(
    alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_invoices, "AT_ONCE", 2)
    (monthly,) = await sell(alice, {"units": 1000})
    with on(FIRST):
        for login in ("dupont", "mueller", "tanaka"):
            await bills.ready(login)
            await begin(await account(alice, login), monthly, alice)
    for day in (FIRST, NEXT):
        assert (await run(day, alice))[0]["invoices"] == 3
    assert [row["number"] for row in await issued()] == [f"INV-2026-{place:05}" for place in range(1, 7)]


async def test_who_lacks_something_waits_with_the_reason_and_is_tried_again(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    await bills.ready()
    await db.execute("UPDATE payers SET city = '' WHERE is_default")
    with on(FIRST):
        await begin(await account(alice), monthly, alice)
    told, (waits,) = await run(FIRST, alice)
    assert told["invoices"] == 0
    assert (waits.outcome, waits.name) == ("skipped", "Jean Dupont")
    assert "incomplete" in waits.reason
    assert (await issued()) == []
    await bills.ready()
    told, waiting = await run(date(2026, 1, 2), alice)
    assert (told["expenses"], told["invoices"], waiting) == (0, 1, [])


async def test_a_company_that_issues_by_hand_and_what_is_for_free_get_none(alice: Actor) -> None:
    free, monthly = await sell(alice, {"units": 0}, {"units": 1000, "period_count": 3})
    payer = await bills.ready()
    with on(FIRST):
        await begin(await account(alice), free, alice)
        assert (await run(FIRST, alice))[0]["invoices"] == 0
        await begin(await account(alice), monthly, alice)
        company_id = await db.value("SELECT id FROM companies WHERE is_default")
        await invoice_terms.update(company_id, Terms(is_manual=True), version=0, by=alice)
        assert await run_invoices.count(clock.now()) == 0
        assert (await run(FIRST, alice))[0]["invoices"] == 0
        await invoice_terms.update(company_id, Terms(), version=1, by=alice)
        assert (await run(FIRST, alice))[0]["invoices"] == 1
    assert payer["id"] == (await issued())[0]["payer_id"]


async def test_a_draft_keeps_its_expenses_and_each_payer_gets_his_own(alice: Actor) -> None:
    (monthly,) = await sell(alice, {"units": 1000})
    payer = await bills.ready()
    account_id = await account(alice)
    with on(FIRST):
        drafted = await bills.charged(by=alice)
        await bills.drafted(drafted, by=alice)
        other = await db.value(
            """INSERT INTO payers (client_id, kind, country, name, contact_person, email, language, is_default,
                   street, postcode, city, created_at)
               SELECT client_id, 'individual', 'FR', 'Jean Dupont', '', 'j@dupont.example', 'fr', false, '2 rue X',
                   '69001', 'Lyon', now() FROM payers WHERE id = $1 RETURNING id""",
            payer["id"],
        )
        first = await begin(account_id, monthly, alice)
        await db.execute("UPDATE services SET payer_id = $1 WHERE id = $2", other, first)
        await begin(account_id, monthly, alice)
        await run(NEXT, alice)
    assert {row["payer_id"]: row["lines"] for row in await issued()} == {payer["id"]: 3, other: 1}


async def test_many_runs_at_once_give_each_charge_one_invoice(database: Settings) -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        (monthly,) = await sell(by, {"units": 1000})
        with on(FIRST):
            for login in ("dupont", "mueller", "tanaka"):
                await bills.ready(login)
                await begin(await account(by, login), monthly, by)

    async def work() -> int:
        async with db.as_tenant(by.tenant.id):
            return (await run_invoices.some(datetime(2026, 1, 2, tzinfo=UTC), FIRST, by=by)).invoices

    counts = await asyncio.gather(*(work() for _one in range(5)), return_exceptions=True)
    assert sum(count for count in counts if isinstance(count, int)) == 3, counts
    async with db.as_tenant(by.tenant.id):
        assert [row["lines"] for row in await issued()] == [1, 1, 1]
        assert [row["number"][-1] for row in await issued()] == ["1", "2", "3"]


async def test_its_files_are_printed_behind_it_and_stay_what_is_printed_on_demand(alice: Actor) -> None:
    await tax_settings.get(by=alice)
    (monthly,) = await sell(alice, {"units": 1000})
    await bills.ready()
    with on(FIRST):
        await begin(await account(alice), monthly, alice)
        await run(FIRST, alice)
        (made,) = await issued()
        wanted = (await invoice_files.kept(made)).content
        task = await db.row("SELECT * FROM tasks WHERE kind = $1", invoice_printing.KIND)
        assert task is not None
        assert task["total"] == 1
        chunk = await invoice_printing.step(tasks.of(task), alice)
    assert (chunk.done, chunk.is_last) == (1, True)
    assert await db.value("SELECT content FROM invoice_files WHERE invoice_id = $1", made["id"]) == wanted
