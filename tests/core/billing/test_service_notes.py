"""What is given back of a service has its credit note: at once over an issued invoice, else behind the next."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from random import Random

import pytest

from core import db
from core.actor import Actor
from core.billing import (
    accounts,
    credit_notes,
    credited_lines,
    invoice_content,
    invoice_drafts,
    invoice_states,
    invoices,
    payments,
    service_changes,
    service_credits,
)
from core.billing.change_quotes import Amount
from core.billing.credit_notes import NewCreditNote, Portion
from core.billing.expenses import Tax
from core.billing.invoice_drafts import NewInvoice
from core.billing.payments import NewPayment
from core.billing.service_changes import NewChange
from core.billing.service_credits import Credit
from core.errors import Conflict, Invalid
from core.periods import Period
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_run_invoices import run
from tests.core.billing.test_service_changes import sell
from tests.core.billing.test_services import account, begin, on

pytestmark = pytest.mark.anyio
MID, JUNE = date(2026, 6, 16), Period(date(2026, 6, 1), date(2026, 7, 1))
LOW = Tax(rate=5500, category="S")
DOCUMENTS = """
    SELECT l.tax_rate, l.net_units * f.sign AS net, l.tax_units * f.sign AS tax FROM invoice_lines l
      JOIN invoices k ON k.id = l.invoice_id
     CROSS JOIN LATERAL (SELECT CASE k.kind WHEN 'invoice' THEN 1 ELSE -1 END AS sign) f WHERE k.state = 'issued'
"""
OWED = """
    SELECT tax_rate, net_units AS net, tax_units AS tax FROM expenses WHERE reversed_at IS NULL
    UNION ALL SELECT tax_rate, -net_units, -tax_units FROM service_credits
    UNION ALL SELECT l.tax_rate, -l.net_units, -l.tax_units FROM invoice_lines l
      JOIN invoices k ON k.id = l.invoice_id WHERE k.payment_id IS NOT NULL
