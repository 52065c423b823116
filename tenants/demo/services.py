"""Services of the demo: ordered over the last weeks and charged since; some changed, some due, one waiting."""

import random
from contextlib import suppress
from datetime import date, timedelta

from core import clock, db
from core.actor import Actor
from core.billing import (
    accounts,
    daily_figures,
    renewals,
    service_changes,
    service_prices,
    service_states,
    services,
)
from core.billing.accounts import Terms
from core.billing.service_changes import NewChange
from core.billing.services import NewService
from core.errors import Conflict
from tenants.demo.cast import DemoProvider

CLIENTS, DAYS = 14, 75
SITES = ("boutique", "blog", "atelier", "studio", "agence", "galerie", "cabinet", "librairie")


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Order for some clients, day by day, and charge what became due until yesterday."""
    chance = random.Random(f"services of {provider.code}")  # noqa: S311 (nothing secret)
    today = clock.today(provider.timezone)
    orders = sorted((today - timedelta(days=chance.randrange(DAYS)), one) for one in await _accounts())
    for days in range(DAYS, -1, -1):
        with clock.moved(-timedelta(days=days)):
            await _live(today - timedelta(days=days), orders, chance, by=by)
            if days:
                await _bill(today - timedelta(days=days), by=by)
    await _change(chance, by=by)
    await daily_figures.reckon(today)
    if orders:
        await accounts.set_terms(orders[0][1], Terms(is_postpaid=False, credit_limit=0), by=by)


async def _live(day: date, orders: list[tuple[date, int]], chance: random.Random, *, by: Actor) -> None:
    """A day: once a week its figures are noted, and some order."""
    if day.weekday() == 0:
        await daily_figures.reckon(day)
    for account_id in (account_id for when, account_id in orders if when == day):
        await _order(account_id, chance, by=by)


async def _accounts() -> list[int]:
    """Post-paid accounts, whose clients were charged before."""
    sql = "SELECT id FROM client_projects WHERE is_postpaid ORDER BY id LIMIT $1"
    return [row["id"] for row in await db.fetch(sql, CLIENTS)]


async def _order(account_id: int, chance: random.Random, *, by: Actor) -> None:
    """One service by the month, begun at once; the second state of a few."""
    offered = await service_prices.offered(await accounts.get(account_id, by=by), by=by)
    sheets = [sheet for one in offered for sheet in one.sheets if sheet.length and sheet.length.count == 1]
    if not sheets:
        return
    label = f"{chance.choice(SITES)}-{chance.randrange(100, 1000)}.example"
    new = NewService(price_id=chance.choice(sheets).price_id, label=label)
    made = await services.create(account_id, new, by=by)
    what = chance.random()
    if what < 0.12:
        return
    await service_states.activate(made["id"], by=by)
    if what < 0.22:
        await service_states.suspend(made["id"], "abuse", "Spam", by=by)
    elif what < 0.32:
        await service_states.cancel(made["id"], "period_end", "", by=by)


async def _change(chance: random.Random, *, by: Actor) -> None:
    """Change some services: what is dearer begins at once, what is cheaper with the next period."""
    found = await db.fetch(
        """SELECT id FROM services WHERE state = 'active' AND ends_on IS NULL AND billing <> 'once'
            ORDER BY id LIMIT 4"""
    )
    for row in found:
        service = await services.get(row["id"], by=by)
        others = [
            sheet
            for _name, sheet in await service_changes.targets(service, by=by)
            if sheet.plan_id != service["plan_id"]
        ]
        if others:
            new = NewChange(price_id=chance.choice(others).price_id)
            with suppress(Conflict):
                await service_changes.change(row["id"], new, by=by)


async def _bill(day: date, *, by: Actor) -> None:
    found = await renewals.lock_due(day, size=1000)
    await renewals.charge(found, day, by=by)
