"""Dunning policies and pauses: which policy counts, what is due when, and what a pause does."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from core import db
from core.accounts import groups, projects
from core.actor import Actor, Tenant
from core.billing import accounts, dunning, dunning_pauses, dunning_policies, dunning_settings
from core.billing.accounts import Terms
from core.billing.dunning_pauses import NewPause
from core.billing.dunning_policies import NewPolicy, PolicyChanges
from core.billing.dunning_settings import DunningSettingChanges
from core.billing.dunning_timeline import Step
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotInEdition
from core.settings import Settings
from tests import cast
from tests.core.billing import bills, books
from tests.core.billing.test_services import on

pytestmark = pytest.mark.anyio
DAY = date(2026, 3, 2)
STEPS = (Step(day=7, action="remind"), Step(day=21, action="suspend"))


@pytest.fixture
async def alice(database: Settings) -> AsyncIterator[Actor]:
    """The owner of Nova, inside its scope; the books are looked at when the test is over."""
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        yield by
        await books.check()


async def policy(by: Actor, name: str = "Usual", **more: Any) -> int:
    given = {"steps": STEPS, "is_on_workdays": False} | more
    return int((await dunning_policies.create(NewPolicy(name=name, **given), by=by))["id"])


async def client_of(login: str = "dupont") -> int:
    return int(await db.value("SELECT id FROM clients WHERE login = $1", login))


async def coming(by: Actor, login: str = "dupont") -> list[tuple[date, str]]:
    (plan, *_others) = await dunning.of_client(await client_of(login), by=by)
    return [(one.on, one.step.action) for one in plan.coming]


async def test_the_nearest_policy_counts(alice: Actor) -> None:
    account_id, client_id = await books.account_of("dupont"), await client_of()
    group_id = await db.value("SELECT group_id FROM group_members WHERE client_id = $1", client_id)
    other = await db.value("SELECT id FROM account_groups WHERE id <> $1", group_id)
    await groups.add(other, [client_id], by=alice)
    home = await db.value("SELECT project_id FROM clients WHERE id = $1", client_id)
    code = await db.value("SELECT code FROM clients WHERE id = $1", client_id)

    async def nearest(tenant: Tenant = alice.tenant) -> str:
        return str((await dunning_policies.nearest([account_id], tenant))[account_id]["name"])

    for name, target in {
        "Everybody": {},
        "Project": {"recipient": "project", "project_id": home},
        "Low group": {"recipient": "group", "group_id": group_id},
        "High group": {"recipient": "group", "group_id": other, "priority": 5},
        "Himself": {"recipient": "client", "client": code},
    }.items():
        await policy(alice, name, **target)
        assert await nearest() == name
    await db.execute("DELETE FROM dunning_policies WHERE recipient = 'client'")
    standard = Tenant(id=alice.tenant.id, code="nova", name="Nova", edition="standard")
    assert (await nearest(), await nearest(standard)) == ("High group", "Everybody")
    bob = Actor(kind="system", tenant=standard, name="x")
    with pytest.raises(NotInEdition):
        await policy(bob, "Group", recipient="group", group_id=group_id)
    with pytest.raises(Invalid) as refused:
        await policy(alice, "Twice")
    assert set(refused.value.errors) == {"recipient"}


async def test_an_invoice_is_due_on_its_day_and_what_has_none_after_the_terms(alice: Actor) -> None:
    await policy(alice, terms_days=10)
    await accounts.set_terms(await books.account_of("dupont"), Terms(is_postpaid=True), by=alice)
    with on(DAY):
        await bills.charged(1000, by=alice)
        assert await coming(alice) == [(DAY + timedelta(days=17), "remind"), (DAY + timedelta(days=31), "suspend")]
        bill = await bills.issued(500, by=alice)
    assert bill["due_on"] == DAY + timedelta(days=14)
    with on(DAY + timedelta(days=15)):
        (plan, *_others) = await dunning.of_client(await client_of(), by=alice)
        assert (plan.overdue, plan.debts[0].due_on) == (1800, DAY + timedelta(days=10))


async def test_a_pause_moves_what_is_to_come_until_it_is_lifted(alice: Actor) -> None:
    await policy(alice, terms_days=0)
    with on(DAY):
        await bills.charged(1000, by=alice)
    client_id = await client_of()
    with on(DAY + timedelta(days=5)):
        new = NewPause(until_day=DAY + timedelta(days=14), reason="Talks")
        made = await dunning_pauses.create(client_id, new, by=alice)
        with pytest.raises(Conflict):
            await dunning_pauses.create(client_id, new, by=alice)
        assert await coming(alice) == [(DAY + timedelta(days=17), "remind"), (DAY + timedelta(days=31), "suspend")]
    with on(DAY + timedelta(days=8)):
        await dunning_pauses.lift(made["id"], by=alice)
        with pytest.raises(Conflict):
            await dunning_pauses.lift(made["id"], by=alice)
        assert await coming(alice) == [(DAY + timedelta(days=10), "remind"), (DAY + timedelta(days=24), "suspend")]
        with pytest.raises(Invalid):
            await dunning_pauses.create(client_id, NewPause(until_day=DAY, reason="Talks"), by=alice)


@pytest.mark.parametrize(
    "steps",
    [
        (Step(day=5, action="suspend"),),
        (Step(day=4, action="remind"), Step(day=5, action="end")),
        (Step(day=-1, action="fee", amounts={"EUR": 1}),),
        (Step(day=1, action="fee"),),
        (Step(day=1, action="fee", amounts={"EUR": 1}, percent=1),),
        (Step(day=1, action="remind", percent=1),),
        (Step(day=1, action="remind"), Step(day=1, action="remind")),
        (Step(day=400, action="remind"),),
    ],
)
async def test_steps_that_cannot_be_are_refused(alice: Actor, steps: tuple[Step, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        await policy(alice, steps=steps)
    assert set(refused.value.errors) == {"steps"}


async def test_policies_change_with_their_version_and_are_not_for_who_sees_only_some(alice: Actor) -> None:
    policy_id = await policy(alice)
    changed = await dunning_policies.update(policy_id, PolicyChanges(notice_days=5), version=1, by=alice)
    assert (changed["notice_days"], changed["version"]) == (5, 2)
    with pytest.raises(EditConflict):
        await dunning_policies.update(policy_id, PolicyChanges(notice_days=6), version=1, by=alice)
    pro = await projects.names(by=alice)
    lea = Actor(kind="staff", tenant=alice.tenant, name="Lea", role="owner", projects=frozenset(pro))
    with pytest.raises(Forbidden):
        await dunning_policies.every(by=lea)
    await dunning_policies.delete(policy_id, by=alice)
    assert await dunning_policies.every(by=alice) == []


async def test_free_days_are_kept_as_they_are_written(alice: Actor) -> None:
    holidays, yearly = dunning_settings.days_read("12-25\n2026-04-06\n\n02-29")
    changes = DunningSettingChanges(holidays=tuple(holidays), yearly=tuple(yearly))
    kept = await dunning_settings.update(changes, version=0, by=alice)
    assert dunning_settings.days_written(kept.holidays, kept.yearly) == "02-29\n12-25\n2026-04-06"
    assert kept.calendar.is_free(date(2031, 12, 25)) and not kept.calendar.is_free(date(2026, 12, 24))
    with pytest.raises(EditConflict):
        await dunning_settings.update(changes, version=0, by=alice)
    with pytest.raises(ValueError, match="line"):
        dunning_settings.days_read("Christmas")