"""


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


async def downgraded(by: Actor, login: str = "dupont", prices: Sequence[int] = ()) -> tuple[int, int]:
    """An account whose service was made smaller before any invoice, and that service."""
    small, middle, *_others = prices or await sell(by, downgrade_when="now")
    account_id = await account(by, login)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, by)
    with on(MID):
        await service_changes.change(service_id, NewChange(price_id=small), by=by)
    return account_id, service_id


async def test_what_is_on_no_issued_invoice_has_its_credit_note_when_that_is_issued(alice: Actor) -> None:
    account_id, _service_id = await downgraded(alice)
    assert await db.fetch("SELECT id FROM invoices") == []
    assert await db.value("SELECT units FROM payments") == 300
    with on(MID):
        invoice_id = await invoiced(account_id, alice)
        (note,) = await credit_notes.of_invoice(invoice_id, by=alice)
        (line,) = invoice_content.read(note["frozen"]).lines
        assert (line.net_units, line.tax_units, line.period_start, line.period_end) == (
            250,
            50,
            MID,
            date(2026, 7, 1),
        )
        assert "Hosting Small" in invoice_content.read(note["frozen"]).reason
        assert await db.value("SELECT count(*) FROM payments") == 1, "the money came with the change"
        now = await invoices.find(invoice_id)
        owed = (await accounts.find(account_id))["balance"]
        assert (now["gross_units"] - note["gross_units"], -owed) == (900, 900)
        with pytest.raises(Invalid):
            more = NewCreditNote(reason="Too much", lines=[Portion(position=1, units=751)])
            await credit_notes.create(invoice_id, more, by=alice)
        rest = await credit_notes.create(invoice_id, NewCreditNote(reason="All of it"), by=alice)
        assert (rest["net_units"], rest["tax_units"]) == (750, 150)
        assert (await accounts.find(account_id))["balance"] == 0


async def test_a_draft_from_before_the_change_is_credited_when_it_is_issued_and_a_pro_forma_is_not(
    alice: Actor,
) -> None:
    small, middle, *_others = await sell(alice, downgrade_when="now")
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
        form = await bills.drafted(by=alice, kind="proforma")
        draft = await bills.drafted(by=alice)
    with on(MID):
        await service_changes.change(service_id, NewChange(price_id=small), by=alice)
        await invoice_states.issue(form["id"], by=alice)
        assert await db.value("SELECT count(*) FROM invoices WHERE kind = 'credit_note'") == 0
        assert (await invoice_states.issue(draft["id"], by=alice))["credited_units"] == 300


async def test_the_run_issues_the_credit_notes_of_those_who_got_something_back(alice: Actor) -> None:
    prices = await sell(alice, downgrade_when="now")
    for login in ("dupont", "mueller"):
        await bills.ready(login)
        await downgraded(alice, login, prices)
    await bills.ready("tanaka")
    with on(date(2026, 6, 1)):
        await begin(await account(alice, "tanaka"), prices[1], alice)
    told, waiting = await run(MID, alice)
    assert (told["invoices"], waiting) == (3, [])
    found = await db.fetch(
        """SELECT c.login, k.net_units, k.tax_units, n.net_units AS net, n.tax_units AS tax FROM invoices k
             JOIN clients c ON c.id = k.client_id LEFT JOIN invoices n ON n.corrects_id = k.id
            WHERE k.kind = 'invoice' ORDER BY 1"""
    )
    assert [tuple(row) for row in found] == [
        ("dupont", 1000, 200, 250, 50),
        ("mueller", 1000, 200, 250, 50),
        ("tanaka", 1000, 200, None, None),
    ]
    assert await db.value("SELECT count(*) FROM payments") == 2
    await run(date(2026, 6, 17), alice)
    assert await db.value("SELECT count(*) FROM invoices WHERE kind = 'credit_note'") == 2


async def test_what_was_given_back_under_another_tax_has_no_note_and_is_not_given_back_again(alice: Actor) -> None:
    _small, middle, *_others = await sell(alice, downgrade_when="now")
    account_id = await account(alice)
    with on(date(2026, 6, 1)):
        service_id = await begin(account_id, middle, alice)
        invoice_id = await invoiced(account_id, alice)
    with on(MID):
        await give_back(account_id, service_id, Amount(250, 14), LOW, alice)
        assert await credit_notes.of_invoice(invoice_id, by=alice) == []
        (line,) = await credited_lines.left(invoice_id)
        assert line["left_net_units"] + line["left_tax_units"] == 1200 - 264
        rest = await credit_notes.create(invoice_id, NewCreditNote(reason="All of it"), by=alice)
        assert rest["gross_units"] == 1200 - 264
        (line,) = await credited_lines.left(invoice_id)
        assert (line["left_net_units"], line["left_tax_units"]) == (0, 0)
        assert (await accounts.find(account_id))["balance"] == 0
        with pytest.raises(Invalid):
            await credit_notes.look(invoice_id, NewCreditNote(reason=""), by=alice)


async def give_back(account_id: int, service_id: int, amount: Amount, tax: Tax, by: Actor) -> None:
    """Give back of June without looking for an invoice, as lines do that plugins bring."""
    key = f"given-{await db.value('SELECT new_id()')}"
    made = Credit(key=key, service_id=service_id, text="Outage", period=JUNE, amount=amount, tax=tax)
    await service_credits.give(await accounts.find(account_id), made, by=by)


async def by_rate(sql: str) -> dict[int, tuple[int, int]]:
    found = await db.fetch(f"SELECT tax_rate, sum(net) AS net, sum(tax) AS tax FROM ({sql}) s GROUP BY 1")
    return {row["tax_rate"]: (int(row["net"]), int(row["tax"])) for row in found}


class Life:
    """What happens to one client in June, by chance, of what a provider does with services and documents."""

    def __init__(self, seed: int, by: Actor) -> None:
        self.chance, self.by, self.day = Random(seed), by, date(2026, 6, 1)
        self.account_id = self.service_id = self.other_id = 0
        self.prices: Sequence[int] = ()

    async def begin(self) -> None:
        self.prices = (await sell(self.by, downgrade_when="now"))[:3]
        self.account_id = await account(self.by)
        await bills.ready()
        with on(self.day):
            self.service_id = await begin(self.account_id, self.chance.choice(self.prices), self.by)
            self.other_id = await begin(self.account_id, self.prices[0], self.by)

    async def change(self) -> None:
        with suppress(Conflict, Invalid):
            new = NewChange(price_id=self.chance.choice(self.prices))
            await service_changes.change(self.service_id, new, by=self.by)

    async def adjust(self) -> None:
        """A charge under another rate for a service, of which parts are given back before it is on an invoice."""
        net = self.chance.randint(3, 999)
        await bills.charged(
            net, by=self.by, tax=LOW, service_id=self.other_id, period_start=JUNE.start, period_end=JUNE.end
        )
        whole, given = Amount(net, LOW.on(net)), Amount()
        for part in (self.chance.randint(1, net // 3), self.chance.randint(1, net // 3)):
            amount = Amount(part, credited_lines.tax_of(whole, given, part))
            given = Amount(given.net + amount.net, given.tax + amount.tax)
            await give_back(self.account_id, self.other_id, amount, LOW, self.by)
        await self.issue()

    async def issue(self) -> None:
        if self.chance.random() < 0.5:
            await run(self.day, self.by)
        elif await invoice_drafts.open_expenses(self.account_id):
            await invoiced(self.account_id, self.by)

    async def credit(self) -> None:
        found = await db.fetch("SELECT id FROM invoices WHERE kind = 'invoice' ORDER BY id")
        if not found:
            return
        invoice_id = self.chance.choice(found)["id"]
        listed = [row for row in await credited_lines.left(invoice_id) if row["left_net_units"]]
        for row in listed:
            more = [Portion(position=row["position"], units=row["left_net_units"] + 1)]
            with pytest.raises(Invalid):
                await credit_notes.look(invoice_id, NewCreditNote(reason="", lines=more), by=self.by)
        some = [Portion(position=row["position"], units=self.chance.randint(1, row["left_net_units"]))
                for row in listed]  # fmt: skip
        if some:
            await credit_notes.create(invoice_id, NewCreditNote(reason="By hand", lines=some), by=self.by)

    async def step(self) -> None:
        self.day = min(date(2026, 6, 29), self.day + timedelta(days=self.chance.randint(0, 4)))
        with on(self.day):
            await self.chance.choice((self.change, self.change, self.adjust, self.issue, self.credit))()
        await books.check()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_documents_say_what_the_client_owes_at_each_rate(alice: Actor, seed: int) -> None:
    life = Life(seed, alice)
    await life.begin()
    for _step in range(12):
        await life.step()
    with on(date(2026, 6, 30)):
        await run(date(2026, 6, 30), alice)
        assert await service_credits.undocumented([life.service_id, life.other_id]) == []
        assert await by_rate(DOCUMENTS) == await by_rate(OWED)
        many = await db.value("SELECT count(*) FROM invoice_lines")
        for rate, (net, tax) in (await by_rate(DOCUMENTS)).items():
            assert abs(tax - net * rate / 100_000) <= many, "a unit for each line at most"
        for row in await db.fetch("SELECT id FROM invoices WHERE kind = 'invoice'"):
            if any(line["left_net_units"] for line in await credited_lines.left(row["id"])):
                await credit_notes.create(row["id"], NewCreditNote(reason="All of it"), by=alice)
        assert {net for net, _tax in (await by_rate(DOCUMENTS)).values()} == {0}
        assert await by_rate(DOCUMENTS) == await by_rate(OWED)


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
