"""Statements of account, and the reconciliation: sums that agree whatever moved, and tell when they do not."""

from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import msgspec
import pypdf
import pytest

from core import clock, db
from core.actor import Actor
from core.billing import (
    account_statements,
    accounts,
    expenses,
    ledger,
    payments,
    reconciliation,
    reconciliation_files,
    refunds,
    statement_papers,
)
from core.billing.ledger import Transfer
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.errors import Forbidden, Invalid, NotFound
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books

pytestmark = pytest.mark.anyio


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, in its scope: Dupont is charged 12 and 6, 6 of it is taken back, pays 15, gets 2 back."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        today, into = clock.today(by.tenant.timezone), await books.account_of("dupont")
        await bills.charged(1000, "Old", by=by, day=today - timedelta(days=200))
        wrong = await bills.charged(500, "Wrong", by=by, day=today - timedelta(days=20))
        paid = await payments.create(into, NewPayment(units=1500, day=today - timedelta(days=10)), by=by)
        await expenses.reverse(wrong, "Wrong", by=by)
        await refunds.create(paid["id"], NewRefund(units=200, reason="Too much"), by=by)
        yield by
        await books.check()


async def test_a_statement_begins_and_ends_with_what_the_account_held(alice: Actor) -> None:
    today, into = clock.today(alice.tenant.timezone), await books.account_of("dupont")
    account, found = await account_statements.of(into, by=alice)
    assert (found.opening, found.charged, found.paid, found.closing) == (-1200, 0, 1300, 100)
    assert found.closing == account["balance"] == found.movements[-1].balance
    assert [one.kind for one in found.movements] == ["expense", "payment", "reversal", "refund"]
    _same, before = await account_statements.of(
        into, today - timedelta(days=300), today - timedelta(days=15), by=alice
    )
    assert (before.opening, before.charged, before.closing) == (0, 1800, -1800)
    for first, last in ((today, today - timedelta(days=1)), (today, today + timedelta(days=1))):
        with pytest.raises(Invalid):
            await account_statements.of(into, first, last, by=alice)
    with pytest.raises(NotFound):
        await account_statements.of(into, by=msgspec.structs.replace(alice, projects=frozenset({1})))


async def test_it_is_a_file_in_the_payers_language_and_a_table(alice: Actor) -> None:
    into = await books.account_of("dupont")
    await bills.ready()
    account, found = await account_statements.of(into, by=alice)
    paper = await statement_papers.pdf(account, found)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(paper.content)).pages)
    assert "Relevé de compte" in text and "Wrong" in text and "1,00" in text
    table = (await statement_papers.table(account, found, "csv", by=alice)).read().decode("utf-8-sig")
    assert table.splitlines()[1].endswith(",opening,,EUR,,'-1200") or ",opening,,EUR,,-1200" in table
    assert len(table.splitlines()) == 3 + len(found.movements)


async def test_the_books_agree_with_the_ledger_and_a_difference_is_seen(alice: Actor) -> None:
    today = clock.today(alice.tenant.timezone)
    report = await reconciliation.of(today - timedelta(days=30), today, by=alice)
    (sheet,) = report.sheets
    figures: dict[str, Any] = {line.name: (line.ledger, line.books) for line in sheet.lines}
    assert sheet.is_right and figures == {
        "revenue": (0, 0),
        "tax": (0, 0),
        "bank": (1300, 1300),
        "balances": (100, 100),
    }
    whole = (await reconciliation.of(today - timedelta(days=300), today, by=alice)).sheets[0]
    assert [(tax.category, tax.rate, tax.net, tax.tax) for tax in whole.taxes] == [("S", 20000, 1000, 200)]
    stray = [await ledger.account(kind, "EUR") for kind in ("bank", "revenue")]
    move = Transfer(debit=stray[0], credit=stray[1], units=77)
    await ledger.post("stray", "payment", [move], at=clock.now())
    wrong = (await reconciliation.of(today - timedelta(days=30), today, by=alice)).sheets[0]
    assert not wrong.is_right
    assert {line.name: line.difference for line in wrong.lines} == {
        "revenue": 77,
        "tax": 0,
        "bank": 77,
        "balances": 0,
    }
    await ledger.post(
        "stray back", "payment", [Transfer(debit=stray[1], credit=stray[0], units=77)], at=clock.now()
    )
    table = (await reconciliation_files.table(report, "csv", by=alice)).read().decode("utf-8-sig")
    assert "EUR,check,bank,1300,1300,0" in table
    with pytest.raises(Forbidden):
        await reconciliation.of(by=msgspec.structs.replace(alice, projects=frozenset({1})))
    with pytest.raises(Invalid):
        await reconciliation.of(today - timedelta(days=400), today, by=alice)
    assert (await accounts.find(await books.account_of("dupont")))["balance"] == 100
