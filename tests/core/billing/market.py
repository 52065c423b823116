"""A provider that sells, two clients with three accounts, and a clock: what the machine of money drives."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine

from core import db
from core.accounts import client_projects, projects
from core.accounts.projects import NewProject
from core.actor import Actor
from core.billing import accounts, billing_run, dunning_policies, dunning_run
from core.billing.accounts import Terms
from core.billing.dunning_policies import NewPolicy
from core.billing.dunning_timeline import Step
from core.catalog import plans
from core.errors import Refusal
from tests.core.accounts.house import add_client, open_provider, worker
from tests.core.billing.test_services import a_run
from tests.core.catalog import shop

Verb = Callable[[], Awaitable[int | None]]
"""Something that is done to money; where money comes in or goes out by it, how much."""
LIMIT = 5_000
"""What the account that is not post-paid may owe."""
_numbers = itertools.count(1)
POLICY = NewPolicy(
    name="Usual",
    terms_days=0,
    is_on_workdays=False,
    steps=(
        Step(day=1, action="remind"),
        Step(day=4, action="fee", amounts={"EUR": 300}),
        Step(day=5, action="suspend"),
        Step(day=40, action="end"),
    ),
)
OTHERS = (
    {"billing": "daily", "units": 10, "period_count": 0, "period_unit": ""},
    {"billing": "once", "units": 7000, "period_count": 0, "period_unit": ""},
)


class Market:
    """One provider of its own. `prices` are those of three plans, by month, year, calendar, day and once, and of
    one that is tried for some days first."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 28, 9, tzinfo=UTC)
        self.money = 0
        self.by: Actor
        self.prices: list[int] = []
        self.accounts: list[int] = []

    @property
    def today(self) -> date:
        """The provider's day."""
        return self.moment.date()

    async def open(self) -> None:
        """Two clients, the first one with two accounts; the second one's has a limit."""
        tenant = await open_provider(next(_numbers))
        self.by = worker(tenant)
        with time_machine.travel(self.moment - timedelta(days=27), tick=False):
            async with db.as_tenant(tenant.id):
                await self._furnish()
                await self._sell()

    async def _furnish(self) -> None:
        rich, poor = [await add_client(login) for login in ("rich", "poor")]
        await db.execute(COMPLETE_COMPANY)
        await db.execute(COMPLETE_PAYERS)
        second = await projects.create(NewProject(name="Second"), by=self.by)
        await client_projects.open_account(rich, second["id"], by=self.by)
        found = await db.fetch("SELECT id, client_id FROM client_projects ORDER BY client_id = $1, id", poor)
        self.accounts = [row["id"] for row in found]
        for account_id in self.accounts[:2]:
            await accounts.set_terms(account_id, Terms(is_postpaid=True), by=self.by)
        await dunning_policies.create(POLICY, by=self.by)
        await accounts.set_terms(self.accounts[2], Terms(is_postpaid=False, credit_limit=LIMIT), by=self.by)

    async def _sell(self) -> None:
        facts = {"downgrade_when": "now", "downgrade_rest": "refund"}
        product_id = await shop.product(self.by, **facts)
        for name, units, fee in (("Small", 500, 0), ("Middle", 1015, 0), ("Large", 3000, 700)):
            plan = await plans.create(product_id, plans.NewPlan(name=name, state="on_sale"), by=self.by)
            draft = await shop.draft_of(plan["id"], self.by)
            self.prices.append(await shop.priced(draft, self.by, units=units, setup_units=fee))
            if name == "Large":
                self.prices.append(await shop.priced(draft, self.by, units=30_000, months=12))
            if name == "Small":
                for terms in ({"billing": "calendar", "units": 3100}, *OTHERS):
                    self.prices.append(await shop.priced(draft, self.by, **terms))
            await shop.publish(draft, self.by, self.today - timedelta(days=27))
        tried = await shop.product(self.by, "Tried", trial_days=9)
        plan = await plans.create(tried, plans.NewPlan(name="Trial", state="on_sale"), by=self.by)
        draft = await shop.draft_of(plan["id"], self.by)
        self.prices.append(await shop.priced(draft, self.by, units=1200, setup_units=100))
        await shop.publish(draft, self.by, self.today - timedelta(days=27))

    async def together(self, verbs: Sequence[Verb]) -> None:
        """Do all of it at once, each in a transaction of its own; what is refused leaves nothing behind."""
        self.moment += timedelta(seconds=60)
        with time_machine.travel(self.moment, tick=False):
            done = await asyncio.gather(*(verb() for verb in verbs), return_exceptions=True)
        for one in done:
            if isinstance(one, BaseException):
                raise one
            self.money += one or 0

    def verb(self, call: Callable[[], Awaitable[int | None]]) -> Verb:
        """The call as somebody of the staff makes it, in one transaction."""

        async def inside() -> int | None:
            async with db.as_tenant(self.by.tenant.id):
                with suppress(Refusal):
                    async with db.savepoint():
                        return await call()
            return None

        return inside

    async def run(self) -> None:
        """A whole billing run of today, part by part, each in its transaction as a task does it."""
        await self._whole(billing_run.step)

    async def dun(self) -> None:
        """A whole dunning run of today, in the same way."""
        await self._whole(dunning_run.step)

    async def _whole(self, step: Callable[[Any, Actor], Awaitable[Any]]) -> None:
        task: Any = a_run(self.today, created_at=self.moment)
        while True:
            async with db.as_tenant(self.by.tenant.id):
                chunk = await step(task, self.by)
            if chunk.is_last:
                return
            task = a_run(self.today, position=chunk.position, outcome=chunk.outcome, created_at=self.moment)


COMPLETE_COMPANY = """
    UPDATE companies SET registration_number = '73282932000074', vat_number = 'FR44732829320', country = 'FR',
           street = '12 rue de la Paix', postcode = '75002', city = 'Paris', email = 'f@hebergeur.example'
"""
COMPLETE_PAYERS = "UPDATE payers SET street = '1 rue du Port', postcode = '69001', city = 'Lyon', language = 'fr'"
