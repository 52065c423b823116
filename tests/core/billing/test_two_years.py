"""Two years of a provider's life, from its first price list on, and every cent of them reckoned by hand.

The clock travels from one day on which something happens to the next: nights on which nothing is due need no run.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from core import db
from core.accounts import bank_accounts, client_projects, companies
from core.accounts.bank_accounts import AccountValues
from core.actor import Actor
from core.billing import (
    accounts,
    bank_recording,
    bank_uploads,
    billing_run,
    expenses,
    invoice_content,
    invoice_states,
    payments,
    refunds,
    service_changes,
    service_states,
    services,
    transfers,
)
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.billing.service_changes import NewChange
from core.billing.services import NewService
from core.billing.transfers import NewTransfer
from core.catalog import discounts, plans, price_lists, price_sheets, prices, tax_rates
from core.catalog.discounts import NewDiscount
from core.catalog.plans import NewPlan
from core.catalog.prices import PriceChanges
from core.catalog.tax_rates import NewTaxRate
from core.periods import Length
from core.settings import Settings
from tests import cast
from tests.core.billing import books, statement_files
from tests.core.billing.test_services import a_run
from tests.core.billing.two_years import RAISED, Sold, Years, steps, taxed
from tests.core.catalog import shop

pytestmark = pytest.mark.anyio
OUTAGE = (date(2026, 9, 10), date(2026, 9, 20))
"""The first and the last day on which no run begins."""
NEW_YEAR, END = date(2026, 12, 31), date(2027, 12, 31)
MORNING, NOON = time(2, tzinfo=UTC), time(12, tzinfo=UTC)
ADDRESS = "street = '1 rue du Port', postcode = $2, city = 'Lyon', region = 'Tokyo'"
GERMAN = "DE136695976"


class Life:
    """The provider, what it sells, and what was reckoned of it by hand."""

    def __init__(self, by: Actor) -> None:
        self.by, self.years = by, Years()
        self.price: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.service: dict[str, int] = {}
        self.runs = 0

    async def furnish(self) -> None:
        """Parties that can stand on documents, a proof of a VAT number, and a bank account."""
        company = await companies.default()
        await db.execute(
            f"""UPDATE companies SET registration_number = '73282932000074', vat_number = 'FR44732829320',
                    country = 'FR', email = 'f@hebergeur.example', {ADDRESS} WHERE id = $1""",
            company["id"],
            "75002",
        )
        for login, postcode in (("dupont", "69001"), ("elodie", "69001"), ("mueller", "10115"),
                                ("o-brien", "D02 X285"), ("tanaka", "100-0001")):  # fmt: skip
            await db.execute(
                f"UPDATE payers SET {ADDRESS} FROM clients c WHERE c.id = payers.client_id AND c.login = $1",
                login,
                postcode,
            )
            self.held[login] = await books.account_of(login)
            terms = Terms(is_postpaid=login != "tanaka", credit_limit=0)
            await accounts.set_terms(self.held[login], terms, by=self.by)
        await db.execute(
            "UPDATE payers SET vat_number = $1 WHERE client_id = (SELECT id FROM clients WHERE login = 'mueller')",
            GERMAN,
        )
        await db.execute(
            """INSERT INTO vat_proofs (number, answer, requester, consultation, day, answered_at)
               VALUES ($1, 'valid', 'FR44732829320', 'W1', '2025-12-01', '2025-12-01')""",
            GERMAN,
        )
        await bank_accounts.add(company["id"], AccountValues(iban=statement_files.OWN), by=self.by)

    async def sell(self) -> None:
        """Start with addons, Pro, and Flex by the calendar and by the day."""
        made = self.shop = await shop.opened(self.by)
        self.price |= {"start": made.monthly, "year": made.yearly}
        await shop.publish(made.draft, self.by, date(2026, 1, 1))
        for name, terms in (
            ("Pro", {"pro": {"units": 2500}}),
            ("Flex", {"calendar": {"billing": "calendar", "units": 3100},
                      "daily": {"billing": "daily", "units": 10, "period_count": 0, "period_unit": ""}}),
        ):  # fmt: skip
            plan = await plans.create(made.product, NewPlan(name=name, state="on_sale"), by=self.by)
            draft = await shop.draft_of(plan["id"], self.by)
            for key, facts in terms.items():
                self.price[key] = await shop.priced(draft, self.by, **facts)
            await shop.publish(draft, self.by, date(2026, 1, 1))

    async def raise_prices(self) -> None:
        """The second price list of Start: 11.00 a month for those who order from July on."""
        draft = (await price_lists.begin(self.shop.plan, by=self.by))["id"]
        sheets = await price_sheets.of_list(draft)
        (monthly,) = (one for one in sheets if one.length == Length(1, "month"))
        version = await shop.version_of(draft, self.by)
        await prices.update(draft, monthly.price_id, PriceChanges(units=1100), version=version, by=self.by)
        await shop.publish(draft, self.by, date(2026, 7, 1))
        self.price["dearer"] = monthly.price_id

    async def order(self, name: str, login: str, price: str, **more: Any) -> None:
        new = NewService(price_id=self.price[price], **more)
        made = await services.create(self.held[login], new, by=self.by)
        self.service[name] = (await service_states.activate(made["id"], by=self.by))["id"]

    def sold(self, login: str, start: date, net: Callable[[date], int], *, setup: int = 0, **more: Any) -> None:
        """Reckon with a service."""
        self.years.sold.append(Sold(account=login, start=start, net=net, **more))
        if setup:
            self.years.single.append(taxed(login, start, setup))

    async def pay(self, login: str, units: int, **more: Any) -> int:
        made = await payments.create(self.held[login], NewPayment(units=units, **more), by=self.by)
        self.years.paid[login] += units
        return int(made["id"])

    async def give_back(self, login: str, payment_id: int, units: int, kind: Any = "refund") -> None:
        await refunds.create(payment_id, NewRefund(units=units, reason="As asked", kind=kind), by=self.by)
        self.years.paid[login] -= units

    async def import_statement(self, login: str, day: date) -> None:
        """The bank says that all open invoices of a client were paid, each with its number in the text."""
        found = await db.fetch(
            """SELECT k.number, (SELECT sum(e.gross_units - e.covered_units) FROM invoice_lines l
                   JOIN expenses e ON e.id = l.expense_id WHERE l.invoice_id = k.id AND l.is_live)::bigint AS units
                 FROM invoices k WHERE k.account_id = $1 AND k.state = 'issued' AND k.kind = 'invoice'
                ORDER BY k.number""",
            self.held[login],
        )
        lines = [(row["units"], "X", "", row["number"], f"{row['number']}-{day}") for row in found if row["units"]]
        content = statement_files.camt(*lines, day=day)
        (made,) = await bank_uploads.upload(f"{day}.xml", content, by=self.by)
        await bank_recording.accept(made["id"], "sure", by=self.by)
        assert await db.value("SELECT count(*) FROM bank_lines WHERE state <> 'recorded'") == 0
        self.years.paid[login] += sum(line[0] for line in lines)

    async def void_latest(self, login: str, **more: Any) -> None:
        found = await db.value(
            """SELECT id FROM invoices WHERE account_id = $1 AND state = 'issued' AND kind = 'invoice'
               ORDER BY number DESC LIMIT 1""",
            self.held[login],
        )
        await invoice_states.void(found, "It was wrong", by=self.by, **more)

    async def run(self, day: date) -> None:
        """A whole billing run, as its task does it."""
        task: Any = a_run(day)
        while True:
            chunk = await billing_run.step(task, self.by)
            assert chunk.results == [], "an account could not be invoiced"
            if chunk.is_last:
                break
            task = a_run(day, position=chunk.position, outcome=chunk.outcome, created_at=task.created_at)
        self.runs += 1

    async def next_run(self, last: date) -> date:
        """The next night on which something is due, and no outage is."""
        due = await db.value(
            """SELECT min(least(CASE WHEN state = 'active' THEN next_on END, ends_on)) FROM services
                WHERE state IN ('active', 'suspended')"""
        )
        day = max(due or date.max, last + timedelta(days=1))
        return OUTAGE[1] + timedelta(days=1) if OUTAGE[0] <= day <= OUTAGE[1] else day


async def first_half(life: Life) -> dict[date, Callable[[], Awaitable[Any]]]:
    """From January to July of the first year."""
    by, addons = life.by, {str(life.shop.disk): 15, str(life.shop.backup): 1}
    kept: dict[str, int] = {}

    async def january() -> None:
        code = (await accounts.get(life.held["dupont"], by=by))["code"]
        half = NewDiscount(name="Welcome", kind="percent", percent=50_000, recipient="client", client=code,
                           lasts="periods", periods=3)  # fmt: skip
        await discounts.create(half, by=by)
        await life.order("dupont", "dupont", "start", addons=addons)
        price = steps((date(2026, 1, 31), 600), (date(2026, 4, 1), 1200))
        life.sold("dupont", date(2026, 1, 31), price, setup=500)

    async def tanaka() -> None:
        await life.pay("tanaka", 10_000)
        await life.order("tanaka", "tanaka", "pro")
        life.sold("tanaka", date(2026, 2, 1), lambda _day: 2500)

    async def mueller() -> None:
        await life.order("mueller", "mueller", "year")
        life.sold("mueller", date(2026, 2, 28), lambda _day: 9000, months=12)

    async def by_hand() -> None:
        await expenses.create(life.held["dupont"], NewExpense(text="Help", units=333), by=by)
        life.years.single.append(taxed("dupont", date(2026, 3, 10), 333))

    async def calendar() -> None:
        await life.order("o-brien", "o-brien", "calendar")
        life.years.single.append(taxed("o-brien", date(2026, 3, 22), 1000))
        life.sold("o-brien", date(2026, 4, 1), lambda _day: 3100)

    async def daily() -> None:
        await life.pay("mueller", 10_000)
        await life.order("daily", "elodie", "daily")
        life.sold("elodie", date(2026, 5, 1), lambda _day: 10, months=0, until=date(2026, 5, 30))

    async def summer() -> None:
        new = NewDiscount(name="Summer", kind="percent", percent=10_000, from_day=date(2026, 6, 1),
                          until_day=date(2026, 9, 30))  # fmt: skip
        await discounts.create(new, by=by)
        client_id = (await accounts.get(life.held["mueller"], by=by))["client_id"]
        project_id = await db.value("SELECT id FROM projects WHERE is_default")
        opened = await client_projects.open_account(client_id, project_id, by=by)
        life.held["mueller at home"] = opened["id"]
        await transfers.create(life.held["mueller"], NewTransfer(to_id=opened["id"], units=2000), by=by)
        life.years.paid.update({"mueller": -2000, "mueller at home": 2000})

    async def june() -> None:
        kept["o-brien"] = await life.pay("o-brien", 20_000)
        await life.void_latest("dupont")

    async def elodie() -> None:
        await life.raise_prices()
        await life.order("elodie", "elodie", "start")
        price = steps((date(2026, 6, 15), 810), (date(2026, 10, 1), 900), (date(2026, 12, 15), 2500),
                      (date(2027, 2, 15), 1100))  # fmt: skip
        life.sold("elodie", date(2026, 6, 15), price, setup=500)

    return {
        date(2026, 1, 31): january,
        date(2026, 2, 1): tanaka,
        date(2026, 2, 28): mueller,
        date(2026, 3, 10): by_hand,
        date(2026, 3, 22): calendar,
        date(2026, 4, 1): lambda: life.pay("mueller", 5000, reference="A part of it"),
        date(2026, 4, 20): lambda: life.import_statement("dupont", date(2026, 4, 20)),
        date(2026, 5, 1): daily,
        date(2026, 5, 29): lambda: service_states.cancel(life.service["daily"], "now", "", by=by),
        date(2026, 6, 1): summer,
        date(2026, 6, 10): june,
        date(2026, 6, 12): lambda: life.pay("tanaka", 30_000),
        date(2026, 6, 15): elodie,
        date(2026, 7, 1): lambda: life.give_back("o-brien", kept["o-brien"], 5000),
    }


async def later_on(life: Life) -> dict[date, Callable[[], Awaitable[Any]]]:
    """From August of the first year to the end of the second one."""
    by, kept = life.by, dict[str, int]()

    async def dearer() -> None:
        await life.order("second", "elodie", "dearer")
        price = steps((date(2026, 8, 10), 990), (date(2026, 10, 1), 1100))
        life.sold("elodie", date(2026, 8, 10), price, setup=500, until=date(2027, 2, 10))

    async def upgrade() -> None:
        """Fifteen of thirty days are left: 15.00 of 30.00 are to pay with tax, and 5.40 of 10.80 were paid."""
        quoted = await service_changes.quote(life.service["elodie"], NewChange(price_id=life.price["pro"]), by=by)
        assert (quoted.when, quoted.units) == ("now", 960)
        await service_changes.change(life.service["elodie"], NewChange(price_id=life.price["pro"]), by=by)
        life.years.single.append(taxed("elodie", date(2026, 11, 30), 800))

    async def pay_late() -> None:
        kept["elodie"] = await life.pay("elodie", 15_000, day=date(2026, 12, 18))
        await service_states.resume(life.service["o-brien"], missed_time="charge", by=by)

    async def rates_will_rise() -> None:
        await tax_rates.create(NewTaxRate(country="FR", rate=21_000, from_day=RAISED), by=by)

    async def take_back() -> None:
        await life.void_latest("o-brien", takes_back=True)
        life.years.taken_back.add(("o-brien", date(2027, 6, 1)))

    return {
        date(2026, 8, 10): dearer,
        date(2026, 10, 5): lambda: service_states.suspend(life.service["o-brien"], "abuse", "Spam", by=by),
        date(2026, 11, 2): lambda: life.import_statement("dupont", date(2026, 11, 2)),
        date(2026, 11, 30): upgrade,
        date(2026, 12, 20): pay_late,
        date(2027, 1, 15): lambda: life.give_back("elodie", kept["elodie"], 4000, "chargeback"),
        date(2027, 1, 20): lambda: service_states.cancel(life.service["second"], "period_end", "", by=by),
        date(2027, 2, 1): lambda: service_changes.change(
            life.service["elodie"], NewChange(price_id=life.price["dearer"]), by=by
        ),
        date(2027, 3, 10): rates_will_rise,
        date(2027, 5, 20): lambda: life.pay("tanaka", 20_000),
        date(2027, 6, 10): take_back,
        date(2027, 9, 3): lambda: life.pay("elodie", 40_000),
    }


async def look(life: Life, day: date) -> None:
    """All that was reckoned by hand is what the books and the documents say."""
    years = life.years
    told = await db.fetch(
        """SELECT to_char(day, 'YYYY-MM') AS month, sum(net_units)::bigint AS net FROM expenses
            WHERE reversed_at IS NULL AND kind <> 'transfer' GROUP BY 1 ORDER BY 1"""
    )
    assert {row["month"]: row["net"] for row in told} == dict(sorted(years.revenue(day).items()))
    assert await taxes_of_invoices() == years.taxes(day)
    has = {name: (await accounts.get(held, by=life.by))["balance"] for name, held in life.held.items()}
    assert has == {name: years.balances(day)[name] for name in life.held}
    for kind in ("INV", "CN"):
        sql = "SELECT number FROM invoices WHERE number LIKE $1 ORDER BY number"
        found = [row["number"] for row in await db.fetch(sql, f"{kind}-{day.year}-%")]
        assert found == [f"{kind}-{day.year}-{place:05}" for place in range(1, len(found) + 1)]
        assert found
    assert await db.value("SELECT count(*) FROM services WHERE parked <> ''") == 0
    await books.check()


async def taxes_of_invoices() -> dict[tuple[str, int], tuple[int, int]]:
    """What the documents in force say, by category and rate: all that was charged stands on one."""
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for row in await db.fetch("SELECT frozen FROM invoices WHERE kind = 'invoice' AND state = 'issued'"):
        for part in invoice_content.read(row["frozen"]).totals.parts:
            net, tax = sums.get((part.category, part.rate), (0, 0))
            sums[part.category, part.rate] = (net + part.net_units, tax + part.tax_units)
    return sums


@pytest.fixture
async def life(database: Settings) -> AsyncIterator[Life]:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        with time_machine.travel(datetime.combine(date(2025, 12, 1), NOON), tick=False):
            made = Life(by)
            await made.furnish()
            await made.sell()
        yield made


async def test_two_years_come_to_what_was_reckoned_by_hand(life: Life) -> None:
    happens = await first_half(life) | await later_on(life)
    happens |= {day: lambda day=day: look(life, day) for day in (NEW_YEAR, END)}
    ran = date(2026, 1, 1)
    for day, event in sorted(happens.items()):
        while (night := await life.next_run(ran)) <= day:
            with time_machine.travel(datetime.combine(night, MORNING), tick=False):
                await life.run(night)
            ran = night
        with time_machine.travel(datetime.combine(day, NOON), tick=False):
            await event()
    assert life.runs > 90
