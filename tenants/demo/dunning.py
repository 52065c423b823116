"""Dunning of the demo: a policy for all, a softer one for a group, what it did in the last nights, and a pause."""

from datetime import date, timedelta

from core import clock, db, i18n, policies
from core.actor import Actor
from core.billing import dunning_pauses, dunning_policies, dunning_run, dunning_settings, promise_making
from core.billing.dunning_pauses import NewPause
from core.billing.dunning_policies import NewPolicy
from core.billing.dunning_settings import DunningSettingChanges
from core.billing.dunning_timeline import Step
from core.billing.promised_payments import NewPromise
from core.i18n import _
from tenants.demo.cast import DemoProvider

STEPS = (
    Step(day=-3, action="remind"),
    Step(day=5, action="remind"),
    Step(day=12, action="remind"),
    Step(day=20, action="fee", amounts={"EUR": 4000}),
    Step(day=30, action="suspend"),
    Step(day=90, action="end"),
)
NIGHTS = (2, 1)
"""So many days ago the run was at work."""
MOST_STOPS = 3


async def furnish(provider: DemoProvider, *, by: Actor) -> None:
    """Remind those who owe, as nights would have done; one of them is left alone for a while."""
    today = clock.today(provider.timezone)
    with i18n.speaking(provider.locale):
        await _decide(by=by)
        owing = await db.value(
            """SELECT e.client_id FROM expenses e WHERE e.covered_units < e.gross_units AND e.reversed_at IS NULL
                AND e.day < $1 ORDER BY e.day DESC, e.id LIMIT 1""",
            today - timedelta(days=20),
        )
        for days in NIGHTS:
            with clock.moved(-timedelta(days=days)):
                await _night(today - timedelta(days=days), by=by)
        await _promise(today, by=by)
        if owing is not None:
            new = NewPause(until_day=today + timedelta(days=12), reason=_("Pays in instalments"))
            await dunning_pauses.create(owing, new, by=by)


async def _decide(*, by: Actor) -> None:
    await dunning_policies.create(NewPolicy(name=_("Usual"), steps=STEPS, least={"EUR": 500}), by=by)
    group_id = await db.value("SELECT min(id) FROM account_groups")
    if group_id is not None and policies.has_feature(by.tenant, "groups"):
        gentle = NewPolicy(name=_("Gentle"), recipient="group", group_id=group_id, steps=STEPS[:3])
        await dunning_policies.create(gentle, by=by)
    yearly = tuple(
        date(dunning_settings.EVERY_YEAR, *one) for one in ((1, 1), (5, 1), (7, 14), (11, 11), (12, 25))
    )
    decided = DunningSettingChanges(
        yearly=yearly, most_stops=MOST_STOPS, promise_most={"EUR": 10_000, "CHF": 10_000}, promise_age=0
    )
    await dunning_settings.update(decided, version=0, by=by)


async def _promise(today: date, *, by: Actor) -> None:
    """One who owes promises to pay in some days."""
    account = await db.row(
        """SELECT e.account_id, sum(e.gross_units - e.covered_units)::bigint AS units FROM expenses e
             JOIN dunning_events v ON v.account_id = e.account_id AND v.action = 'remind' AND v.result = 'done'
            WHERE e.covered_units < e.gross_units AND e.reversed_at IS NULL
            GROUP BY e.account_id ORDER BY e.account_id DESC LIMIT 1"""
    )
    if account is not None:
        new = NewPromise(units=account["units"], until_day=today + timedelta(days=5))
        await promise_making.create(account["account_id"], new, by=by)


async def _night(day: date, *, by: Actor) -> None:
    after, counted = 0, dict.fromkeys(("remind", "fee", "suspend", "end", "held"), 0)
    while True:
        ids, _results = await dunning_run.advance(day, after, counted, MOST_STOPS, by=by)
        if not ids:
            break
        after = ids[-1]
