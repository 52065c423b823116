"""Money of the demo: some months of hosting for some clients of every provider, most of it paid."""

import random
from datetime import date, timedelta

import msgspec

from core import clock, db, i18n
from core.actor import Actor
from core.billing import accounts, expenses, payments, refunds
from core.billing.accounts import Terms
from core.billing.expenses import NewExpense
from core.billing.payments import NewPayment
from core.billing.refunds import NewRefund
from core.i18n import N_, _
from tenants.demo.cast import DemoProvider

CLIENTS, MONTHS = 16, 4
VAT = 20_000
SOLD = (
    (N_("Web hosting"), 990),
    (N_("Virtual server"), 2400),
    (N_("Dedicated server"), 8900),
    (N_("Managed database"), 3900),
)


class Step(msgspec.Struct, frozen=True, order=True):
    """What happens on a day to an account: a charge above 0, or a payment below it, in minor units."""

    day: date
    account_id: int
    units: int
    text: str = ""


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Charge and pay, day by day. The first client of the portal is among those it happens to."""
    chance = random.Random(f"money of {provider.code}")  # noqa: S311
    ids = await _accounts()
    for account_id in ids:
        await accounts.set_terms(account_id, Terms(is_postpaid=True), by=by)
    with i18n.speaking(provider.locale):
        steps = [step for account_id in ids for step in _life(account_id, clock.today(provider.timezone), chance)]
        last = None
        for step in sorted(steps):
            if step.units > 0:
                new = NewExpense(text=step.text, units=step.units, tax_rate=VAT, day=step.day)
                await expenses.create(step.account_id, new, by=by)
            else:
                reference = f"VIR {chance.randrange(10**6):06d}"
                paid = NewPayment(units=-step.units, day=step.day, reference=reference)
                last = await payments.create(step.account_id, paid, by=by)
        if last is not None:
            back = NewRefund(units=min(500, last["units"]), reason=_("Paid too much"))
            await refunds.create(last["id"], back, by=by)
        await payments.create(ids[0], NewPayment(units=12_000, is_pending=True), by=by)


async def _accounts() -> list[int]:
    """The home accounts of the clients with a user who signs in, and of the first open ones."""
    found = await db.fetch(
        """SELECT a.id FROM client_projects a JOIN clients c ON c.id = a.client_id AND c.project_id = a.project_id
            WHERE c.status = 'active'
            ORDER BY EXISTS (SELECT FROM memberships m JOIN people p ON p.id = m.person_id
                              WHERE m.client_id = c.id AND p.password_hash IS NOT NULL) DESC, c.code LIMIT $1""",
        CLIENTS,
    )
    return [row["id"] for row in found]


def _life(account_id: int, today: date, chance: random.Random) -> list[Step]:
    """The months of an account: a charge each, paid some days after, but for the last of some."""
    name, units = SOLD[chance.randrange(len(SOLD))]
    owes = chance.random() < 0.4
    steps = []
    for month in range(MONTHS, 0, -1):
        day = today - timedelta(days=30 * month - chance.randrange(20))
        steps.append(Step(day, account_id, units, _(name)))
        if month > 1 or not owes:
            due = units * (100_000 + VAT) // 100_000
            steps.append(Step(min(today, day + timedelta(days=chance.randrange(3, 12))), account_id, -due))
    return steps
